//! Which package of the operating system owns a file. Ownership is over the flattened image: list and file may come
//! from different layers.

use std::collections::{BTreeMap, HashMap};

use lazaret_model::{PackageType, Problem, ProblemKind};

use super::{
    flat::{FlatImage, Identity},
    packages::Packages,
};
use crate::path_set::{PathHash, PathMap};

/// Owner (as an index into `purls`) by path.
#[derive(Default)]
pub(super) struct Owners {
    by_path: PathMap<usize>,
    purls: Vec<String>,
    /// Names of directories at the root that are links, with where they lead: `lib` and `usr/lib`.
    merged: Vec<(String, String)>,
}

/// A system package by its name.
struct Named<'a> {
    arch: Option<&'a str>,
    index: usize,
}

impl Owners {
    pub(super) fn of(&self, path: &str) -> Option<&str> {
        let found = |path: &str| self.by_path.get(&PathHash::of(path)).copied();
        let alias = |(link, target): &(String, String)| {
            let rest = path.strip_prefix(target.as_str())?.strip_prefix('/')?;
            found(&format!("{link}/{rest}"))
        };
        let index = found(path).or_else(|| self.merged.iter().find_map(alias))?;
        self.purls.get(index).map(String::as_str)
    }
}

/// Owners of all files.
pub(super) fn owners(image: &FlatImage<'_>, packages: &Packages<'_>) -> Owners {
    let mut purls = Vec::new();
    let mut by_name: HashMap<(PackageType, &str), Vec<Named<'_>>> = HashMap::new();
    let mut by_identity: HashMap<Identity<'_>, usize> = HashMap::new();
    for (identity, entry) in packages.entries.iter().filter(|(_, entry)| entry.is_live() && entry.found.kind.is_os()) {
        let index = purls.len();
        purls.push(entry.purl.clone());
        by_identity.insert(*identity, index);
        by_name.entry((identity.kind, identity.name)).or_default().push(Named { arch: identity.arch, index });
    }
    let mut by_path = PathMap::default();
    for file in image.files() {
        for package in file.facts.packages.iter().filter(|package| !package.owns.is_empty()) {
            if let Some(index) = by_identity.get(&Identity::of(package)) {
                by_path.extend(package.owns.iter().map(|hash| (hash, *index)));
            }
        }
        let Some(owner) = &file.facts.owner else { continue };
        // distroless: `status.d/base.md5sums` lists the files of the package in `status.d/base`, whatever its name
        let sibling = file.path.strip_suffix(".md5sums").and_then(|path| image.tree.file(path));
        let from_sibling = sibling.and_then(|live| by_identity.get(&Identity::of(live.facts.packages.first()?)));
        let index = from_sibling.copied().or_else(|| {
            let named = by_name.get(&(owner.kind, owner.package.as_str()))?;
            let fits = |named: &&Named<'_>| owner.arch.is_none() || owner.arch.as_deref() == named.arch;
            named.iter().find(fits).map(|named| named.index)
        });
        if let Some(index) = index {
            by_path.extend(owner.owns.iter().map(|hash| (hash, index)));
        }
    }
    let roots = image.tree.links().filter(|(path, _)| !path.contains('/'));
    let merged = roots.filter_map(|(path, _)| Some((path.to_owned(), image.tree.real(path).ok()?))).collect();
    Owners { by_path, purls, merged }
}

/// Notes for every package that is none of the system which system package owns its files. A library known by its
/// content is the system's only where every copy is: one that somebody copied elsewhere, nobody updates.
pub(super) fn provide(owners: &Owners, packages: &mut Packages<'_>) {
    for entry in packages.entries.values_mut().filter(|entry| entry.is_live() && !entry.found.kind.is_os()) {
        let mut owned = entry.evidence.iter().map(|(path, ..)| owners.of(path));
        let owner = if entry.found.kind == PackageType::Generic {
            owned.try_fold(None, |first: Option<&str>, owner| Some(first.or(Some(owner?)))).flatten()
        } else {
            owned.find_map(|owner| owner)
        };
        entry.provided_by = owner.map(str::to_owned);
    }
}

/// What no detector reads: databases always, language packages where no system package owns them.
pub(super) fn unsupported(image: &FlatImage<'_>, owners: &Owners) -> Vec<Problem> {
    let mut found: BTreeMap<&str, (String, usize)> = BTreeMap::new();
    for file in image.files() {
        let Some(unsupported) = &file.facts.unsupported else { continue };
        if unsupported.os || owners.of(file.path).is_none() {
            found.entry(&unsupported.what).or_insert_with(|| (file.path.to_owned(), 0)).1 += 1;
        }
    }
    let problem = |(what, (path, count)): (&str, (String, usize))| {
        let more = if count > 1 { format!(" ({count} files)") } else { String::new() };
        Problem::new(ProblemKind::Unsupported, path, format!("{what}: no detector reads them yet{more}"))
    };
    found.into_iter().map(problem).collect()
}
