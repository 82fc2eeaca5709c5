//! Files whose bytes are not those that their package has, over the flattened image: list and file may come from
//! different layers. A file is right when any package that lists it says so: a later one may have put its own there.
//! A file that is not there any more is not modified.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use lazaret_model::{Digest, ModifiedFile, PackageType, Problem, ProblemKind};

use super::{flat::FlatImage, packages::Packages};
use crate::{
    LayerInventory,
    integrity::{ExpectedFiles, Sum},
    path_set::PathHash,
    scan::with_ancestors,
};

/// Modified files that are named.
const MAX_MODIFIED: usize = 10_000;
/// Links of links that are followed to a file of a lower layer.
const MAX_LINKS: usize = 8;

/// The modified files, and what could not be compared. `None`: nobody asked, in some layer at least.
pub(super) fn find(
    image: &FlatImage<'_>,
    layers: &[Arc<LayerInventory>],
    packages: &Packages<'_>,
    diff_ids: &[Digest],
) -> Option<(Vec<ModifiedFile>, Vec<Problem>)> {
    if layers.is_empty() || layers.iter().any(|layer| layer.digests.is_none()) {
        return None;
    }
    let layers = Layers { layers };
    let mut wrong = BTreeMap::new();
    let mut right = std::collections::HashSet::new();
    let (mut unknown, mut first_unknown) = (0, None);
    let lists = Lists::of(image);
    for files in lists.files() {
        let mut directory = String::new();
        let mut real_directory = String::new();
        for (listed, name, expected) in files.iter() {
            if listed != directory || real_directory.is_empty() {
                listed.clone_into(&mut directory);
                real_directory = image.tree.real(listed).unwrap_or_else(|_| listed.to_owned());
            }
            let mut path = joined(listed, name);
            let mut real = joined(&real_directory, name);
            if lists.is_editable(&path) {
                continue;
            }
            if let Some(elsewhere) = lists.diverted(&path, &files.name) {
                path = elsewhere.to_owned();
                real = image.tree.real_parent(elsewhere).unwrap_or_else(|_| elsewhere.to_owned());
            }
            if right.contains(&real) {
                continue;
            }
            match layers.content(&path, &real, files.sum, layers.layers.len(), 0) {
                Content::NoFile => {}
                Content::Unknown => {
                    unknown += 1;
                    first_unknown.get_or_insert(real);
                }
                Content::File { digest, .. } if digest == expected => {
                    wrong.remove(&real);
                    right.insert(real);
                }
                Content::File { digest, layer } => {
                    if wrong.len() < MAX_MODIFIED {
                        wrong.entry(real).or_insert((files, expected, digest, layer));
                    }
                }
            }
        }
    }
    let modified = wrong.into_iter().map(|(path, (files, expected, actual, layer))| ModifiedFile {
        path,
        package: purl_of(files, packages),
        expected: files.sum.text(expected),
        actual: files.sum.text(actual),
        layer: diff_ids.get(layer).cloned(),
    });
    let problem = first_unknown.map(|path| {
        let message = format!("{unknown} files of packages could not be compared with what their packages say");
        Problem::new(ProblemKind::Unsupported, path, message)
    });
    Some((modified.collect(), problem.into_iter().collect()))
}

/// Everything that package databases expect.
struct Lists<'a> {
    expected: Vec<&'a crate::integrity::Expected>,
    diversions: HashMap<&'a str, (&'a str, &'a str)>,
}

impl<'a> Lists<'a> {
    fn of(image: &FlatImage<'a>) -> Self {
        let expected: Vec<_> = image.files().filter_map(|file| file.facts.expected.as_deref()).collect();
        let diversions = expected.iter().flat_map(|expected| &expected.diversions);
        let diversions = diversions.map(|(from, to, by)| (from.as_str(), (to.as_str(), by.as_str()))).collect();
        Self { expected, diversions }
    }

    fn files(&self) -> impl Iterator<Item = &'a ExpectedFiles> {
        self.expected.iter().flat_map(|expected| &expected.packages)
    }

    fn is_editable(&self, path: &str) -> bool {
        if !path.contains("etc/") {
            return false;
        }
        let hash = PathHash::of(path);
        self.expected.iter().any(|expected| expected.editable.contains(hash))
    }

    /// Where a package's file is, when another package or the administrator has its own in that place.
    fn diverted(&self, path: &str, package: &str) -> Option<&'a str> {
        let (to, by) = self.diversions.get(path)?;
        (*by != package).then_some(to)
    }
}

enum Content<'a> {
    /// There is nothing, or a link in its place.
    NoFile,
    /// There is a file; its bytes were not hashed in this way.
    Unknown,
    File {
        digest: &'a [u8],
        layer: usize,
    },
}

#[derive(Clone, Copy)]
struct Layers<'a> {
    layers: &'a [Arc<LayerInventory>],
}

impl<'a> Layers<'a> {
    /// What lies at a path, as written or as links lead, in the lowest `below` layers.
    fn content(self, path: &str, real: &str, sum: Sum, below: usize, links: usize) -> Content<'a> {
        let (written, hash) = (PathHash::of(path), PathHash::of(real));
        for (index, layer) in self.layers.iter().enumerate().take(below).rev() {
            for (name, hash) in [(real, hash), (path, written)] {
                if !layer.names.contains(hash) {
                    continue;
                }
                if let Some(digest) = layer.digests.as_ref().and_then(|digests| digests.of(sum, hash)) {
                    return Content::File { digest, layer: index };
                }
                if has(&layer.symlinks, name) {
                    return Content::NoFile;
                }
                let link = layer.hard_links.binary_search_by(|(link, _)| link.as_str().cmp(name));
                let target = link.ok().and_then(|link| layer.hard_links.get(link)).map(|(_, target)| target.as_str());
                return match target.filter(|_| links < MAX_LINKS) {
                    Some(target) => self.content(target, target, sum, index, links + 1),
                    None => Content::Unknown,
                };
            }
            if hides(layer, real) || path != real && hides(layer, path) {
                return Content::NoFile;
            }
        }
        Content::NoFile
    }
}

/// Whether a layer takes away what lower layers have at a path.
fn hides(layer: &LayerInventory, path: &str) -> bool {
    let removed = |part: &str| layer.whiteouts.binary_search_by(|w| w.as_str().cmp(part)).is_ok();
    let opaque = |part: &str| layer.opaque.binary_search_by(|o| o.as_str().cmp(part)).is_ok();
    if !layer.opaque.is_empty() && (opaque("") || with_ancestors(path).skip(1).any(opaque)) {
        return true;
    }
    !layer.whiteouts.is_empty() && with_ancestors(path).any(removed)
}

fn has(links: &[(String, String)], path: &str) -> bool {
    links.binary_search_by(|(link, _)| link.as_str().cmp(path)).is_ok()
}

fn joined(directory: &str, name: &str) -> String {
    if directory.is_empty() { name.to_owned() } else { format!("{directory}/{name}") }
}

/// The purl of the live package that a list is of; its name where there is none.
fn purl_of(files: &ExpectedFiles, packages: &Packages<'_>) -> String {
    let normal = |name: &str| match files.kind {
        PackageType::Pypi => crate::detector::python::normal_name(name),
        _ => name.to_owned(),
    };
    let wanted = normal(&files.name);
    let fits = |entry: &&super::packages::Entry<'_>| {
        entry.is_live()
            && entry.found.kind == files.kind
            && normal(&entry.found.name) == wanted
            && (files.arch.is_none() || entry.found.arch == files.arch)
    };
    packages.entries.values().find(fits).map_or_else(|| files.name.clone(), |entry| entry.purl.clone())
}
