//! Matching, alias closures, severity, fix, layer.

use lazaret_assess::Enriched;
use lazaret_model::{Confidence, Finding, FindingStatus, Outcome, Package, PackageType, Severity};

use crate::sample::{Records, deb, digest, package, record, subject};

fn npm(name: &str, version: &str) -> Package {
    package(PackageType::Npm, name, version)
}

fn found(records: &Records, packages: impl IntoIterator<Item = Package>) -> Vec<Finding> {
    records.judge(&subject(packages)).decision.findings
}

fn ids(findings: &[Finding]) -> Vec<(&str, Vec<&str>)> {
    findings.iter().map(|f| (f.id.as_str(), f.aliases.iter().map(String::as_str).collect())).collect()
}

#[test]
fn a_vulnerable_package_denies_and_a_fixed_one_does_not() {
    let records = Records::new([record("npm", "lodash", "GHSA-1", &["CVE-1"], Some("4.17.21"))]);
    let judgement = records.judge(&subject([npm("lodash", "4.17.11")]));
    assert_eq!(judgement.decision.verdict.outcome, Outcome::Deny);
    assert_eq!(judgement.decision.verdict.reasons[0].message, "lodash 4.17.11: CVE-1 (high), fixed in 4.17.21");
    let judgement = records.judge(&subject([npm("lodash", "4.17.21")]));
    assert_eq!((judgement.decision.verdict.outcome, judgement.decision.findings), (Outcome::Allow, Vec::new()));
}

#[test]
fn one_finding_per_alias_closure() {
    // GHSA and PYSEC name each other through the CVE; a third knows only the GHSA.
    let records = Records::new([
        record("PyPI", "p", "PYSEC-2024-1", &["CVE-1"], Some("1.9")),
        record("PyPI", "p", "GHSA-1", &["CVE-1"], Some("2.0")),
        record("PyPI", "p", "SNYK-1", &["GHSA-1"], None),
        record("PyPI", "p", "PYSEC-2024-2", &[], None),
    ]);
    let findings = found(&records, [package(PackageType::Pypi, "p", "1.0")]);
    assert_eq!(ids(&findings), [("CVE-1", vec!["GHSA-1", "PYSEC-2024-1", "SNYK-1"]), ("PYSEC-2024-2", vec![])]);
    assert_eq!(findings[0].fixed.as_deref(), Some("2.0"), "GitHub's fix is preferred");
    assert_eq!(findings[0].records.len(), 3);
}

#[test]
fn affected_is_a_union() {
    let records = Records::new([
        record("PyPI", "p", "PYSEC-2024-1", &["CVE-1"], Some("3.0")),
        record("PyPI", "p", "GHSA-1", &["CVE-1"], Some("2.0")),
    ]);
    let findings = found(&records, [package(PackageType::Pypi, "p", "2.5")]);
    assert_eq!(ids(&findings), [("CVE-1", vec!["PYSEC-2024-1"])]);
}

#[test]
fn two_cves_are_never_one_finding() {
    // A vendor's advisory for two CVEs, and a nameless record that both touch.
    let records = Records::new([
        record("npm", "p", "GHSA-1", &["CVE-1"], Some("2.0.0")),
        record("npm", "p", "GHSA-2", &["CVE-2"], Some("2.0.0")),
        record("npm", "p", "VENDOR-1", &["CVE-1", "CVE-2"], Some("3.0.0")),
        record("npm", "p", "X-1", &["GHSA-1", "GHSA-2"], None),
    ]);
    let findings = found(&records, [npm("p", "1.0.0")]);
    assert_eq!(
        ids(&findings),
        [
            ("CVE-1", vec!["GHSA-1", "GHSA-2", "VENDOR-1", "X-1"]),
            ("CVE-2", vec!["GHSA-1", "GHSA-2", "VENDOR-1", "X-1"])
        ]
    );
}

#[test]
fn a_record_for_several_cves_alone_has_its_own_id() {
    let records = Records::new([record("Go", "m", "GO-2024-1", &["CVE-1", "CVE-2"], None)]);
    let findings = found(&records, [package(PackageType::Golang, "m", "v1.0.0")]);
    assert_eq!(ids(&findings), [("GO-2024-1", vec!["CVE-1", "CVE-2"])]);
    // What another record covers is not said twice.
    let records = Records::new([
        record("Go", "m", "GO-2024-1", &["CVE-1", "CVE-2"], None),
        record("Go", "m", "GHSA-1", &["CVE-1"], None),
    ]);
    let findings = found(&records, [package(PackageType::Golang, "m", "v1.0.0")]);
    assert_eq!(ids(&findings), [("CVE-1", vec!["GHSA-1", "GO-2024-1"]), ("CVE-2", vec!["GO-2024-1"])]);
}

