//! Packages of the two, paired by type, name and version; then by what else tells that two entries are one thing.

use std::collections::{BTreeMap, BTreeSet};

use lazaret_model::{Inventory, Package, PackageClass, PackageType};
use serde::Serialize;

use super::{
    cause::Cause,
    other::{Other, OtherPackage},
    version::same_version,
};
use crate::package_key::PackageKey;

/// A package that one of the two has.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
pub struct PackageDifference {
    pub cause: Cause,
    /// Purl type.
    #[serde(rename = "type")]
    pub kind: String,
    pub name: String,
    pub version: String,
    pub purl: String,
    pub path: Option<String>,
    /// More about the cause: the other's name, the layer, the lockfile.
    pub detail: String,
}

/// One package, which the two say has different versions.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
pub struct VersionDifference {
    #[serde(rename = "type")]
    pub kind: String,
    pub name: String,
    pub ours: String,
    pub theirs: String,
    pub path: Option<String>,
}

#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct ComparedPackages {
    /// Distinct packages with version.
    pub ours: usize,
    pub theirs: usize,
    pub both: usize,
    /// Whether the other report lists all packages, not only those with findings: else `only_ours` is not asked.
    pub theirs_complete: bool,
    pub versions: Vec<VersionDifference>,
    pub only_ours: Vec<PackageDifference>,
    pub only_theirs: Vec<PackageDifference>,
}

impl ComparedPackages {
    pub(super) fn between(inventory: &Inventory, other: &Other) -> Self {
        let installed = |package: &&Package| package.is_live() && package.class == PackageClass::Installed;
        let mut ours = distinct(inventory.packages.iter().filter(installed), |package| {
            (PackageKey::of(package), package.version.clone())
        });
        let mut theirs = distinct(other.packages.iter(), |package| (package.key.clone(), package.version.clone()));
        let mut compared =
            Self { ours: ours.len(), theirs: theirs.len(), theirs_complete: other.all_packages, ..Self::default() };
        take_pairs(
            &mut ours,
            &mut theirs,
            |ours, theirs| same_version(&theirs.key.kind, &ours.version, &theirs.version),
            |_, _| compared.both += 1,
        );
        take_pairs(
            &mut ours,
            &mut theirs,
            |_, _| true,
            |ours, theirs| {
                compared.versions.push(VersionDifference {
                    kind: theirs.key.kind.clone(),
                    name: ours.name.clone(),
                    ours: ours.version.clone(),
                    theirs: theirs.version.clone(),
                    path: ours.evidence.first().map(|evidence| evidence.path.clone()),
                });
            },
        );
        let known = Known::of(inventory, other);
        let renamed = renamed(&mut ours, &mut theirs);
        for (our, their) in &renamed {
            compared.only_ours.push(of_ours(our, Cause::OtherName, their.purl_or_name()));
            compared.only_theirs.push(of_theirs(their, Cause::OtherName, our.purl.clone()));
        }
        compared.only_theirs.extend(theirs.values().flatten().map(|package| known.theirs(package)));
        if other.all_packages {
            compared.only_ours.extend(ours.values().flatten().map(|package| known.ours(package)));
        } else {
            compared.only_ours.clear();
        }
        compared.versions.sort();
        compared.only_ours.sort();
        compared.only_theirs.sort();
        compared
    }
}

impl OtherPackage {
    fn purl_or_name(&self) -> String {
        if self.purl.is_empty() { format!("{} {}", self.name, self.version) } else { self.purl.clone() }
    }
}

type ByKey<'a, P> = BTreeMap<PackageKey, Vec<&'a P>>;

/// One of each key and version, in the order in which they come.
fn distinct<'a, P>(packages: impl Iterator<Item = &'a P>, of: impl Fn(&P) -> (PackageKey, String)) -> Distinct<'a, P> {
    let mut seen = BTreeSet::new();
    let mut map: ByKey<'a, P> = BTreeMap::new();
    for package in packages {
        let (key, version) = of(package);
        if seen.insert((key.clone(), version)) {
            map.entry(key).or_default().push(package);
        }
    }
    Distinct(map)
}

