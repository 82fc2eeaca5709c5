//! Rows of all feeds to one immutable file. The same rows give the same bytes.

mod alias;
mod severity;

use std::collections::BTreeMap;

use lazaret_model::{AdvisoryRecord, Digest, FeedInfo, SnapshotInfo, Timestamp};

use crate::{
    db::{
        format::{self, Header, Section},
        group, table,
    },
    feed::Cycle,
};

/// What a snapshot is made of.
pub(crate) struct Input {
    pub created: Timestamp,
    pub starter: bool,
    pub feeds: Vec<FeedInfo>,
    pub records: Vec<AdvisoryRecord>,
    pub exploited: Vec<String>,
    pub epss: Vec<(String, String)>,
    pub cycles: Vec<Cycle>,
}

/// The file's bytes.
pub(crate) fn compile(mut input: Input) -> Vec<u8> {
    alias::close(&mut input.records);
    severity::fill(&mut input.records);
    input.records.sort_by(|a, b| (&a.ecosystem, &a.package).cmp(&(&b.ecosystem, &b.package)).then_with(|| a.cmp(b)));
    input.records.dedup();
    let streams = streams(&input.records);
    let mut groups = group::Writer::default();
    let mut rows = Vec::new();
    for records in input.records.chunk_by(|a, b| (&a.ecosystem, &a.package) == (&b.ecosystem, &b.package)) {
        let (hash, payload) = groups.records(records);
        rows.push((hash, payload));
    }
    for (product, cycles) in products(input.cycles) {
        rows.push(groups.cycles(&product, &cycles));
    }
    let packages = table::build(rows);
    let cves = table::build(cve_rows(&input.exploited, input.epss));

    let mut file = vec![0; format::HEADER];
    let mut section = |bytes: &[u8]| {
        let section = Section { offset: file.len() as u64, length: bytes.len() as u64 };
        file.extend_from_slice(bytes);
        file.resize(file.len().next_multiple_of(table::PAGE), 0);
        section
    };
    let (packages, cves) = (section(&packages), section(&cves));
    let (groups, texts) = (section(&groups.groups), section(&groups.texts));
    let id = format::sha256(&file[format::HEADER..]);
    let info = format::Info {
        snapshot: SnapshotInfo {
            id: Digest::from_sha256(id),
            created: input.created,
            starter: input.starter,
            feeds: input.feeds,
        },
        streams,
    };
    let text = serde_json::to_vec(&info).unwrap_or_default();
    let info = Section { offset: file.len() as u64, length: text.len() as u64 };
    file.extend_from_slice(&text);
    let header = Header { packages, cves, groups, texts, info, content: id, info_digest: format::sha256(&text) };
    header.write(&mut file);
    file
}

/// Every ecosystem stream that has at least one record.
fn streams(sorted: &[AdvisoryRecord]) -> Vec<String> {
    sorted
        .chunk_by(|a, b| a.ecosystem == b.ecosystem)
        .filter_map(|chunk| Some(chunk.first()?.ecosystem.clone()))
        .collect()
}

/// Cycles by product. A product of the feed replaces the built-in one of the same name.
fn products(mut cycles: Vec<Cycle>) -> BTreeMap<String, Vec<Cycle>> {
    cycles.sort();
    cycles.dedup();
    let mut products: BTreeMap<String, Vec<Cycle>> = BTreeMap::new();
    for cycle in cycles {
        products.entry(cycle.product.clone()).or_default().push(cycle);
    }
    for cycles in products.values_mut() {
        if cycles.iter().any(|cycle| cycle.feed != crate::starter::FEED) {
            cycles.retain(|cycle| cycle.feed != crate::starter::FEED);
        }
    }
    products
}

fn cve_rows(exploited: &[String], epss: Vec<(String, String)>) -> Vec<table::Row> {
    let mut cves: BTreeMap<String, (bool, Option<String>)> = BTreeMap::new();
    for cve in exploited {
        cves.entry(cve.clone()).or_default().0 = true;
    }
    for (cve, score) in epss {
        cves.entry(cve).or_default().1 = Some(score);
    }
    cves.into_iter().map(|(cve, (exploited, score))| group::cve_row(&cve, exploited, score.as_deref())).collect()
}

#[cfg(test)]
pub(crate) mod tests {
    use lazaret_model::{AffectedRange, FindingStatus, Severity};

    use super::*;

    pub(crate) fn record(ecosystem: &str, package: &str, id: &str, aliases: &[&str]) -> AdvisoryRecord {
        AdvisoryRecord {
            id: id.to_owned(),
            aliases: aliases.iter().map(|id| (*id).to_owned()).collect(),
            feed: format!("osv:{ecosystem}"),
            ecosystem: ecosystem.to_owned(),
            package: package.to_owned(),
            scheme: "pep440".to_owned(),
            ranges: vec![AffectedRange {
                introduced: Some("1.0".to_owned()),
                fixed: Some("2.0".to_owned()),
                last_affected: None,
            }],
            versions: vec!["0.9".to_owned()],
            status: FindingStatus::Affected,
            severity: Severity::High,
            cvss: Some("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N".to_owned()),
            summary: format!("{id} in {package}"),
            url: Some(format!("https://osv.dev/vulnerability/{id}")),
            informational: false,
        }
    }

    pub(crate) fn input(records: Vec<AdvisoryRecord>) -> Input {
        Input {
            created: Timestamp::parse("2026-11-24T00:00:00Z").unwrap(),
            starter: false,
            feeds: Vec::new(),
            records,
            exploited: vec!["CVE-2021-44228".to_owned()],
            epss: vec![("CVE-2021-44228".to_owned(), "0.97565".to_owned())],
            cycles: Vec::new(),
        }
    }

    #[test]
    fn same_rows_same_bytes_whatever_their_order() {
        let mut records: Vec<_> =
            (0..300).map(|n| record("PyPI", &format!("p{}", n % 37), &format!("GHSA-{n}"), &[])).collect();
        let one = compile(input(records.clone()));
        records.reverse();
        records.push(records[5].clone());
        assert!(one == compile(input(records)), "bytes differ");
    }
}
