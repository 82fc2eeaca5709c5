//! An evaluator that knows nothing of the room's code: straight from the raw files, version by version, by the words of
//! the sources. Only the order of versions is shared.

use std::{
    cmp::Ordering,
    collections::{BTreeMap, BTreeSet},
    io::Read,
};

use lazaret_version::Scheme;
use serde_json::Value;

/// Package to a function of versions: the ids that affect one, and versions worth asking about.
#[derive(Default)]
pub(crate) struct Naive {
    pub packages: BTreeMap<String, Vec<Statement>>,
}

pub(crate) enum Statement {
    /// An OSV record with the affected entry of this package.
    Osv { id: String, affected: Value },
    /// Fixed in a version, for apk and deb; `None` = never.
    Fixed { id: String, version: Option<String> },
}

impl Naive {
    pub(crate) fn osv(zip: &[u8], ecosystem: &str) -> Self {
        let mut naive = Self::default();
        let mut archive = zip::ZipArchive::new(std::io::Cursor::new(zip)).unwrap();
        for index in 0..archive.len() {
            let mut text = String::new();
            archive.by_index(index).unwrap().read_to_string(&mut text).unwrap();
            let record: Value = serde_json::from_str(&text).unwrap();
            if record["withdrawn"].is_string() {
                continue;
            }
            for affected in record["affected"].as_array().into_iter().flatten() {
                let informational = affected["database_specific"]["informational"].is_string();
                if affected["package"]["ecosystem"] != ecosystem || informational {
                    continue;
                }
                let mut name = affected["package"]["name"].as_str().unwrap().to_owned();
                if ecosystem == "NuGet" || ecosystem == "SwiftURL" {
                    name = name.to_lowercase();
                }
                if ecosystem == "PyPI" {
                    name = name.to_lowercase().replace(['_', '.'], "-");
                    while name.contains("--") {
                        name = name.replace("--", "-");
                    }
                }
                let id = record["id"].as_str().unwrap().to_owned();
                naive.packages.entry(name).or_default().push(Statement::Osv { id, affected: affected.clone() });
            }
        }
        naive
    }

    pub(crate) fn alpine(files: &[Vec<u8>]) -> Self {
        let mut naive = Self::default();
        for file in files {
            let secdb: Value = serde_json::from_slice(file).unwrap();
            for package in secdb["packages"].as_array().unwrap() {
                let name = package["pkg"]["name"].as_str().unwrap().to_owned();
                let statements = naive.packages.entry(name).or_default();
                for (version, ids) in package["pkg"]["secfixes"].as_object().unwrap() {
                    let ids = ids.as_array().into_iter().flatten().flat_map(|id| id.as_str().unwrap().split(' '));
                    for id in ids.filter(|_| version != "0") {
                        let meant = MISTYPED.iter().find(|(typed, _)| *typed == id).map(|(_, meant)| *meant);
                        for id in meant.into_iter().chain((meant.is_some() || well_formed(id)).then_some(id)) {
                            statements.push(Statement::Fixed { id: id.to_owned(), version: Some(version.clone()) });
                        }
                    }
                }
            }
        }
        naive
    }

    pub(crate) fn debian(tracker: &[u8], codename: &str) -> Self {
        let mut naive = Self::default();
        let tracker: Value = serde_json::from_slice(tracker).unwrap();
        for (package, entries) in tracker.as_object().unwrap() {
            let statements = naive.packages.entry(package.clone()).or_default();
            for (id, entry) in entries.as_object().unwrap() {
                let release = &entry["releases"][codename];
                let id = id.clone();
                match (release["status"].as_str(), release["fixed_version"].as_str()) {
                    _ if release["urgency"] == "unimportant" => {}
                    (Some("open"), _) => statements.push(Statement::Fixed { id, version: None }),
                    (Some("resolved"), Some(version)) if version != "0" => {
                        statements.push(Statement::Fixed { id, version: Some(version.to_owned()) });
                    }
                    _ => {}
                }
            }
        }
        naive
    }

