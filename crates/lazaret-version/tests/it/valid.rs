//! What each scheme's own tool accepts.

use lazaret_version::Scheme;

fn check(scheme: Scheme, valid: &[&str], invalid: &[&str]) {
    for version in valid {
        assert!(scheme.is_valid(version), "{scheme}: {version:?} is valid");
    }
    for version in invalid {
        assert!(!scheme.is_valid(version), "{scheme}: {version:?} is not valid");
    }
}

#[test]
fn debian() {
    check(
        Scheme::Deb,
        &["1", "0", "1:1.0-1", "2.36-9+deb12u3", "1.0~rc1", "1:2:3-4", "1-2-3", "1A", "99999999999999999999"],
        &["", "a1", ":1", "x:1", "1:", "1-", "1_0", "1 0", "2147483648:1", "1.0-a:b", "é", "-1"],
    );
}

#[test]
fn alpine() {
    check(
        Scheme::Apk,
        &["1", "1.2.3-r0", "1.0_alpha2_p1-r3", "2.3.0b-r1", "3.3.3p1-r3", "1.0~abc123-r1", "20230101", "006"],
        &[
            "",
            "a",
            "1.0-1",
            "10.2.22.r0",
            "0.12.5.-r0",
            "1.0_foo",
            "1.0-r",
            "1.0_",
            "1..0",
            "1.0-r1-r2",
            "1.0A",
            "1.0+b",
        ],
    );
}

#[test]
fn rpm() {
    check(
        Scheme::Rpm,
        &["1", "1.0-1.el9", "2:1.0~rc1-3.module+el8.6.0+1047+4202cf9a", "0:3.1^git5-1", "4294967295:1-1", "8u392"],
        &["", "1:", "x:1", ":1", "1-", "-1", "1-1-1", "1 0", "1:1:1", "4294967296:1", "é", "1/2", "(none)"],
    );
}

#[test]
fn npm_and_semver() {
    check(
        Scheme::Npm,
        &["1.2.3", "v1.2.3", "1.2.3-a.1+b.2", "0.0.0"],
        &["1", "1.2", "1.2.3.4", "01.2.3", "latest", ""],
    );
    check(
        Scheme::Semver,
        &["1.2.3", "1.0.0-0A.is.legal", "1.0.0+0.build.1-rc.10000aaa-kk-0.1", "99999999999999999999999.0.0"],
        &["1", "v1.2.3", "1.2.3-", "1.2.3-01", "1.2.3+", "1.2.3-a..b", "1.2.3-é"],
    );
}

#[test]
fn python() {
    check(
        Scheme::Pep440,
        &["1", "1.0", "1!2.0", "v1.0", "1.0.post1", "1.0-1", "1.0.DEV", "1.0+abc.1", "1.0a.dev1"],
        &["", "1.0+", "1.0+a..b", "1.0-p1", "1..0", "!1", "1.0 beta", "french toast", "1.0.x"],
    );
}

#[test]
fn go() {
    check(
        Scheme::Go,
        &["v1.2.3", "1.2.3", "v1.2", "go1.22rc1", "1.22rc1", "1.19.8", "go1.22.1 X:rangefunc", "v2.0.0+incompatible"],
        &["", "(devel)", "go", "v1.2.3.4", "go1.22foo1", "v", "devel +abc", "go1..2"],
    );
}

#[test]
fn composer() {
    check(
        Scheme::Composer,
        &[
            "1",
            "v1.2",
            "V2",
            "1.0.0.1",
            "1.0.0-RC1-dev",
            "1.0b2",
            "2.x-dev",
            "1.0.x-dev",
            "20100102-203040",
            "1.0+x",
            "1.0-DEV",
        ],
        &[
            "",
            "dev-main",
            "master",
            "1.0.*",
            "1.x",
            "1.0.0.0.0",
            "1.0-foo",
            "1.0-1",
            "1.0#ref",
            "1.0-dev1",
            "1.x-beta-dev",
        ],
    );
}

#[test]
fn nuget() {
    check(
        Scheme::Nuget,
        &["1", "1.0", "1.2.3.4", "1.0.0-Beta.1", "1.00.0", "1.0.0-rc1+abc", "3.1.23-servicing.22122.4", "1.0-a-b"],
        &["", "v1.0", "1.0.0.0.0", "1.0.0-", "1.0.0-a..b", "1.0.0+", "2147483648.0", "1.0.0-a_b", "1.*", "1.0beta"],
    );
}

#[test]
fn maven_and_gem() {
    check(Scheme::Maven, &["1", "1.0.Final", "r09", "1.0-SNAPSHOT"], &["", "${revision}", "1 0"]);
    check(
        Scheme::Gem,
        &["", "1", "1.0.a", "1.0-x86-linux", "1.0.rc1"],
        &["a", "1.", "1..0", "1_0", "1.0-", "1.0-a..b"],
    );
}

#[test]
fn numbers_in_a_row() {
    check(Scheme::Dotted, &["1", "1.0", "0.1-3", "7.3-58.2", "0.20110401"], &["", "1.", "-1", "1.0a", "v1.0", "1..2"]);
    check(Scheme::SemverBuild, &["1.0.0+1", "1.0.0-dev.29", "305.1300.0+0"], &["1.0", "1.0.0+", ""]);
}
