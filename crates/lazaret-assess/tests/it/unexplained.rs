//! Absence never approves.

use lazaret_assess::JudgeSettings;
use lazaret_model::{AdvisoryRecord, FindingStatus, Package, PackageType};

use crate::sample::{Records, deb, package, record, subject};

fn advisory() -> AdvisoryRecord {
    record("npm", "p", "GHSA-1", &["CVE-1"], None)
}

/// What of a decision on `advisory` is unexplained under `after`.
fn unexplained(after: &Records, packages: &[Package]) -> Vec<String> {
    let previous = Records::new([advisory()]).judge(&subject([package(PackageType::Npm, "p", "1.0.0")]));
    let now = subject(packages.iter().cloned());
    after.as_judge(JudgeSettings::default()).unexplained(&previous.decision, &after.judge(&now), &now)
}

#[test]
fn only_a_record_explains() {
    let p = [package(PackageType::Npm, "p", "1.0.0")];
    assert!(unexplained(&Records::new([advisory()]), &p).is_empty(), "it is still there");
    assert_eq!(unexplained(&Records::new([]), &p), ["CVE-1"]);
    let other = record("npm", "p", "GHSA-2", &["CVE-2"], Some("0.1.0"));
    assert_eq!(unexplained(&Records::new([other]), &p), ["CVE-1"]);
    let fixed = record("npm", "p", "GHSA-1", &["CVE-1"], Some("0.9.0"));
    assert!(unexplained(&Records::new([fixed]), &p).is_empty());
    let withdrawn = AdvisoryRecord { status: FindingStatus::NotAffected, ranges: Vec::new(), ..advisory() };
    assert!(unexplained(&Records::new([withdrawn]), &p).is_empty());
    // Another id of the same vulnerability is the same.
    assert!(unexplained(&Records::new([record("npm", "p", "GHSA-1", &[], None)]), &p).is_empty());
}

#[test]
fn a_package_that_is_not_found_any_more_explains_nothing() {
    assert_eq!(unexplained(&Records::new([advisory()]), &[]), ["CVE-1"]);
}

#[test]
fn the_statement_of_the_providing_package_explains() {
    let system = deb("node-p", "1.0.0-1", "src-p");
    let provided_by = Some(system.purl.clone());
    let owned = Package { provided_by, ..package(PackageType::Npm, "p", "1.0.0") };
    let fixed = record("Debian:12", "src-p", "CVE-1", &[], Some("1.0.0-1"));
    let packages = [owned, system];
    assert!(unexplained(&Records::new([fixed]), &packages).is_empty());
    assert_eq!(unexplained(&Records::new([]), &packages), ["CVE-1"]);
}
