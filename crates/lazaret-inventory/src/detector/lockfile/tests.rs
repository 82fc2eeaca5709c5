use super::*;

/// `type name version` of each package.
fn declared(path: &str, bytes: &[u8]) -> Vec<String> {
    let mut facts = FileFacts { path: path.to_owned(), ..FileFacts::default() };
    let file = Candidate::new(path, &[], 0o644);
    if Lockfile.interest(&file) == Interest::Content {
        Lockfile.detect(&file, &Body::memory(bytes), &Limits::default(), &mut facts);
    }
    assert!(facts.problems.is_empty(), "a lockfile makes nothing incomplete: {:?}", facts.problems);
    assert!(facts.packages.iter().all(|package| package.class == PackageClass::Declared));
    let line = |package: &FoundPackage| format!("{} {} {}", package.kind.name(), package.name, package.version);
    facts.packages.iter().map(line).collect()
}

fn sample(file: &str) -> Vec<u8> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/lockfile");
    std::fs::read(std::path::Path::new(folder).join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

fn path_of(form: &Form) -> String {
    match form.name {
        Name::Is(name) => format!("srv/app/{name}"),
        Name::Like(start, end) => format!("srv/app/{start}-dev{end}"),
        Name::Below(directory, name) => format!("srv/app/{directory}/{name}"),
    }
}

#[test]
fn every_format_by_its_sample() {
    let mut missing = Vec::new();
    for form in FORMS {
        let (file, package) = form.sample;
        let all = declared(&path_of(form), &sample(file));
        if !all.iter().any(|line| line == package) {
            missing.push(format!("{file}: {package} is not in {all:?}"));
        }
        assert!(all.iter().all(|line| !line.contains(['"', '\'', '{', ':']) || line.starts_with("maven")), "{all:#?}");
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

#[test]
fn whole_lists() {
    let all = |path: &str, file: &str| declared(path, &sample(file)).join(", ");
    assert_eq!(
        all("go.mod", "go.mod"),
        "golang golang.org/x/text v0.14.0, golang github.com/pkg/errors v0.9.1, \
         golang github.com/new/name v1.1.0, golang github.com/here/too "
    );
    assert_eq!(
        all("vendor/modules.txt", "modules.txt"),
        "golang golang.org/x/text v0.14.0, golang github.com/new/name v1.1.0, golang github.com/here/too "
    );
    assert_eq!(
        all("pom.xml", "pom.xml"),
        "maven org.apache.commons:commons-lang3 3.14.0, maven com.example:core 1.0, maven junit:junit , \
         maven org.managed:elsewhere "
    );
    assert_eq!(
        all("a/environment.yml", "environment.yml"),
        "conda python 3.11, conda numpy 1.26.4, conda pandas , conda pip , pypi requests 2.31.0, pypi flask "
    );
    assert_eq!(all("Manifest.toml", "Manifest.toml"), "julia JSON 0.21.4");
    assert_eq!(all("vcpkg.json", "vcpkg.json"), "vcpkg zlib , vcpkg fmt 10.1.1");
    assert_eq!(all("paket.lock", "paket.lock"), "nuget Newtonsoft.Json 13.0.3, nuget FSharp.Core 8.0.200");
    assert_eq!(all("renv.lock", "renv.lock"), "cran R6 2.5.1, cran here ");
    assert_eq!(
        all("libs.versions.toml", "libs.versions.toml"),
        "maven org.springframework:spring-core , maven com.google.guava:guava 32.1.3-jre, maven junit:junit 4.13.2, \
         maven com.squareup.okhttp3:okhttp 4.12.0"
    );
    assert_eq!(
        all("pnpm-lock.yaml", "pnpm-5-peers.yaml"),
        "npm acorn 8.8.0, npm acorn-jsx 5.3.2, npm webpack-cli 4.10.0"
    );
    assert_eq!(
        all("deno.lock", "deno.lock"),
        "npm @algolia/autocomplete-preset-algolia 1.17.9, npm chalk 5.3.0, npm typedoc 0.28.19"
    );
    assert_eq!(
        all("requirements-x.txt", "requirements.txt"),
        "pypi flask 4.0.0, pypi urllib3 1.26.20, pypi sqlalchemy , pypi foo 1.0.0, pypi bar , pypi SomeProject 5.4, \
         pypi dots-._allowed 1.0.0, pypi coverage , pypi numpyNew , pypi numpy , pypi Mopidy-Dirble , \
         pypi argh 0.26.2, pypi argh 0.26.3, pypi celery 4.4.7, pypi requests , pypi FrIeNdLy-_-bArD 1.0.0, \
         pypi local-version 1.2.3+gcr.2"
    );
}

#[test]
fn versions_of_one_format_agree() {
    for (path, files) in [
        ("package-lock.json", &["package-lock-1.json", "package-lock-2.json", "package-lock-3.json"][..]),
        ("yarn.lock", &["yarn-1.lock", "yarn-4.lock"]),
        ("pnpm-lock.yaml", &["pnpm-5.yaml", "pnpm-6.yaml", "pnpm-9.yaml"]),
        ("conan.lock", &["conan-1.lock", "conan-2.lock"]),
    ] {
        for file in files {
            let all = declared(path, &sample(file));
            assert!(!all.is_empty(), "{file}: {all:#?}");
            // what a registry has has a version
            let is_version = |line: &String| {
                line.rsplit_once(' ').is_some_and(|(_, version)| version.contains(|c: char| c.is_ascii_digit()))
            };
            assert!(all.iter().all(is_version), "{file}: {all:#?}");
        }
    }
}

#[test]
fn aliases_and_addresses() {
    let yarn = "\"a@npm:b@^1.0.0\":\n  version \"1.2.0\"\n\nx@^1, x@^2:\n  version \"2.0.0\"\n\n\"w@workspace:.\":\n  version: 0.0.0\n  resolution: \"w@workspace:.\"\n";
    assert_eq!(declared("yarn.lock", yarn.as_bytes()), ["npm b 1.2.0", "npm x 2.0.0"]);
    let npm = r#"{"packages":{"":{"version":"1"},"node_modules/a":{"name":"b","version":"1.0.0"},
        "node_modules/w":{"link":true},"packages/w":{"version":"9"},"node_modules/@s/x":{"version":"2.0.0"}}}"#;
    assert_eq!(declared("package-lock.json", npm.as_bytes()), ["npm @s/x 2.0.0", "npm b 1.0.0"]);
    let old = r#"{"dependencies":{"a":{"version":"npm:b@1.0.0"},"g":{"version":"git+ssh://x/y.git#1"},
        "p":{"version":"1.0.0","dependencies":{"q":{"version":"2.0.0"}}}}}"#;
    assert_eq!(
        declared("npm-shrinkwrap.json", old.as_bytes()),
        ["npm b 1.0.0", "npm g ", "npm p 1.0.0", "npm q 2.0.0"]
    );
    let gems = "GIT\n  remote: x\n  specs:\n    own (1.0)\n\nGEM\n  specs:\n    nokogiri (1.16.2-x86_64-linux)\n      racc (~> 1.4)\n    rack (3.0)\n";
    assert_eq!(declared("Gemfile.lock", gems.as_bytes()), ["gem nokogiri 1.16.2", "gem rack 3.0"]);
}

