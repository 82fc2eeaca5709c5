//! The same bytes from the stored documents, or a word about why not.

use std::collections::BTreeMap;

use lazaret_assess::{Enriched, JudgeSettings, Judgement, OsSupport, Replay, ReplayError, Subject, replay};
use lazaret_model::{Digest, FindingStatus, Package, PackageType};

use crate::sample::{Records, deb, package, record, subject};

/// Findings of three kinds, a record that suppresses, one that a distribution answers for, enrichment, end of life.
fn everything() -> (Records, Subject) {
    let system = deb("python3-p", "1.0-1", "src-p");
    let provided_by = Some(system.purl.clone());
    let owned = Package { provided_by, ..package(PackageType::Pypi, "p", "1.0") };
    let mut denied = record("Debian:12", "src-p", "CVE-1", &[], None);
    denied.status = FindingStatus::NotAffected;
    let mut records = Records::new([
        record("PyPI", "p", "GHSA-1", &["CVE-1"], Some("2.0")),
        record("Debian:12", "src-p", "CVE-1", &[], None),
        denied,
        record("Debian:12", "src-p", "CVE-5", &[], Some("0.5-1")),
        record("npm", "q", "GHSA-2", &["CVE-2"], Some("3.0.0")),
        record("npm", "q", "GHSA-3", &["CVE-3"], Some("1.0.0")),
        record("Go", "m", "GO-4", &["CVE-4"], None),
    ]);
    records.enrichment.insert("CVE-2".to_owned(), Enriched { exploited: true, epss: Some("0.5".to_owned()) });
    records.support = Some(OsSupport {
        product: "debian".to_owned(),
        cycle: "12".to_owned(),
        eol_from: Some("2026-06-10".to_owned()),
        extended_from: None,
        feed: "endoflife".to_owned(),
    });
    let mut image = subject([
        system,
        owned,
        package(PackageType::Npm, "q", "2.0.0"),
        Package { uncertain: true, ..package(PackageType::Golang, "m", "v0.1.0") },
        package(PackageType::Golang, "m/devel", ""),
    ]);
    image.facts.env = vec!["NAME=käse \u{1f9c0} \"quoted\" \\ \u{7}".to_owned()];
    (records, image)
}

fn stored(judgement: &Judgement) -> BTreeMap<Digest, Vec<u8>> {
    judgement.contents.iter().cloned().collect()
}

fn again(body: &str, stored: &BTreeMap<Digest, Vec<u8>>) -> Result<Replay, ReplayError> {
    replay(body, &|digest| stored.get(digest).cloned())
}

#[test]
fn gives_the_same_bytes() {
    let (records, image) = everything();
    for settings in [
        JudgeSettings::default(),
        JudgeSettings { extended_support: true, accept_starter: true, ..crate::sample::max_age(0) },
    ] {
        let judgement = records.judge_with(&image, settings);
        let ids: Vec<_> = judgement.decision.findings.iter().map(|finding| finding.id.as_str()).collect();
        assert_eq!(ids, ["CVE-4", "CVE-2"], "the distribution answers for p");
        assert_eq!(again(&judgement.body, &stored(&judgement)).unwrap(), Replay::Same);
        assert_eq!(judgement.id, lazaret_oci::sha256(judgement.body.as_bytes()));
        assert_eq!(serde_json::from_str::<lazaret_model::Decision>(&judgement.body).unwrap(), judgement.decision);
    }
}

#[test]
fn judging_twice_gives_one_decision() {
    let (records, image) = everything();
    assert_eq!(records.judge(&image), records.judge(&image));
}

#[test]
fn keeps_only_what_was_used() {
    let (records, image) = everything();
    let judgement = records.judge(&image);
    let mentions = |id: &str| {
        let quoted = format!("\"id\":\"{id}\"");
        judgement.contents.iter().filter(|(_, bytes)| String::from_utf8_lossy(bytes).contains(&quoted)).count()
    };
    assert_eq!((mentions("GHSA-2"), mentions("GHSA-3"), mentions("CVE-5")), (1, 0, 0));
    assert_eq!(mentions("CVE-1"), 2, "the distribution's statements are kept");
    for (digest, bytes) in &judgement.contents {
        assert_eq!(*digest, lazaret_oci::sha256(bytes));
    }
}

#[test]
fn is_canonical() {
    let (records, image) = everything();
    let body = records.judge(&image).body;
    let value: serde_json::Value = serde_json::from_str(&body).unwrap();
    assert_eq!(serde_json_canonicalizer::to_string(&value).unwrap(), body);
    assert!(body.starts_with("{\"findings\":[{\"aliases\":"), "{body}");
}

#[test]
fn a_changed_record_is_different() {
    let (records, image) = everything();
    let judgement = records.judge(&image);
    let changed = judgement.body.replacen("\"outcome\":\"deny\"", "\"outcome\":\"allow\"", 1);
    let at = "verdict.outcome: recorded \"allow\", made again \"deny\"".to_owned();
    assert_eq!(again(&changed, &stored(&judgement)).unwrap(), Replay::Different { at });
    let spaced = judgement.body.replacen(':', ": ", 1);
    let Replay::Different { at } = again(&spaced, &stored(&judgement)).unwrap() else { panic!("the same?") };
    assert!(at.contains("canonical"), "{at}");
}

#[test]
fn another_engine_is_named() {
    let (records, image) = everything();
    let judgement = records.judge(&image);
    let engine = judgement.decision.inputs.engine.clone();
    let rules = format!("rules/{}", lazaret_assess::RULES_VERSION);
    let newer = judgement.body.replace(&engine, &engine.replace(&rules, "rules/999"));
    let Replay::OtherEngine { wanted } = again(&newer, &stored(&judgement)).unwrap() else { panic!("replayed") };
    assert!(wanted.ends_with("rules/999"), "{wanted}");
    // A program of another version with the same matcher and rules decides alike.
    let program = engine.split(' ').next().unwrap();
    let other = judgement.body.replace(program, "lazaret/99.0.0");
    assert_eq!(again(&other, &stored(&judgement)).unwrap(), Replay::Same);
}

#[test]
fn missing_and_corrupt_documents_are_named() {
    let (records, image) = everything();
    let judgement = records.judge(&image);
    for (digest, _) in &judgement.contents {
        let mut documents = stored(&judgement);
        documents.remove(digest);
        let error = again(&judgement.body, &documents).unwrap_err();
        assert!(matches!(&error, ReplayError::Missing(missing) if missing == digest), "{error}");
        documents.insert(digest.clone(), b"{}x".to_vec());
        let error = again(&judgement.body, &documents).unwrap_err();
        assert!(matches!(&error, ReplayError::Corrupt(corrupt) if corrupt == digest), "{error}");
    }
    assert!(matches!(again("no json", &BTreeMap::new()), Err(ReplayError::Body(_))));
}
