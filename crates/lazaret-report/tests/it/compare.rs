use lazaret_model::{Package, PackageClass};
use lazaret_report::{
    TableStyle,
    compare::{Cause, Comparison, Opinion, Other, OtherError},
    compare_json, compare_table,
};
use serde_json::{Value, json};

use crate::sample::{self, Sample};

fn other(json: &Value) -> Other {
    Other::read(json.to_string().as_bytes()).unwrap()
}

/// The sample with a package that is only declared, and one that a package of the system provides.
fn ours() -> Sample {
    let mut ours = sample::bad();
    let like = |name: &str, of: &Package| Package {
        purl: format!("pkg:npm/{name}@1.0.0"),
        name: name.to_owned(),
        version: "1.0.0".to_owned(),
        ..of.clone()
    };
    let lodash = ours.inventory.packages.iter().find(|package| package.name == "lodash").unwrap().clone();
    ours.inventory.packages.extend([
        Package { class: PackageClass::Declared, ..like("declared", &lodash) },
        Package { provided_by: Some("pkg:apk/alpine/nodejs@1".to_owned()), ..like("provided", &lodash) },
        like("plain", &lodash),
    ]);
    ours
}

fn npm(name: &str, version: &str) -> Value {
    json!({
        "Name": name,
        "Version": version,
        "Identifier": {"PURL": format!("pkg:npm/{name}@{version}")},
        "FilePath": format!("app/node_modules/{name}/package.json"),
    })
}

fn vulnerability(id: &str, name: &str, version: &str) -> Value {
    json!({
        "VulnerabilityID": id,
        "PkgName": name,
        "InstalledVersion": version,
        "PkgIdentifier": {"PURL": format!("pkg:npm/{name}@{version}")},
        "Severity": "HIGH",
    })
}

fn trivy() -> Other {
    let packages = [
        npm("lodash", "4.17.11"),
        npm("left-pad", "1.0.0"),
        npm("declared", "1.0.0"),
        npm("provided", "1.0.0"),
        npm("plain", "2.0.0"),
        npm("nobody", "1.0.0"),
        json!({"Name": "fixture", "Version": "1.0.0", "FilePath": "app/node_modules/x/test/fixture/package.json"}),
    ];
    let vulnerabilities = [
        vulnerability("CVE-2021-23337", "lodash", "4.17.11"),
        vulnerability("GHSA-35jh-r3h4-6jhm", "lodash", "4.17.11"),
        vulnerability("CVE-1", "lodash", "4.17.11"),
        vulnerability("CVE-2", "lodash", "4.17.11"),
        vulnerability("CVE-3", "provided", "1.0.0"),
        vulnerability("CVE-4", "plain", "2.0.0"),
        vulnerability("CVE-5", "left-pad", "1.0.0"),
        vulnerability("CVE-6", "nobody", "1.0.0"),
    ];
    other(&json!({
        "SchemaVersion": 2,
        "Trivy": {"Version": "0.74.0"},
        "Results": [
            {"Target": "Node.js", "Class": "lang-pkgs", "Type": "node-pkg",
             "Packages": packages, "Vulnerabilities": vulnerabilities},
            {"Target": "bin/tool", "Class": "lang-pkgs", "Type": "swiftbinary",
             "Packages": [{"Name": "thing", "Version": "1"}]},
        ],
    }))
}

/// What the advisories here say: CVE-1 is fixed, of CVE-2 nothing is known.
fn ask(_: &Package, ids: &[String]) -> Opinion {
    match ids[0].as_str() {
        "CVE-1" => Opinion::OtherVersions(Some("4.17.5".to_owned())),
        "CVE-2" => Opinion::NoRecord,
        _ => Opinion::Affected,
    }
}

#[test]
fn every_difference_has_its_cause() {
    let mut ours = ours();
    for finding in &mut ours.decision.findings {
        if finding.package == "lodash" {
            finding.aliases = vec!["GHSA-35jh-r3h4-6jhm".to_owned()];
        }
    }
    let comparison = Comparison::between(&ours.report(), &trivy(), &ask);
    let packages = &comparison.packages;
    let causes: Vec<_> = packages.only_theirs.iter().map(|d| (d.name.as_str(), d.cause)).collect();
    assert_eq!(
        causes,
        [
            ("left-pad", Cause::RemovedByLayer),
            ("declared", Cause::DeclaredOnly),
            ("thing", Cause::NoDetector),
            ("fixture", Cause::InsidePackage),
            ("nobody", Cause::Unexplained),
        ]
    );
    assert_eq!((packages.both, packages.versions[0].theirs.as_str()), (2, "2.0.0"));
    let causes: Vec<_> = packages.only_ours.iter().map(|d| (d.name.as_str(), d.cause)).collect();
    assert_eq!(causes, [("libssl1.1", Cause::NoDetector), ("example.com/app", Cause::NoDetector)]);

    let findings = comparison.findings.as_ref().unwrap();
    assert_eq!((findings.ours, findings.theirs, findings.both), (3, 8, 1));
    let causes: Vec<_> = findings.only_theirs.iter().map(|d| (d.id.as_str(), d.cause)).collect();
    assert_eq!(
        causes,
        [
            ("CVE-4", Cause::OtherVersion),
            ("CVE-5", Cause::Package),
            ("CVE-6", Cause::Package),
            ("CVE-3", Cause::OwnedBySystem),
            ("CVE-1", Cause::OutOfRange),
            ("CVE-2", Cause::NoRecord),
            ("GHSA-35jh-r3h4-6jhm", Cause::AliasTwice),
        ]
    );
    assert_eq!(findings.only_theirs[1].detail, "a later layer removed it");
    assert!(findings.only_ours.iter().all(|d| d.cause == Cause::Package), "{:?}", findings.only_ours);
    assert_eq!(comparison.unexplained(), 1);

    insta::assert_snapshot!(compare_table("app:1", &ours.report(), &comparison, TableStyle::default()));
    let json: Value = serde_json::from_str(&compare_json("app:1", &ours.report(), &comparison)).unwrap();
    assert_eq!((&json["schema"], &json["unexplained"]), (&json!("lazaret.compare/1"), &json!(1)));
    assert_eq!(json["packages"]["only_theirs"][0]["cause"], "removed_by_layer");
}

