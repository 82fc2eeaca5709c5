//! Severity for records whose own source gives none: secdb never does, Debian and Go often not.

use std::{cmp::Reverse, collections::HashMap};

use lazaret_model::{AdvisoryRecord, Severity};

/// Rates unknown records by another feed's record of the same closure: GHSA, then other OSV databases, then Debian.
/// Among the records of one source the id decides, not the highest rating.
pub(crate) fn fill(records: &mut [AdvisoryRecord]) {
    let mut rated: HashMap<&str, (Severity, Option<&str>)> = HashMap::new();
    for record in records.iter().filter(|record| record.severity != Severity::Unknown) {
        let rating = (record.severity, record.cvss.as_deref());
        let known = rated.entry(&record.id).or_insert(rating);
        *known = higher(*known, rating);
    }
    let mut fills = Vec::new();
    for (index, record) in records.iter().enumerate().filter(|(_, record)| record.severity == Severity::Unknown) {
        let ids = std::iter::once(&record.id).chain(&record.aliases);
        let best =
            ids.filter_map(|id| rated.get(id.as_str()).map(|rating| (rank(id), id, rating))).min_by_key(|r| (r.0, r.1));
        if let Some((_, _, (severity, cvss))) = best {
            fills.push((index, *severity, cvss.map(str::to_owned)));
        }
    }
    drop(rated);
    for (index, severity, cvss) in fills {
        let record = &mut records[index];
        record.severity = severity;
        record.cvss = record.cvss.take().or(cvss);
    }
}

fn rank(id: &str) -> u8 {
    match id {
        _ if id.starts_with("GHSA-") => 0,
        _ if id.starts_with("CVE-") => 2,
        _ => 1,
    }
}

/// One source may rate a vulnerability per package and release: the order of records must not matter.
fn higher<'a>(one: (Severity, Option<&'a str>), other: (Severity, Option<&'a str>)) -> (Severity, Option<&'a str>) {
    let key = |rating: &(Severity, Option<&'a str>)| (Reverse(rating.0), rating.1);
    if key(&other) < key(&one) { other } else { one }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compile::tests::record;

    #[test]
    fn unknown_takes_the_closure_s_rating() {
        let mut records = vec![
            record("Alpine:v3.20", "zlib", "CVE-2020-0001", &["GHSA-a"]),
            record("PyPI", "p", "GHSA-a", &["CVE-2020-0001"]),
            record("PyPI", "p", "PYSEC-1", &["CVE-2020-0001", "GHSA-a"]),
            record("Go", "g", "GO-1", &[]),
        ];
        for index in [0, 3] {
            records[index].severity = Severity::Unknown;
            records[index].cvss = None;
        }
        records[2].severity = Severity::Critical;
        fill(&mut records);
        assert_eq!(records[0].severity, Severity::High);
        assert!(records[0].cvss.is_some());
        assert_eq!(records[3].severity, Severity::Unknown);
    }
}
