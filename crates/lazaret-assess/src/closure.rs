//! Groups the records that affect one package into vulnerabilities: one per alias closure, never two CVEs in one.

use std::collections::{BTreeMap, BTreeSet};

use lazaret_model::{AdvisoryRecord, Confidence, Digest};

use crate::slice::{ids, is_cve};

/// A record that affects the package.
#[derive(Clone, Debug)]
pub(crate) struct Match<'a> {
    pub(crate) record: &'a AdvisoryRecord,
    pub(crate) digest: &'a Digest,
    pub(crate) fixed: Option<String>,
    pub(crate) confidence: Confidence,
}

/// One vulnerability.
#[derive(Clone, Debug)]
pub(crate) struct Closure<'m, 'a> {
    /// The CVE when there is exactly one, else the id of the preferred record.
    pub(crate) id: String,
    /// Every other id, sorted.
    pub(crate) aliases: Vec<String>,
    /// The preferred record first.
    pub(crate) members: Vec<&'m Match<'a>>,
}

/// Groups matches; the order of the input does not matter.
pub(crate) fn closures<'m, 'a>(matches: &'m [Match<'a>]) -> Vec<Closure<'m, 'a>> {
    let mut sorted: Vec<_> = matches.iter().map(|m| (cves(m.record), m)).collect();
    sorted.sort_by_key(|(cves, m)| (cves.len(), preference(m.record), m.digest));

    // Records with exactly one CVE make the groups that the others join.
    let mut groups: BTreeMap<BTreeSet<&str>, Vec<&Match<'a>>> = BTreeMap::new();
    for (cves, found) in sorted.iter().filter(|(cves, _)| cves.len() == 1) {
        groups.entry(cves.clone()).or_default().push(found);
    }
    // A record for several CVEs speaks for each; what no other record covers stays one vulnerability.
    for (cves, found) in sorted.iter().filter(|(cves, _)| cves.len() > 1) {
        let (covered, rest): (BTreeSet<&str>, BTreeSet<&str>) =
            cves.iter().copied().partition(|cve| groups.contains_key(&BTreeSet::from([*cve])));
        for cve in &covered {
            groups.entry(BTreeSet::from([*cve])).or_default().push(found);
        }
        if !rest.is_empty() {
            groups.entry(rest).or_default().push(found);
        }
    }
    let mut nameless: Vec<(BTreeSet<&str>, Vec<&Match<'a>>)> = Vec::new();
    for (_, found) in sorted.iter().filter(|(cves, _)| cves.is_empty()) {
        let mut joined = (ids(found.record).collect::<BTreeSet<_>>(), vec![*found]);
        for other in nameless.extract_if(.., |(others, _)| !others.is_disjoint(&joined.0)).collect::<Vec<_>>() {
            joined.0.extend(other.0);
            joined.1.extend(other.1);
        }
        nameless.push(joined);
    }
    let mut closures = Vec::new();
    for (shared, members) in nameless {
        let touches = |group: &Vec<&Match<'a>>| group.iter().any(|m| ids(m.record).any(|id| shared.contains(id)));
        let mut joined = false;
        for group in groups.values_mut().filter(|group| touches(group)) {
            group.extend(&members);
            joined = true;
        }
        if !joined {
            closures.push(closure(&BTreeSet::new(), members));
        }
    }
    closures.extend(groups.into_iter().map(|(cves, members)| closure(&cves, members)));
    closures.sort_by(|a, b| a.id.cmp(&b.id));
    closures
}

fn closure<'m, 'a>(own: &BTreeSet<&str>, mut members: Vec<&'m Match<'a>>) -> Closure<'m, 'a> {
    members.sort_by_key(|m| (preference(m.record), m.digest));
    let mut all: BTreeSet<&str> = members.iter().flat_map(|m| ids(m.record)).collect();
    all.retain(|id| !is_cve(id) || own.contains(id));
    let preferred = members.first().map(|m| m.record.id.as_str());
    let single = if own.len() == 1 { own.first().copied() } else { None };
    let id = single.or(preferred).unwrap_or_default().to_owned();
    let aliases = all.into_iter().filter(|other| *other != id).map(str::to_owned).collect();
    Closure { id, aliases, members }
}

fn cves(record: &AdvisoryRecord) -> BTreeSet<&str> {
    ids(record).filter(|id| is_cve(id)).collect()
}

/// Which record's fix and rating win: Go's own database has the right module paths; elsewhere GitHub's reviewed
/// ranges are better kept than those of the language's database.
fn preference(record: &AdvisoryRecord) -> (u8, &str) {
    let rank = match (record.ecosystem.as_str(), record.id.split('-').next().unwrap_or_default()) {
        ("Go", "GO") => 0,
        (_, "GHSA") => 1,
        (_, "MAL") => 3,
        _ => 2,
    };
    (rank, &record.id)
}
