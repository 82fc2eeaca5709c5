use proptest::prelude::*;

use super::*;
use crate::compile::{
    compile,
    tests::{input, record},
};

fn sample() -> Vec<AdvisoryRecord> {
    let mut records: Vec<_> = (0..40)
        .map(|n| record("PyPI", &format!("p{}", n % 7), &format!("PYSEC-{n}"), &[&format!("CVE-2020-{n:04}")]))
        .collect();
    records[3].url = Some("https://example.org/elsewhere".to_owned());
    records[4].url = None;
    records[5].cvss = None;
    records[6].status = FindingStatus::WillNotFix;
    records[7].informational = true;
    records[8].ranges[0] = lazaret_model::AffectedRange { last_affected: Some("9".to_owned()), ..Default::default() };
    records[9].summary = String::new();
    records[10].severity = Severity::Negligible;
    records
}

#[test]
fn records_come_back_field_exact() {
    let mut records = sample();
    let db = AdvisoryDb::of(compile(input(records.clone()))).unwrap();
    db.verify().unwrap();
    records.sort();
    for n in 0..7 {
        let package = format!("p{n}");
        let wanted: Vec<_> = records.iter().filter(|record| record.package == package).cloned().collect();
        assert_eq!(db.try_lookup("PyPI", &package).unwrap(), wanted);
    }
    assert!(db.lookup("PyPI", "absent").is_empty());
    assert!(db.lookup("npm", "p1").is_empty());
    assert!(db.lookup(group::PRODUCTS, "debian").is_empty());
    assert_eq!(db.enrich("CVE-2021-44228"), Enrichment { exploited: true, epss: Some("0.97565".to_owned()) });
    assert_eq!(db.enrich("CVE-2020-0001"), Enrichment::default());
    assert_eq!(db.streams(), ["PyPI"]);
}

#[test]
fn a_release_without_data_has_no_feed() {
    let mut input = input(vec![record("Alpine:v3.20", "zlib", "CVE-2020-0001", &[])]);
    let feed = |name: &str, ecosystem: &str| FeedInfo {
        name: name.to_owned(),
        ecosystems: vec![ecosystem.to_owned()],
        checked: input.created,
        changed: input.created,
        records: 1,
        digest: lazaret_model::Digest::from_sha256([0; 32]),
    };
    input.feeds = vec![feed("alpine-secdb", "Alpine"), feed("osv:npm", "npm")];
    let db = AdvisoryDb::of(compile(input)).unwrap();
    let names = |ecosystem: &str| db.feeds_for(ecosystem).iter().map(|feed| feed.name.clone()).collect::<Vec<_>>();
    assert_eq!(names("Alpine:v3.20"), ["alpine-secdb"]);
    assert_eq!(names("Alpine:v3.99"), [""; 0]);
    assert_eq!(names("npm"), ["osv:npm"]);
    assert_eq!(names("PyPI"), [""; 0]);
}

#[test]
fn damage_is_an_error_and_never_clean() {
    let bytes = compile(input(sample()));
    for cut in [0, 7, 100, 255, 256, 5000, bytes.len() - 1] {
        assert!(AdvisoryDb::of(bytes[..cut].to_vec()).is_err(), "cut at {cut}");
    }
    let mut other = bytes.clone();
    other[8] = 99;
    assert!(matches!(AdvisoryDb::of(other), Err(DbError::Version { found: 99, .. })));
    let mut flipped = bytes;
    let db = AdvisoryDb::of(flipped.clone()).unwrap();
    let at = usize::try_from(db.header.groups.offset).unwrap() + 40;
    flipped[at] ^= 4;
    let db = AdvisoryDb::of(flipped).unwrap();
    assert!(db.verify().is_err());
    let found: Vec<_> = (0..7).flat_map(|n| db.lookup("PyPI", &format!("p{n}"))).collect();
    assert!(found.iter().any(|record| record.id == "LAZARET-DAMAGED-DATABASE"));
}

proptest! {
    #[test]
    fn hostile_bytes_never_panic(flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8), seal in any::<bool>()) {
        let mut bytes = compile(input(sample()));
        for (index, value) in flips {
            let at = index.index(bytes.len());
            bytes[at] = value;
        }
        if seal {
            // A hostile writer would make the digests right.
            reseal(&mut bytes);
        }
        if let Ok(db) = AdvisoryDb::of(bytes) {
            for n in 0..7 {
                db.lookup("PyPI", &format!("p{n}"));
            }
            db.enrich("CVE-2021-44228");
            db.end_of_life("debian", "12");
        }
    }
}

/// Makes header and page checks right again, so that the code behind them is reached.
fn reseal(bytes: &mut [u8]) {
    let end = format::HEADER - 32;
    let seal = format::sha256(&bytes[..end]);
    bytes[end..format::HEADER].copy_from_slice(&seal);
    let at = |bytes: &[u8], at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap());
    let pages = at(bytes, 24)..at(bytes, 24).saturating_add(at(bytes, 32));
    for start in pages.step_by(table::PAGE).take(64) {
        let Some(start) = usize::try_from(start).ok() else { return };
        let Some(page) = bytes.get_mut(start..start.saturating_add(table::PAGE)) else { return };
        let seal = table::check(&page[8..]);
        page[..8].copy_from_slice(&seal);
    }
}

#[test]
fn hostile_groups_never_panic() {
    // Bodies that no writer makes, under a right check, so that the decoder itself is reached.
    proptest!(|(body in prop::collection::vec(any::<u8>(), 0..200))| {
        let groups = [&[4][..], b"PyPI", &[1], b"p", &body].concat();
        let mut payload = [0; 24];
        payload[8..16].copy_from_slice(&(groups.len() as u64).to_le_bytes());
        payload[16..].copy_from_slice(&table::check(&groups));
        let reader = group::Reader { groups: &groups, texts: b"some text" };
        let _ = reader.records(&payload, "PyPI", "p");
        let _ = reader.cycles(&payload, "p");
    });
}
