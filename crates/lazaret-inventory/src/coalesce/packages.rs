//! From sightings to packages: one for each purl, live where any evidence is.

use std::collections::BTreeMap;

use lazaret_model::{Digest, Evidence, OsRelease, Package, PackageClass, PackageType, Problem, ProblemKind};

use super::{
    flat::{FlatImage, Identity},
    purl::purl,
};
use crate::layer::{Claim, FoundPackage};

/// A package under construction.
pub(super) struct Entry<'a> {
    pub(super) found: &'a FoundPackage,
    pub(super) purl: String,
    /// Real path of the file, path within, layer.
    pub(super) evidence: Vec<(String, Option<&'a str>, usize)>,
    /// Lockfiles that name it too: they say nothing about when it came.
    declared: Vec<(String, Option<&'a str>, usize)>,
    pub(super) since: usize,
    pub(super) removed: Option<usize>,
    pub(super) provided_by: Option<String>,
    uncertain: bool,
    /// Installed counts before declared.
    class: PackageClass,
    pub(super) license: Option<&'a str>,
    pub(super) repository: Option<&'a str>,
}

impl<'a> Entry<'a> {
    pub(super) fn is_live(&self) -> bool {
        self.removed.is_none()
    }

    /// What one of several sightings adds.
    fn note(&mut self, found: &'a FoundPackage) {
        if found.class.is_installed() && !self.class.is_installed() {
            self.class = found.class;
            self.found = found;
        }
        self.license = self.license.or(found.license.as_deref());
        self.repository = self.repository.or(found.repository.as_deref());
    }

    /// Layers that wrote the evidence again after the package was there.
    fn changed(&self) -> Vec<usize> {
        let mut layers: Vec<_> =
            self.evidence.iter().map(|(.., held)| *held).filter(|held| *held > self.since).collect();
        layers.sort_unstable();
        layers.dedup();
        layers
    }
}

pub(super) struct Packages<'a> {
    pub(super) entries: BTreeMap<Identity<'a>, Entry<'a>>,
    diff_ids: &'a [Digest],
}

pub(super) fn collect<'a>(image: &FlatImage<'a>, diff_ids: &'a [Digest], os: Option<&OsRelease>) -> Packages<'a> {
    let mut entries: BTreeMap<Identity<'a>, Entry<'a>> = BTreeMap::new();
    let new = |found: &'a FoundPackage, since: usize| Entry {
        found,
        purl: purl(found, os),
        evidence: Vec::new(),
        declared: Vec::new(),
        since,
        removed: None,
        provided_by: None,
        uncertain: found.uncertain,
        class: found.class,
        license: found.license.as_deref(),
        repository: found.repository.as_deref(),
    };
    for file in image.files() {
        for (found, since) in file.facts.packages.iter().zip(file.since) {
            let entry = entries.entry(Identity::of(found)).or_insert_with(|| new(found, *since));
            entry.since = entry.since.min(*since);
            // one clear sighting is enough
            entry.uncertain &= found.uncertain;
            entry.note(found);
            entry.evidence.push((file.path.to_owned(), found.inner.as_deref(), file.layer));
        }
    }
    for gone in &image.gone {
        let entry = entries.entry(Identity::of(gone.package)).or_insert_with(|| new(gone.package, gone.since));
        if entry.removed.is_none() && !entry.evidence.is_empty() {
            continue;
        }
        // the last removal counts
        if entry.removed.is_none_or(|removed| gone.removed > removed) {
            entry.evidence.clear();
            entry.since = gone.since;
            entry.removed = Some(gone.removed);
        }
        if entry.removed == Some(gone.removed) {
            entry.since = entry.since.min(gone.since);
            entry.evidence.push((gone.path.clone(), gone.package.inner.as_deref(), gone.held));
        }
    }
    join_declared(&mut entries);
    Packages { entries, diff_ids }
}

/// What is declared and installed is one package, of which the lockfile is one more evidence.
fn join_declared(entries: &mut BTreeMap<Identity<'_>, Entry<'_>>) {
    let is_declared = |entry: &Entry<'_>| entry.class == PackageClass::Declared;
    let declared: BTreeMap<_, _> = entries
        .iter()
        .filter(|(_, entry)| is_declared(entry) && entry.is_live())
        .map(|(identity, entry)| (entry.purl.clone(), *identity))
        .collect();
    if declared.is_empty() {
        return;
    }
    let installed = entries.iter().filter(|(_, entry)| !is_declared(entry) && entry.is_live());
    let pairs: Vec<_> =
        installed.filter_map(|(identity, entry)| Some((*identity, *declared.get(&entry.purl)?))).collect();
    for (installed, declared) in &pairs {
        let evidence = entries.get(declared).map(|entry| entry.evidence.clone()).unwrap_or_default();
        if let Some(entry) = entries.get_mut(installed) {
            entry.declared.extend(evidence);
        }
    }
    for (_, declared) in pairs {
        entries.remove(&declared);
    }
}