#[test]
fn one_thing_under_two_names() {
    let mut ours = sample::bad();
    let package = ours.inventory.packages.iter_mut().find(|package| package.name == "lodash").unwrap();
    package.kind = lazaret_model::PackageType::Maven;
    for (field, value) in [
        (&mut package.name, "org.apache.tomcat:tomcat-juli"),
        (&mut package.version, "9.0.1"),
        (&mut package.purl, "pkg:maven/org.apache.tomcat/tomcat-juli@9.0.1"),
    ] {
        value.clone_into(field);
    }
    let syft = other(&json!({"artifacts": [
        {"name": "tomcat-juli", "version": "9.0.1", "type": "java-archive",
         "purl": "pkg:maven/tomcat-juli/tomcat-juli@9.0.1", "locations": [{"path": "/lib/juli.jar"}]},
    ], "schema": {"version": "16.0.0"}, "descriptor": {"name": "syft", "version": "1.57.0"}}));
    let comparison = Comparison::between(&ours.report(), &syft, &ask);
    assert!(comparison.findings.is_none(), "Syft does not look for vulnerabilities");
    let renamed = |list: &[lazaret_report::compare::PackageDifference]| {
        list.iter().filter(|d| d.cause == Cause::OtherName).map(|d| d.detail.clone()).collect::<Vec<_>>()
    };
    assert_eq!(renamed(&comparison.packages.only_ours), ["pkg:maven/tomcat-juli/tomcat-juli@9.0.1"]);
    assert_eq!(renamed(&comparison.packages.only_theirs), ["pkg:maven/org.apache.tomcat/tomcat-juli@9.0.1"]);
}

#[test]
fn grype_names_only_what_it_found() {
    let ours = sample::bad();
    let grype = other(&json!({"matches": [{
        "vulnerability": {"id": "GHSA-35jh-r3h4-6jhm", "severity": "High", "fix": {"versions": ["4.17.21"]}},
        "relatedVulnerabilities": [{"id": "CVE-2021-23337"}],
        "artifact": {"name": "lodash", "version": "4.17.11", "type": "npm", "purl": "pkg:npm/lodash@4.17.11"},
    }], "descriptor": {"name": "grype", "version": "0.121.2"}}));
    let comparison = Comparison::between(&ours.report(), &grype, &ask);
    assert!(comparison.packages.only_ours.is_empty() && !comparison.packages.theirs_complete);
    let findings = comparison.findings.unwrap();
    assert_eq!((findings.both, findings.only_theirs.len()), (1, 0));
    assert!(findings.only_ours.iter().all(|d| d.cause == Cause::TheirAdvisories));
}

#[test]
fn real_reports_are_known_by_their_content() {
    let read = |bytes: &[u8]| {
        let other = Other::read(bytes).unwrap();
        let name = |p: &lazaret_report::compare::OtherPackage| format!("{} {} {}", p.kind(), p.name, p.version);
        let packages: Vec<_> = other.packages.iter().map(name).collect();
        (other.tool, packages.join(", "), other.findings.map(|findings| findings.len()))
    };
    let trivy = "apk musl 1.2.5-r0, npm axios 0.19.0, npm lodash 4.17.11".to_owned();
    assert_eq!(read(include_bytes!("../../testdata/compare/trivy.json")), ("trivy", trivy, None));
    let syft = "pypi package-1 1.0.1, deb package-2 2.0.1".to_owned();
    assert_eq!(read(include_bytes!("../../testdata/compare/syft.json")), ("syft", syft, None));
    let grype = "rpm package-1 1.1.1, deb package-2 2.2.2".to_owned();
    assert_eq!(read(include_bytes!("../../testdata/compare/grype.json")), ("grype", grype, Some(2)));
}

#[test]
fn what_is_no_report() {
    assert!(matches!(Other::read(b"{"), Err(OtherError::Json(_))));
    assert!(matches!(Other::read(b"[]"), Err(OtherError::Form)));
    assert!(matches!(Other::read(b"{\"matches\":7}"), Err(OtherError::Form)));
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(matches!(Other::read(deep.as_bytes()), Err(OtherError::Json(_))));
    let odd = br#"{"SchemaVersion":2,"Results":[7,{"Packages":[null,{"Name":7}],"Vulnerabilities":["x"]}]}"#;
    assert_eq!(Other::read(odd).unwrap().packages.len(), 2);
}