#[test]
fn places() {
    let reads = |path: &str| Lockfile.interest(&Candidate::new(path, &[], 0o644)) == Interest::Content;
    for path in ["yarn.lock", "app/go.mod", "src/requirements.txt", "a/vendor/modules.txt", "vendor/modules.txt"] {
        assert!(reads(path), "{path}");
    }
    for path in [
        "app/node_modules/x/package-lock.json",
        "usr/lib/python3/site-packages/x/requirements.txt",
        "usr/share/nodejs/x/yarn.lock",
        "root/go/pkg/mod/x@v1/go.mod",
        "usr/local/bundle/gems/x-1/Gemfile.lock",
        "app/vendor/x/composer.lock",
        "app/modules.txt",
        "app/xvendor/modules.txt",
        "x/node_modules/vendor/modules.txt",
        "app/requirements.md",
        "app/xyarn.lock",
    ] {
        assert!(!reads(path), "{path}");
    }
}

#[test]
fn damage_is_silent_and_bounded() {
    for form in FORMS {
        let (path, whole) = (path_of(form), sample(form.sample.0));
        let step = (whole.len() / 60).max(1);
        for end in (0..whole.len()).step_by(step) {
            declared(&path, &whole[..end]);
            let mut flipped = whole.clone();
            flipped[end] ^= 0x21;
            declared(&path, &flipped);
        }
        for hostile in [
            "[".repeat(200_000),
            "{\"a\":".repeat(50_000),
            "<a>".repeat(100_000),
            "\u{0}\u{fffd}".to_owned(),
            "a: &a [*a]\n".repeat(1000),
        ] {
            declared(&path, hostile.as_bytes());
        }
    }
    let many = (0..MAX_PACKAGES + 100).map(|n| format!("p{n}==1")).collect::<Vec<_>>().join("\n");
    assert_eq!(declared("requirements.txt", many.as_bytes()).len(), MAX_PACKAGES);
}