#[test]
fn closures_without_a_cve_take_the_preferred_id() {
    let records =
        Records::new([record("npm", "p", "OTHER-1", &["GHSA-9"], None), record("npm", "p", "GHSA-9", &[], None)]);
    assert_eq!(ids(&found(&records, [npm("p", "1.0.0")])), [("GHSA-9", vec!["OTHER-1"])]);
}

#[test]
fn go_prefers_its_own_database_and_takes_the_rating_where_there_is_one() {
    let mut own = record("Go", "m", "GO-2024-1", &["CVE-1"], Some("v1.2.3"));
    own.severity = Severity::Unknown;
    let mut github = record("Go", "m", "GHSA-1", &["CVE-1"], Some("v1.3.0"));
    github.severity = Severity::Critical;
    let findings = found(&Records::new([github, own]), [package(PackageType::Golang, "m", "v1.0.0")]);
    assert_eq!((findings[0].fixed.as_deref(), findings[0].severity), (Some("v1.2.3"), Severity::Critical));
}

#[test]
fn operating_system_packages_are_matched_by_source_and_reported_by_binary() {
    let mut advisory = record("Debian:12", "openssl", "CVE-1", &[], None);
    advisory.status = FindingStatus::WillNotFix;
    let records = Records::new([advisory]);
    let packages = [deb("libssl3", "3.0.9-1", "openssl"), deb("openssl", "3.0.9-1", "openssl")];
    let findings = found(&records, packages);
    let names: Vec<_> = findings.iter().map(|f| (f.package.as_str(), f.status)).collect();
    assert_eq!(names, [("libssl3", FindingStatus::WillNotFix), ("openssl", FindingStatus::WillNotFix)]);
}

#[test]
fn what_is_no_finding() {
    let mut informational = record("npm", "p", "GHSA-1", &["CVE-1"], None);
    informational.informational = true;
    let mut open = record("npm", "p", "GHSA-2", &["CVE-2"], None);
    open.status = FindingStatus::UnderInvestigation;
    let mut withdrawn = record("npm", "p", "GHSA-3", &["CVE-3"], None);
    withdrawn.status = FindingStatus::NotAffected;
    withdrawn.ranges.clear();
    let gone = Package { removed_in: Some(digest(11)), ..npm("q", "1.0.0") };
    let records = Records::new([informational, open, withdrawn, record("npm", "q", "GHSA-4", &["CVE-4"], None)]);
    let judgement = records.judge(&subject([npm("p", "1.0.0"), gone]));
    assert_eq!((judgement.decision.findings, judgement.decision.verdict.outcome), (Vec::new(), Outcome::Allow));
}

#[test]
fn low_confidence_warns() {
    let records = Records::new([record("npm", "p", "GHSA-1", &["CVE-1"], Some("2.0.0"))]);
    let judgement = records.judge(&subject([Package { uncertain: true, ..npm("p", "1.0.0") }]));
    let verdict = judgement.decision.verdict;
    assert_eq!(judgement.decision.findings[0].confidence, Confidence::Low);
    assert_eq!((verdict.outcome, verdict.reasons, verdict.warnings.len()), (Outcome::Allow, Vec::new(), 1));
}

#[test]
fn layers_and_base() {
    let records = || Records::new([record("npm", "p", "GHSA-1", &["CVE-1"], None)]);
    let base = npm("p", "1.0.0");
    let app = Package { layer: Some(digest(11)), ..npm("p", "1.0.0") };
    let findings = found(&records(), [app.clone()]);
    assert_eq!((findings[0].layer.clone(), findings[0].base), (Some(digest(11)), Some(false)));
    // Copies are one package; the lowest one introduced it.
    let findings = found(&records(), [app.clone(), base]);
    assert_eq!((findings.len(), findings[0].layer.clone(), findings[0].base), (1, Some(digest(10)), Some(true)));
    let mut unknown = subject([app]);
    unknown.facts.base_layers = None;
    assert_eq!(records().judge(&unknown).decision.findings[0].base, None);
}

#[test]
fn enrichment_by_cve_and_worst_first() {
    let mut low = record("npm", "a", "GHSA-1", &["CVE-1"], None);
    low.severity = Severity::Low;
    let mut records = Records::new([low, record("npm", "z", "GHSA-2", &["CVE-2"], None)]);
    records.enrichment.insert("CVE-2".to_owned(), Enriched { exploited: true, epss: Some("0.97".to_owned()) });
    let findings = found(&records, [npm("a", "1.0.0"), npm("z", "1.0.0")]);
    let shown: Vec<_> = findings.iter().map(|f| (f.id.as_str(), f.exploited, f.epss.as_deref())).collect();
    assert_eq!(shown, [("CVE-2", true, Some("0.97")), ("CVE-1", false, None)]);
}
