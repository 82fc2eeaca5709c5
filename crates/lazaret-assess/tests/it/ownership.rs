//! Language packages whose files a package of the operating system provides.

use lazaret_model::{Confidence, FindingStatus, Outcome, Package, PackageType};

use crate::sample::{Records, accepting, deb, package, record, subject};

/// Python's `p`, installed by Debian's `python3-p` from the source `src-p`.
fn owned() -> [Package; 2] {
    let system = deb("python3-p", "1.0-1", "src-p");
    let provided_by = Some(system.purl.clone());
    [Package { provided_by, ..package(PackageType::Pypi, "p", "1.0") }, system]
}

fn advisory() -> lazaret_model::AdvisoryRecord {
    record("PyPI", "p", "GHSA-1", &["CVE-1"], Some("2.0"))
}

/// (package, id, confidence) of each finding.
fn found(records: &Records) -> Vec<(String, String, Confidence)> {
    let findings = records.judge(&subject(owned())).decision.findings;
    findings.into_iter().map(|f| (f.package, f.id, f.confidence)).collect()
}

#[test]
fn the_distribution_answers_once() {
    let affected = record("Debian:12", "src-p", "CVE-1", &[], None);
    let records = Records::new([advisory(), affected]);
    assert_eq!(found(&records), [("python3-p".to_owned(), "CVE-1".to_owned(), Confidence::High)]);
}

#[test]
fn its_fix_or_denial_clears_the_copy() {
    let fixed = record("Debian:12", "src-p", "CVE-1", &[], Some("1.0-1"));
    assert_eq!(found(&Records::new([advisory(), fixed])), []);
    let mut denied = record("Debian:12", "src-p", "CVE-1", &[], None);
    denied.status = FindingStatus::NotAffected;
    assert_eq!(found(&Records::new([advisory(), denied])), []);
}

#[test]
fn silence_about_a_package_that_it_knows_is_an_answer() {
    let other = record("Debian:12", "src-p", "CVE-9", &[], Some("0.1-1"));
    assert_eq!(found(&Records::new([advisory(), other])), []);
}

#[test]
fn no_statement_is_doubt_and_warns() {
    let doubt = [("p".to_owned(), "CVE-1".to_owned(), Confidence::Low)];
    let records = Records::new([advisory()]);
    assert_eq!(found(&records), doubt);
    let judgement = records.judge(&subject(owned()));
    assert_eq!(judgement.decision.verdict.outcome, Outcome::Allow);
    assert_eq!(judgement.decision.verdict.warnings.len(), 1);
    // A statement that is still being made is none.
    let mut open = record("Debian:12", "src-p", "CVE-1", &[], None);
    open.status = FindingStatus::UnderInvestigation;
    assert_eq!(found(&Records::new([advisory(), open])), doubt);
    // The starter set is a selection: its silence says nothing.
    let starter = Records::starter([advisory(), record("Debian:12", "src-p", "CVE-9", &[], Some("0.1-1"))]);
    assert_eq!(starter.judge_with(&subject(owned()), accepting()).decision.findings[0].confidence, Confidence::Low);
}

#[test]
fn a_copy_of_its_own_beside_it_counts_in_full() {
    let [covered, system] = owned();
    let own = Package { provided_by: None, layer: Some(crate::sample::digest(11)), ..covered.clone() };
    let fixed = record("Debian:12", "src-p", "CVE-1", &[], Some("1.0-1"));
    let findings = Records::new([advisory(), fixed]).judge(&subject([covered, system, own])).decision.findings;
    assert_eq!((findings.len(), findings[0].confidence), (1, Confidence::High));
    assert_eq!(findings[0].layer, Some(crate::sample::digest(11)));
}
