//! Package databases that were cut or rewritten in a later layer: packages went from them, but not one of their files
//! did. A package that was really removed takes files with it, or another package has them now.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use lazaret_model::{PackageType, Problem, ProblemKind};

use super::{
    flat::{FlatImage, Gone},
    packages::Packages,
};
use crate::{
    LayerInventory,
    path_set::{PathHash, PathSet},
    scan::with_ancestors,
};

pub(super) fn problems(image: &FlatImage<'_>, layers: &[Arc<LayerInventory>], packages: &Packages<'_>) -> Vec<Problem> {
    let live: HashSet<(PackageType, &str)> = packages
        .entries
        .values()
        .filter(|entry| entry.is_live())
        .map(|entry| (entry.found.kind, entry.found.name.as_str()))
        .collect();
    let went = |gone: &&Gone<'_>| gone.package.kind.is_os() && !live.contains(&(gone.package.kind, &gone.package.name));
    let mut by_layer: BTreeMap<usize, Vec<&Gone<'_>>> = BTreeMap::new();
    for gone in image.gone.iter().filter(went) {
        by_layer.entry(gone.removed).or_default().push(gone);
    }
    if by_layer.is_empty() {
        return Vec::new();
    }
    let lists = lists(layers);
    let owned_now = owned_now(image);
    let mut problems = Vec::new();
    for (index, gone) in by_layer {
        let Some(layer) = layers.get(index) else { continue };
        let (lower, taken) = (&layers[..index], Taken::of(layer, &layers[..index], &gone));
        let mut remaining: Vec<_> = gone
            .iter()
            .filter(|gone| {
                let listed = lists.get(&(gone.package.kind, gone.package.name.as_str()));
                let listed = listed.into_iter().flatten().filter(|(held, _)| *held < index).map(|(_, owns)| *owns);
                remain(listed.chain([&gone.package.owns]), lower, &taken, &owned_now)
            })
            .collect();
        remaining.sort_by_key(|gone| &gone.package.name);
        if let Some(first) = remaining.first() {
            let (count, name, number) = (remaining.len(), &first.package.name, index + 1);
            let message = format!(
                "layer {number} took packages from the package database whose files remain: {name} and {} more",
                count - 1
            );
            problems.push(Problem::new(ProblemKind::OsUnknown, first.path.clone(), message));
        }
    }
    problems
}

/// Files of packages that are told apart from the packages, by layer.
fn lists(layers: &[Arc<LayerInventory>]) -> HashMap<(PackageType, &str), Vec<(usize, &PathSet)>> {
    let mut lists: HashMap<_, Vec<_>> = HashMap::new();
    for (index, layer) in layers.iter().enumerate() {
        for owner in layer.files.iter().filter_map(|file| file.owner.as_ref()) {
            lists.entry((owner.kind, owner.package.as_str())).or_default().push((index, &owner.owns));
        }
    }
    lists
}

/// Files that the databases of the flattened image name.
fn owned_now(image: &FlatImage<'_>) -> HashSet<PathHash> {
    let packages = image.files().flat_map(|file| file.facts.packages.iter()).filter(|package| package.kind.is_os());
    packages.flat_map(|package| package.owns.iter()).collect()
}

/// What a layer takes from lower ones.
struct Taken<'a> {
    layer: &'a LayerInventory,
    removed: HashSet<PathHash>,
    /// It removes whole directories, beside those that the database is in: what was in them is not known.
    directories: bool,
}

impl<'a> Taken<'a> {
    fn of(layer: &'a LayerInventory, lower: &[Arc<LayerInventory>], gone: &[&Gone<'_>]) -> Self {
        let of_database = |path: &str| gone.iter().any(|gone| with_ancestors(&gone.path).any(|part| part == path));
        let others = layer.whiteouts.iter().filter(|path| !of_database(path));
        let removed: HashSet<_> = others.map(|path| PathHash::of(path)).collect();
        let is_directory = |hash: &PathHash| lower.iter().any(|layer| layer.directories.contains(*hash));
        let directories = removed.iter().any(is_directory) || layer.opaque.iter().any(|path| !of_database(path));
        Self { layer, removed, directories }
    }
}

/// Whether a package had files, and all of them are still there with no package that has them.
fn remain<'a>(
    lists: impl Iterator<Item = &'a PathSet>,
    lower: &[Arc<LayerInventory>],
    taken: &Taken<'_>,
    owned_now: &HashSet<PathHash>,
) -> bool {
    if taken.directories {
        return false;
    }
    let mut there = false;
    for hash in lists.flat_map(PathSet::iter) {
        if taken.removed.contains(&hash) {
            return false;
        }
        if lower.iter().any(|layer| layer.names.contains(hash)) {
            if taken.layer.names.contains(hash) || owned_now.contains(&hash) {
                return false;
            }
            there = true;
        }
    }
    there
}
