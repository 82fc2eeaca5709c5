use lazaret_model::SourcePackage;

use super::*;
use crate::compile::tests::record;

fn package(kind: PackageType, name: &str, version: &str) -> Package {
    Package {
        purl: String::new(),
        name: name.to_owned(),
        version: version.to_owned(),
        kind,
        arch: None,
        source: None,
        module: None,
        vendor: None,
        class: lazaret_model::PackageClass::Installed,
        license: None,
        repository: None,
        bundled_in: None,
        cpe: None,
        changed_in: Vec::new(),
        layer: None,
        removed_in: None,
        provided_by: None,
        evidence: Vec::new(),
        uncertain: false,
    }
}

fn os(stream: Option<&str>) -> OsRelease {
    OsRelease {
        id: "debian".to_owned(),
        version_id: "12".to_owned(),
        codename: None,
        pretty_name: String::new(),
        stream: stream.map(str::to_owned),
        path: "etc/os-release".to_owned(),
    }
}

fn ranged(id: &str, ranges: &[(&str, &str)]) -> AdvisoryRecord {
    let range = |(start, end): &(&str, &str)| AffectedRange {
        introduced: Some((*start).to_owned()),
        fixed: (!end.is_empty()).then(|| (*end).to_owned()),
        last_affected: None,
    };
    let ranges = ranges.iter().map(range).collect();
    AdvisoryRecord { ranges, versions: Vec::new(), ..record("PyPI", "p", id, &[]) }
}

fn fixes(version: &str, records: &[AdvisoryRecord]) -> Vec<(String, Option<String>)> {
    let component = component(&package(PackageType::Pypi, "p", version), None).unwrap();
    let found = match_records(&component, records);
    found.into_iter().map(|m| (records[m.record].id.clone(), m.fixed)).collect()
}

#[test]
fn operating_system_packages_need_their_stream() {
    let mut libc = package(PackageType::Deb, "libc6", "2.36-9+deb12u1+b1");
    libc.source = Some(SourcePackage { name: "glibc".to_owned(), version: "2.36-9+deb12u1".to_owned() });
    let found = component(&libc, Some(&os(Some("Debian:12")))).unwrap();
    assert_eq!(
        (found.ecosystem.as_str(), found.name.as_str(), found.version.as_str()),
        ("Debian:12", "glibc", "2.36-9+deb12u1")
    );
    for no_stream in [None, Some(&os(None)), Some(&os(Some("Alpine:v3.20")))] {
        assert_eq!(component(&libc, no_stream), Err(NoComponent::Stream));
    }
    let mut ssl = package(PackageType::Apk, "libssl3", "3.3.1-r0");
    ssl.source = Some(SourcePackage { name: "openssl".to_owned(), version: "3.3.0-r0".to_owned() });
    let found = component(&ssl, Some(&os(Some("Alpine:v3.20")))).unwrap();
    assert_eq!((found.name.as_str(), found.version.as_str()), ("openssl", "3.3.1-r0"));
}

#[test]
fn go_versions() {
    let version =
        |name: &str, version: &str| component(&package(PackageType::Golang, name, version), None).map(|c| c.version);
    assert_eq!(version("stdlib", "go1.22.3 X:boringcrypto"), Ok("1.22.3".to_owned()));
    assert_eq!(version("stdlib", "1.22.3"), Ok("1.22.3".to_owned()));
    assert_eq!(version("stdlib", "devel go1.23-abc"), Err(NoComponent::Version));
    assert_eq!(version("example.com/m", "(devel)"), Err(NoComponent::Version));
    assert_eq!(version("example.com/m", ""), Err(NoComponent::Version));
    let release = ranged("GO-1", &[("1.0.0", "1.2.4")]);
    let release = [AdvisoryRecord { ecosystem: "Go".to_owned(), scheme: "go".to_owned(), ..release }];
    let module = component(&package(PackageType::Golang, "p", "v1.2.3"), None).unwrap();
    assert_eq!(match_records(&module, &release)[0].fixed.as_deref(), Some("1.2.4"));
    assert_eq!(version("example.com/m/v2", "v2.1.0+incompatible"), Ok("v2.1.0+incompatible".to_owned()));
}

/// How sure it is that a version in this range is affected.
fn affects(kind: PackageType, name: &str, version: &str, scheme: Scheme, range: (&str, &str)) -> Confidence {
    let component = component(&package(kind, name, version), None).unwrap();
    let record = AdvisoryRecord {
        ecosystem: component.ecosystem.clone(),
        package: component.name.clone(),
        scheme: scheme.name().to_owned(),
        ..ranged("A", &[range])
    };
    let found = match_records(&component, &[record]);
    found.first().expect("affected").confidence
}