impl<'a> Packages<'a> {
    /// Adds a package that a file says it is of, where no database has the same one.
    pub(super) fn claim(&mut self, claim: &'a Claim, path: &str, layer: usize, os: Option<&OsRelease>) {
        let found = &claim.package;
        let built_for = claim.os.clone().map(|id| OsRelease {
            id,
            version_id: claim.os_version.clone().unwrap_or_default(),
            codename: None,
            pretty_name: String::new(),
            stream: None,
            path: path.to_owned(),
        });
        // `9` of the note is `9.4` of the system
        let same = os.zip(built_for.as_ref()).is_some_and(|(os, built_for)| {
            let version = os.version_id.strip_prefix(built_for.version_id.as_str());
            os.id == built_for.id && version.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        });
        let entry = self.entries.entry(Identity::of(found)).or_insert_with(|| Entry {
            found,
            purl: purl(found, built_for.as_ref().or(os)),
            evidence: Vec::new(),
            declared: Vec::new(),
            since: layer,
            removed: None,
            provided_by: None,
            uncertain: !same,
            class: found.class,
            license: None,
            repository: None,
        });
        if entry.is_live() {
            entry.since = entry.since.min(layer);
            entry.evidence.push((path.to_owned(), None, layer));
        }
    }
}

impl Packages<'_> {
    pub(super) fn into_packages(self) -> Vec<Package> {
        let layer = |index: usize| self.diff_ids.get(index).cloned();
        let mut packages: Vec<_> = self
            .entries
            .into_values()
            .map(|entry| {
                let changed_in = entry.changed().into_iter().filter_map(layer).collect();
                let mut evidence: Vec<_> = entry
                    .evidence
                    .into_iter()
                    .chain(entry.declared)
                    .map(|(path, inner, held)| Evidence { path: joined(&path, inner), layer: layer(held) })
                    .collect();
                evidence.sort();
                evidence.dedup();
                Package {
                    purl: entry.purl,
                    name: entry.found.name.clone(),
                    version: entry.found.version.clone(),
                    kind: entry.found.kind,
                    class: entry.class,
                    arch: entry.found.arch.clone(),
                    source: entry.found.source.clone(),
                    module: entry.found.module.clone(),
                    vendor: entry.found.vendor.clone(),
                    license: entry.license.map(str::to_owned),
                    repository: entry.repository.map(str::to_owned),
                    bundled_in: entry.found.bundled_in.clone(),
                    cpe: entry.found.cpe.clone(),
                    layer: layer(entry.since),
                    changed_in,
                    removed_in: entry.removed.and_then(layer),
                    provided_by: entry.provided_by,
                    evidence,
                    uncertain: entry.uncertain,
                }
            })
            .collect();
        packages.sort();
        packages
    }
}

fn joined(path: &str, inner: Option<&str>) -> String {
    inner.map_or_else(|| path.to_owned(), |inner| format!("{path}!/{inner}"))
}

/// Live packages of which too little is known to ask for advisories: no version, or a jar without a group. Not where a
/// package of the system stands for them.
pub(super) fn without_version(packages: &Packages<'_>) -> Vec<Problem> {
    const TOLD: usize = 100;
    let mut problems: Vec<_> = packages
        .entries
        .values()
        .filter(|entry| entry.is_live() && entry.class.is_installed() && entry.provided_by.is_none())
        .filter_map(|entry| {
            let name = &entry.found.name;
            // a library known by its content is said more than anybody asked for
            let message = if entry.found.kind == PackageType::Generic {
                return None;
            } else if entry.found.version.is_empty() {
                format!("the version of {name} is not known")
            } else if entry.uncertain && entry.found.kind == PackageType::Maven && !name.contains(':') {
                format!("the Maven group of {name} is not known, so no advisory can be found")
            } else {
                return None;
            };
            let place = entry.evidence.first().map(|(path, inner, _)| joined(path, *inner)).unwrap_or_default();
            Some(Problem::new(ProblemKind::VersionUnknown, place, message))
        })
        .collect();
    if problems.len() > TOLD {
        let more = problems.len() - TOLD;
        problems.truncate(TOLD);
        let message = format!("the versions or groups of {more} more packages are not known");
        problems.push(Problem::new(ProblemKind::VersionUnknown, "", message));
    }
    problems
}