/// Packages that have no partner yet.
struct Distinct<'a, P>(ByKey<'a, P>);

impl<'a, P> Distinct<'a, P> {
    fn len(&self) -> usize {
        self.0.values().map(Vec::len).sum()
    }

    fn values(&self) -> impl Iterator<Item = &Vec<&'a P>> {
        self.0.values()
    }
}

/// Takes out pairs of the same key for which `is_pair` holds, each package once.
fn take_pairs<'a>(
    ours: &mut Distinct<'a, Package>,
    theirs: &mut Distinct<'a, OtherPackage>,
    is_pair: impl Fn(&Package, &OtherPackage) -> bool,
    mut told: impl FnMut(&'a Package, &'a OtherPackage),
) {
    for (key, theirs) in &mut theirs.0 {
        let Some(ours) = ours.0.get_mut(key) else { continue };
        theirs.retain(|their| match ours.iter().position(|our| is_pair(our, their)) {
            Some(position) => {
                told(ours.swap_remove(position), their);
                false
            }
            None => true,
        });
    }
}

/// Pairs that are one thing under two names: the same version at the same path, or the same last part of the name.
fn renamed<'a>(
    ours: &mut Distinct<'a, Package>,
    theirs: &mut Distinct<'a, OtherPackage>,
) -> Vec<(&'a Package, &'a OtherPackage)> {
    let mut by_version: BTreeMap<&str, Vec<&'a OtherPackage>> = BTreeMap::new();
    for their in theirs.0.values().flatten().filter(|their| !their.version.is_empty()) {
        by_version.entry(&their.version).or_default().push(their);
    }
    let mut pairs = Vec::new();
    for list in ours.0.values_mut() {
        list.retain(|our| {
            let Some(candidates) = by_version.get_mut(our.version.as_str()) else { return true };
            let Some(position) = candidates.iter().position(|their| is_renamed(our, their)) else { return true };
            pairs.push((*our, candidates.swap_remove(position)));
            false
        });
    }
    let paired: BTreeSet<*const OtherPackage> = pairs.iter().map(|(_, their)| std::ptr::from_ref(*their)).collect();
    for list in theirs.0.values_mut() {
        list.retain(|their| !paired.contains(&std::ptr::from_ref(*their)));
    }
    pairs
}

fn is_renamed(our: &Package, their: &OtherPackage) -> bool {
    let same_place = || our.evidence.iter().any(|evidence| their.paths.contains(&evidence.path));
    let same_end = our.name != their.name && last_part(&our.name).eq_ignore_ascii_case(last_part(&their.name));
    same_end || (our.kind.name() == their.kind() && !our.kind.is_os() && same_place())
}

fn last_part(name: &str) -> &str {
    name.rsplit(['/', ':']).next().unwrap_or(name)
}

/// What explains a package of one side.
struct Known<'a> {
    /// All packages here, also removed and declared ones.
    all: BTreeMap<PackageKey, Vec<&'a Package>>,
    /// Types that the other reports at all.
    their_kinds: BTreeSet<&'a str>,
    their_paths: BTreeSet<&'a str>,
}

impl<'a> Known<'a> {
    fn of(inventory: &'a Inventory, other: &'a Other) -> Self {
        let mut all: BTreeMap<PackageKey, Vec<&Package>> = BTreeMap::new();
        for package in &inventory.packages {
            all.entry(PackageKey::of(package)).or_default().push(package);
        }
        let their_kinds = other.packages.iter().map(OtherPackage::kind).collect();
        let their_paths = other.packages.iter().flat_map(|package| &package.paths).map(String::as_str).collect();
        Self { all, their_kinds, their_paths }
    }

    fn theirs(&self, their: &OtherPackage) -> PackageDifference {
        let (cause, detail) = self.why_not_ours(their);
        of_theirs(their, cause, detail)
    }