#[test]
fn gems() {
    let of = |version| affects(PackageType::Gem, "rack", version, Scheme::Gem, ("2.2", "2.2.6.3"));
    assert_eq!((of("2.2.6.2"), of("2.2.6.3.rc1")), (Confidence::High, Confidence::High));
    assert_eq!(component(&package(PackageType::Gem, "rack", "2.2.22"), None).unwrap().ecosystem, "RubyGems");
    assert_eq!(component(&package(PackageType::Gem, "rack", ""), None), Err(NoComponent::Version));
}

#[test]
fn crates() {
    let of = |version| affects(PackageType::Cargo, "openssl-src", version, Scheme::Semver, ("300.0.0", "300.0.5"));
    assert_eq!(of("300.0.4+3.0.1"), Confidence::High);
    let libusb = component(&package(PackageType::Cargo, "libusb", "0.3.0"), None).unwrap();
    let record = |informational| AdvisoryRecord {
        scheme: "semver".to_owned(),
        informational,
        ..ranged("RUSTSEC-2016-0004", &[("0.0.0-0", "0.3.1-0")])
    };
    assert_eq!(match_records(&libusb, &[record(true)]), [], "unmaintained is no vulnerability");
    assert_eq!(match_records(&libusb, &[record(false)]).len(), 1);
}

#[test]
fn composer_packages() {
    let of = |version| affects(PackageType::Composer, "Acme/Bundle", version, Scheme::Composer, ("5.0", "5.4.20"));
    assert_eq!((of("v5.4.1"), of("5.4.20-RC1")), (Confidence::High, Confidence::High));
    let named = |version| component(&package(PackageType::Composer, "Acme/Bundle", version), None).map(|c| c.name);
    assert_eq!((named("v1.0"), named("1.0-dev")), (Ok("acme/bundle".to_owned()), Ok("acme/bundle".to_owned())));
    for branch in ["dev-main", "2.x-dev", "v2.1.X-DEV", "2.1.9999999.9999999-dev", "master", "", "é"] {
        assert_eq!(named(branch), Err(NoComponent::Version), "{branch}");
    }
}

#[test]
fn nuget_packages() {
    let of = |version| {
        let name = "Microsoft.NETCore.App.Runtime.linux-x64";
        affects(PackageType::Nuget, name, version, Scheme::Nuget, ("8.0.0", "8.0.10"))
    };
    assert_eq!((of("8.0.9"), of("8.0.10-rc.1")), (Confidence::High, Confidence::High));
    let named = component(&package(PackageType::Nuget, "Newtonsoft.Json", "13.0.1"), None).unwrap();
    assert_eq!((named.ecosystem.as_str(), named.name.as_str()), ("NuGet", "newtonsoft.json"));
}

#[test]
fn names_are_normal() {
    assert_eq!(component(&package(PackageType::Pypi, "Zope.Interface", "1"), None).unwrap().name, "zope-interface");
    assert_eq!(component(&package(PackageType::Npm, "@A/b", "1"), None).unwrap().name, "@A/b");
}

#[test]
fn the_fix_ends_the_range_of_the_version() {
    let records = [ranged("A", &[("0", "1.2"), ("2.0", "2.5"), ("3.0", "")])];
    assert_eq!(fixes("1.0", &records), [("A".to_owned(), Some("1.2".to_owned()))]);
    assert_eq!(fixes("2.4", &records), [("A".to_owned(), Some("2.5".to_owned()))]);
    assert_eq!(fixes("3.1", &records), [("A".to_owned(), None)]);
    assert_eq!(fixes("1.2", &records), []);
    // Out of one range is not out of the other.
    let records = [ranged("A", &[("0", "1.2"), ("0.5", "1.4")])];
    assert_eq!(fixes("1.0", &records), [("A".to_owned(), Some("1.4".to_owned()))]);
}

#[test]
fn markers_are_no_versions() {
    assert_eq!(fixes("1.0", &[ranged("A", &[("0", "0")])]), []);
    let mut empty = ranged("B", &[("0", "")]);
    empty.ranges[0].fixed = Some(String::new());
    assert_eq!(fixes("1.0", &[empty]), [("B".to_owned(), None)]);
    let mut last = ranged("C", &[("0", "")]);
    last.ranges[0].last_affected = Some("1.0".to_owned());
    assert_eq!(fixes("1.0", std::slice::from_ref(&last)), [("C".to_owned(), None)]);
    assert_eq!(fixes("1.0.post1", &[last]), []);
}

