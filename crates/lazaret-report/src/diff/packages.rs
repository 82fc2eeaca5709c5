//! Packages that came, went, or have another version.

use std::collections::{BTreeMap, BTreeSet};

use lazaret_model::{Package, PackageClass};
use serde::Serialize;

use crate::{ImageReport, package_key::PackageKey};

/// A package of one side only.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
pub struct PackageEntry {
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// `installed`, `declared` or `kernel`.
    pub class: &'static str,
    pub name: String,
    pub version: String,
    pub purl: String,
}

/// A package whose versions differ. One name may be installed in several versions: these are the ones that only one
/// side has.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
pub struct VersionChange {
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// `installed`, `declared` or `kernel`.
    pub class: &'static str,
    pub name: String,
    pub from: Vec<String>,
    pub to: Vec<String>,
}

#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct PackageDiff {
    pub added: Vec<PackageEntry>,
    pub removed: Vec<PackageEntry>,
    pub changed: Vec<VersionChange>,
}

impl PackageDiff {
    pub(super) fn between(a: &ImageReport<'_>, b: &ImageReport<'_>) -> Self {
        // another architecture is a difference only where both images are for the same one
        let same_platform = a.facts.platform.architecture == b.facts.platform.architecture;
        let (in_a, in_b) = (by_name(a, same_platform), by_name(b, same_platform));
        let mut diff = Self::default();
        let names: BTreeSet<_> = in_a.keys().chain(in_b.keys()).collect();
        let none = BTreeMap::new();
        for name in names {
            let (a, b) = (in_a.get(name).unwrap_or(&none), in_b.get(name).unwrap_or(&none));
            let gone: Vec<_> = a.iter().filter(|(version, _)| !b.contains_key(*version)).map(|(_, p)| *p).collect();
            let new: Vec<_> = b.iter().filter(|(version, _)| !a.contains_key(*version)).map(|(_, p)| *p).collect();
            match (gone.first(), new.first()) {
                (Some(first), Some(_)) => diff.changed.push(VersionChange {
                    kind: first.kind.name(),
                    class: first.class.name(),
                    name: first.name.clone(),
                    from: versions(&gone, &new),
                    to: versions(&new, &gone),
                }),
                _ => {
                    diff.removed.extend(gone.into_iter().map(entry));
                    diff.added.extend(new.into_iter().map(entry));
                }
            }
        }
        diff
    }

    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Live packages: by name, then by version with what else tells two apart.
type ByName<'a> = BTreeMap<(PackageKey, PackageClass), BTreeMap<(&'a str, &'a str), &'a Package>>;

fn by_name<'a>(report: &ImageReport<'a>, with_arch: bool) -> ByName<'a> {
    let mut names: ByName<'a> = BTreeMap::new();
    for package in report.inventory.packages.iter().filter(|package| package.is_live()) {
        let arch = package.arch.as_deref().filter(|_| with_arch).unwrap_or_default();
        names.entry((PackageKey::of(package), package.class)).or_default().insert((&package.version, arch), package);
    }
    names
}

fn entry(package: &Package) -> PackageEntry {
    PackageEntry {
        kind: package.kind.name(),
        class: package.class.name(),
        name: package.name.clone(),
        version: package.version.clone(),
        purl: package.purl.clone(),
    }
}

/// With the architecture where the version alone is on both sides.
fn versions(of: &[&Package], other: &[&Package]) -> Vec<String> {
    let version = |package: &&Package| {
        let alone = !other.iter().any(|p| p.version == package.version);
        let arch = package.arch.as_deref().filter(|_| !alone);
        arch.map_or_else(|| package.version.clone(), |arch| format!("{} ({arch})", package.version))
    };
    of.iter().map(version).collect()
}
