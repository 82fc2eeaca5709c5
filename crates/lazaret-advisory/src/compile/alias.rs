//! Alias closure over the records of every feed.
//!
//! Ids that records declare equal are one group, but two CVEs never share a group: where declared equality would join
//! several, each CVE keeps the ids that point at it alone, and an id that stands for several CVEs (a vendor's advisory)
//! keeps only what it declares itself.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use lazaret_model::{AdvisoryRecord, FindingStatus};

use crate::name::is_cve;

/// Replaces each record's `aliases` by those of its closure.
pub(crate) fn close(records: &mut [AdvisoryRecord]) {
    let graph = Graph::of(records);
    let groups = graph.groups();
    for record in records.iter_mut() {
        let Some(closed) = graph.numbers.get(record.id.as_str()).and_then(|node| groups.get(node)) else { continue };
        let own = std::mem::take(&mut record.aliases);
        let withdrawn = is_withdrawn(record);
        let mut ids: BTreeSet<String> = closed.iter().map(|&node| graph.names[node].clone()).collect();
        if withdrawn {
            ids.extend(own);
        }
        ids.remove(&record.id);
        record.aliases = ids.into_iter().collect();
    }
}

/// A withdrawn record's declarations may be why it was withdrawn.
fn is_withdrawn(record: &AdvisoryRecord) -> bool {
    record.status == FindingStatus::NotAffected && record.feed.starts_with("osv:")
}

struct Graph {
    numbers: HashMap<String, usize>,
    names: Vec<String>,
    neighbours: Vec<BTreeSet<usize>>,
}

impl Graph {
    fn of(records: &[AdvisoryRecord]) -> Self {
        let mut graph = Self { numbers: HashMap::new(), names: Vec::new(), neighbours: Vec::new() };
        for record in records.iter().filter(|record| !is_withdrawn(record) && !record.aliases.is_empty()) {
            let id = graph.node(&record.id);
            for alias in &record.aliases {
                let alias = graph.node(alias);
                if alias != id {
                    graph.neighbours[id].insert(alias);
                    graph.neighbours[alias].insert(id);
                }
            }
        }
        graph
    }

    fn node(&mut self, id: &str) -> usize {
        if let Some(&node) = self.numbers.get(id) {
            return node;
        }
        self.numbers.insert(id.to_owned(), self.names.len());
        self.names.push(id.to_owned());
        self.neighbours.push(BTreeSet::new());
        self.names.len() - 1
    }

    /// The closure of every node, itself included.
    fn groups(&self) -> HashMap<usize, Vec<usize>> {
        let mut groups = HashMap::new();
        let mut seen = vec![false; self.names.len()];
        for start in 0..self.names.len() {
            if std::mem::replace(&mut seen[start], true) {
                continue;
            }
            let mut component = vec![start];
            let mut next = 0;
            while let Some(&node) = component.get(next) {
                next += 1;
                for &other in &self.neighbours[node] {
                    if !std::mem::replace(&mut seen[other], true) {
                        component.push(other);
                    }
                }
            }
            if component.iter().filter(|&&node| is_cve(&self.names[node])).count() <= 1 {
                groups.extend(component.iter().map(|&node| (node, component.clone())));
            } else {
                self.split(&component, &mut groups);
            }
        }
        groups
    }

    /// A component with several CVEs: every id that leads to one CVE alone belongs to it.
    fn split(&self, component: &[usize], groups: &mut HashMap<usize, Vec<usize>>) {
        let mut owner: HashMap<usize, usize> = HashMap::new();
        let mut undecided: Vec<usize> = Vec::new();
        for &node in component {
            let cves: Vec<usize> =
                self.neighbours[node].iter().copied().filter(|&other| is_cve(&self.names[other])).collect();
            match cves.as_slice() {
                _ if is_cve(&self.names[node]) => drop(owner.insert(node, node)),
                [cve] => drop(owner.insert(node, *cve)),
                [] => undecided.push(node),
                _ => drop(groups.insert(node, self.with_neighbours(node))),
            }
        }
        // Ids that name no CVE go with the ids that they name, in rounds, so that no order of records matters.
        loop {
            let mut decided = Vec::new();
            for &node in &undecided {
                let owners = self.neighbours[node].iter().filter_map(|other| owner.get(other).copied());
                let owners: BTreeSet<usize> = owners.collect();
                if let (1, Some(&cve)) = (owners.len(), owners.first()) {
                    decided.push((node, cve));
                }
            }
            undecided.retain(|node| decided.iter().all(|(other, _)| other != node));
            let done = decided.is_empty();
            owner.extend(decided);
            if done {
                break;
            }
        }
        groups.extend(undecided.into_iter().map(|node| (node, self.with_neighbours(node))));
        let mut owned: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (&node, &cve) in &owner {
            owned.entry(cve).or_default().push(node);
        }
        for members in owned.into_values() {
            groups.extend(members.iter().map(|&node| (node, members.clone())));
        }
    }

    fn with_neighbours(&self, node: usize) -> Vec<usize> {
        std::iter::once(node).chain(self.neighbours[node].iter().copied()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compile::tests::record;

    fn closed(records: &[(&str, &[&str])]) -> Vec<String> {
        let mut records: Vec<_> = records.iter().map(|(id, aliases)| record("PyPI", "p", id, aliases)).collect();
        close(&mut records);
        records.iter().map(|r| format!("{}: {}", r.id, r.aliases.join(" "))).collect()
    }

    #[test]
    fn one_cve_joins_all() {
        let rows = closed(&[("PYSEC-1", &["CVE-2020-0001"]), ("GHSA-a", &["CVE-2020-0001"]), ("GO-1", &["GHSA-a"])]);
        insta::assert_snapshot!(rows.join("\n"), @r"
        PYSEC-1: CVE-2020-0001 GHSA-a GO-1
        GHSA-a: CVE-2020-0001 GO-1 PYSEC-1
        GO-1: CVE-2020-0001 GHSA-a PYSEC-1
        ");
    }

    #[test]
    fn two_cves_are_never_joined() {
        let rows = closed(&[
            ("GO-1", &["CVE-2020-0001", "CVE-2020-0002"]),
            ("GHSA-a", &["CVE-2020-0001"]),
            ("GHSA-b", &["CVE-2020-0002"]),
            ("PYSEC-9", &["GHSA-b"]),
            ("CVE-2020-0001", &[]),
        ]);
        insta::assert_snapshot!(rows.join("\n"), @r"
        GO-1: CVE-2020-0001 CVE-2020-0002
        GHSA-a: CVE-2020-0001
        GHSA-b: CVE-2020-0002 PYSEC-9
        PYSEC-9: CVE-2020-0002 GHSA-b
        CVE-2020-0001: GHSA-a
        ");
    }

    #[test]
    fn ids_without_a_cve_are_joined_too() {
        let rows = closed(&[("RUSTSEC-1", &["GHSA-a"]), ("GHSA-a", &[])]);
        assert_eq!(rows, ["RUSTSEC-1: GHSA-a", "GHSA-a: RUSTSEC-1"]);
    }
}