#[test]
fn listed_versions_are_a_union_with_ranges() {
    let mut record = ranged("A", &[("2.0", "3.0")]);
    record.versions = vec!["1.0".to_owned()];
    assert_eq!(fixes("1.0.0", std::slice::from_ref(&record)), [("A".to_owned(), None)]);
    assert_eq!(fixes("2.1", std::slice::from_ref(&record)), [("A".to_owned(), Some("3.0".to_owned()))]);
    assert_eq!(fixes("1.1", &[record]), []);
}

#[test]
fn what_is_no_finding() {
    let with = |status, informational| AdvisoryRecord { status, informational, ..ranged("A", &[("0", "")]) };
    assert_eq!(fixes("1.0", &[with(FindingStatus::Affected, true)]), []);
    assert_eq!(fixes("1.0", &[with(FindingStatus::UnderInvestigation, false)]), []);
    assert_eq!(fixes("1.0", &[with(FindingStatus::WillNotFix, false)]).len(), 1);
    // An explicit statement suppresses the same id, and no other.
    let cleared = AdvisoryRecord { ranges: Vec::new(), ..with(FindingStatus::NotAffected, false) };
    let found = fixes("1.0", &[with(FindingStatus::Affected, false), cleared, ranged("B", &[("0", "")])]);
    assert_eq!(found, [("B".to_owned(), None)]);
}

#[test]
fn confidence() {
    let records = [ranged("A", &[("0", "")])];
    let mut sure = component(&package(PackageType::Pypi, "p", "1.0"), None).unwrap();
    let found = |component: &Component| match_records(component, &records)[0].confidence;
    assert_eq!(found(&sure), Confidence::High);
    sure.version = "not a version".to_owned();
    assert_eq!(found(&sure), Confidence::Medium);
    sure.uncertain = true;
    assert_eq!(found(&sure), Confidence::Low);
    let newer = [AdvisoryRecord { scheme: "roman".to_owned(), ..ranged("A", &[("V", "X")]) }];
    assert_eq!(match_records(&sure, &newer)[0].confidence, Confidence::Low);
}

#[test]
fn rpm_takes_the_installed_package_of_its_system() {
    let bash = package(PackageType::Rpm, "bash", "0:5.1.8-9.el9");
    let of = |id: &str, stream: &str| {
        let system = OsRelease { id: id.to_owned(), ..os(Some(stream)) };
        component(&bash, Some(&system)).map(|c| (c.ecosystem, c.version))
    };
    let wanted = |stream: &str| Ok((stream.to_owned(), "0:5.1.8-9.el9".to_owned()));
    assert_eq!(of("rocky", "Rocky Linux:9"), wanted("Rocky Linux:9"));
    assert_eq!(of("sles", "SUSE:Linux Enterprise Server 15 SP5"), wanted("SUSE:Linux Enterprise Server 15 SP5"));
    assert_eq!(of("debian", "Debian:12"), Err(NoComponent::Stream), "another system's packages");
    assert_eq!(component(&bash, None), Err(NoComponent::Stream));
}

#[test]
fn languages_have_their_ecosystem_and_normal_form() {
    let of = |kind, name: &str, version: &str| {
        let found = component(&package(kind, name, version), None).unwrap();
        format!("{} {} {}", found.ecosystem, found.name, found.version)
    };
    assert_eq!(of(PackageType::Hex, "pleroma", "2.5.2"), "Hex pleroma 2.5.2");
    assert_eq!(of(PackageType::Cran, "jsonlite", "1.8.4"), "CRAN jsonlite 1.8.4");
    assert_eq!(
        of(PackageType::Swift, "github.com/Apple/swift-nio", "2.0.0"),
        "SwiftURL github.com/apple/swift-nio 2.0.0"
    );
    assert_eq!(of(PackageType::Bitnami, "redis", "7.2.4-3"), "Bitnami redis 7.2.4");
    assert_eq!(of(PackageType::Bitnami, "redis", "7.2.4-rc1"), "Bitnami redis 7.2.4-rc1");
    assert_eq!(of(PackageType::Luarocks, "penlight", "1.13.1-1"), "luarocks penlight 1.13.1-1", "no feed answers");
    let jll = (PackageType::Julia, "OpenSSL_jll", Scheme::SemverBuild);
    let affected = |version: &str| {
        let component = component(&package(jll.0, jll.1, version), None).unwrap();
        let record = ranged("JLSEC-1", &[("0", "3.0.13+1")]);
        let record = AdvisoryRecord { scheme: jll.2.name().to_owned(), ..record };
        !match_records(&component, &[record]).is_empty()
    };
    assert!(affected("3.0.13+0") && !affected("3.0.13+1") && !affected("3.0.14+0"));
}