    /// The versions that the statements about a package name, and a neighbour of each.
    pub(crate) fn versions(&self, package: &str, most: usize) -> Vec<String> {
        let mut versions = BTreeSet::new();
        for statement in &self.packages[package] {
            match statement {
                Statement::Fixed { version, .. } => versions.extend(version.clone()),
                Statement::Osv { affected, .. } => {
                    let events = affected["ranges"].as_array().into_iter().flatten();
                    let events = events.flat_map(|range| range["events"].as_array().unwrap());
                    let bounds = events.flat_map(|event| event.as_object().unwrap().values());
                    versions.extend(bounds.filter_map(|bound| bound.as_str().map(str::to_owned)));
                    let listed = affected["versions"].as_array().into_iter().flatten();
                    versions.extend(listed.map(|version| version.as_str().unwrap().to_owned()));
                }
            }
        }
        versions.remove("0");
        let step = versions.len().div_ceil(most).max(1);
        let mut chosen: Vec<String> = versions.into_iter().step_by(step).collect();
        let neighbours: Vec<String> = chosen.iter().map(|version| format!("{version}.1")).collect();
        chosen.extend(neighbours);
        chosen.extend(["0.0.1".to_owned(), "99999.0".to_owned()]);
        chosen
    }

    pub(crate) fn ids(&self, scheme: Scheme, package: &str, version: &str) -> BTreeSet<String> {
        let affects = |statement: &&Statement| match statement {
            Statement::Fixed { version: None, .. } => true,
            Statement::Fixed { version: Some(fixed), .. } => scheme.compare(version, fixed) == Ordering::Less,
            Statement::Osv { affected, .. } => osv_affects(scheme, affected, version),
        };
        let found = self.packages[package].iter().filter(affects);
        let id = |statement: &Statement| match statement {
            Statement::Fixed { id, .. } | Statement::Osv { id, .. } => id.clone(),
        };
        found.map(id).collect()
    }
}

/// CVE ids that Alpine's files have wrong, with what they mean.
const MISTYPED: [(&str, &str); 5] = [
    ("CVE_2019-2426", "CVE-2019-2426"),
    ("CVE-2017-17434-1", "CVE-2017-17434"),
    ("CVE-2017-17434-2", "CVE-2017-17434"),
    ("CVE-2021-35940.patch", "CVE-2021-35940"),
    ("CVE-46838", "CVE-46838"),
];

fn well_formed(id: &str) -> bool {
    if let Some(rest) = id.strip_prefix("CVE") {
        let parts: Vec<&str> = rest.split('-').collect();
        let digits = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_digit());
        return matches!(parts.as_slice(), ["", year, number] if digits(year) && digits(number) && year.len() == 4);
    }
    let prefixes = [
        "XSA-", "TALOS-", "GHSA-", "wnpa-", "ZDI-", "GNUTLS-", "RUSTSEC-", "ALPINE-", "TS-", "YSA-", "DW2", "VSV0",
        "GHSL-", "ZBX-",
    ];
    prefixes.iter().any(|prefix| id.starts_with(prefix))
}

/// The pseudo-code of the OSV schema, "Evaluation", event by event.
fn osv_affects(scheme: Scheme, affected: &Value, version: &str) -> bool {
    let listed = affected["versions"].as_array().into_iter().flatten();
    if listed.into_iter().any(|v| scheme.compare(v.as_str().unwrap(), version) == Ordering::Equal) {
        return true;
    }
    let ranges = affected["ranges"].as_array().into_iter().flatten();
    ranges.into_iter().filter(|range| range["type"] != "GIT").any(|range| {
        let mut events: Vec<(String, String)> = range["events"]
            .as_array()
            .unwrap()
            .iter()
            .flat_map(|event| event.as_object().unwrap().iter())
            .map(|(kind, version)| (kind.clone(), version.as_str().unwrap().to_owned()))
            .collect();
        events.sort_by(|a, b| match (a.1 == "0", b.1 == "0") {
            (true, true) => Ordering::Equal,
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
            (false, false) => scheme.compare(&a.1, &b.1),
        });
        let mut vulnerable = false;
        for (kind, bound) in &events {
            let order = if bound == "0" { Ordering::Greater } else { scheme.compare(version, bound) };
            match kind.as_str() {
                "introduced" if order != Ordering::Less => vulnerable = true,
                "fixed" if order != Ordering::Less => vulnerable = false,
                "last_affected" if order == Ordering::Greater => vulnerable = false,
                _ => {}
            }
        }
        let unbounded = !matches!(events.last(), Some((kind, _)) if kind != "introduced");
        match affected["database_specific"]["last_known_affected_version_range"].as_str() {
            Some(bound) if unbounded && vulnerable => {
                let order = scheme.compare(version, bound.trim_start_matches(['<', '=', ' ']));
                // The bound ends the last interval only; earlier ones have their own.
                let in_last = events
                    .iter()
                    .rev()
                    .find(|(kind, _)| kind == "introduced")
                    .is_none_or(|(_, start)| start == "0" || scheme.compare(version, start) != Ordering::Less);
                !in_last || order == Ordering::Less || (bound.starts_with("<=") && order == Ordering::Equal)
            }
            _ => vulnerable,
        }
    })
}