    fn why_not_ours(&self, their: &OtherPackage) -> (Cause, String) {
        let here = self.all.get(&their.key).map(Vec::as_slice).unwrap_or_default();
        let same = |package: &&&Package| same_version(&their.key.kind, &package.version, &their.version);
        if let Some(package) = here.iter().filter(same).chain(here).next() {
            let place = package.evidence.first().map(|evidence| evidence.path.clone()).unwrap_or_default();
            return match (&package.removed_in, package.class) {
                (Some(layer), _) => (Cause::RemovedByLayer, layer.to_string()),
                (None, PackageClass::Declared) => (Cause::DeclaredOnly, place),
                (None, PackageClass::Kernel) => (Cause::Kernel, place),
                (None, _) => (Cause::OtherVersion, package.version.clone()),
            };
        }
        if their.version.is_empty() || their.version.eq_ignore_ascii_case("unknown") {
            return (Cause::NoVersion, String::new());
        }
        if their.paths.iter().any(|path| is_inside_package(path)) {
            return (Cause::InsidePackage, their.paths.first().cloned().unwrap_or_default());
        }
        if their.paths.iter().any(|path| is_kernel(path)) {
            return (Cause::Kernel, String::new());
        }
        if !is_known(their.kind()) {
            return (Cause::NoDetector, their.kind().to_owned());
        }
        (Cause::Unexplained, String::new())
    }

    fn ours(&self, our: &Package) -> PackageDifference {
        let kind = our.kind.name();
        let place = our.evidence.first().map(|evidence| evidence.path.as_str()).unwrap_or_default();
        let (cause, detail) = if our.version.is_empty() {
            (Cause::NoVersion, String::new())
        } else if !self.their_kinds.contains(kind) {
            (Cause::NoDetector, kind.to_owned())
        } else if place.matches("!/").count() > 1 {
            (Cause::NestedArchive, String::new())
        } else if !our.evidence.iter().any(|evidence| self.their_paths.contains(outer(&evidence.path))) {
            (Cause::NoDetector, format!("nothing of theirs is at {place}"))
        } else {
            (Cause::Unexplained, String::new())
        };
        of_ours(our, cause, detail)
    }
}

/// Whether there is a detector here for packages of a purl type.
fn is_known(kind: &str) -> bool {
    serde_json::from_value::<PackageType>(kind.into()).is_ok()
}

/// The file of the image, without the path within.
fn outer(path: &str) -> &str {
    path.split_once("!/").map_or(path, |(outer, _)| outer)
}

/// A `package.json` deeper in an installed package, a lockfile below one, files of tests.
fn is_inside_package(path: &str) -> bool {
    let below = |marker: &str| path.rsplit_once(marker).map(|(_, rest)| rest);
    let npm = below("node_modules/").is_some_and(|rest| {
        let depth = if rest.starts_with('@') { 2 } else { 1 };
        rest.matches('/').count() > depth
    });
    npm || below("site-packages/")
        .or_else(|| below("dist-packages/"))
        .is_some_and(|rest| rest.split('/').any(|part| matches!(part, "test" | "tests" | "testdata" | "_vendor")))
}

fn is_kernel(path: &str) -> bool {
    path.starts_with("lib/modules/") || path.starts_with("usr/lib/modules/") || path.starts_with("boot/")
}

fn of_ours(package: &Package, cause: Cause, detail: String) -> PackageDifference {
    PackageDifference {
        cause,
        kind: package.kind.name().to_owned(),
        name: package.name.clone(),
        version: package.version.clone(),
        purl: package.purl.clone(),
        path: package.evidence.first().map(|evidence| evidence.path.clone()),
        detail,
    }
}

fn of_theirs(package: &OtherPackage, cause: Cause, detail: String) -> PackageDifference {
    PackageDifference {
        cause,
        kind: package.kind().to_owned(),
        name: package.name.clone(),
        version: package.version.clone(),
        purl: package.purl.clone(),
        path: package.paths.first().cloned(),
        detail,
    }
}
