//! The flattened image: which files with facts are live, since when each of their packages is there, and what was
//! there before.

use std::{collections::HashMap, sync::Arc};

use lazaret_model::{PackageClass, PackageType, Problem, ProblemKind};

use super::overlay::{Node, Tree};
use crate::{
    LayerInventory,
    layer::{FileFacts, FoundPackage},
    list::reads_by_name,
    path_set::PathHash,
};

/// What makes two sightings the same package.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) struct Identity<'a> {
    pub(super) kind: PackageType,
    pub(super) name: &'a str,
    pub(super) version: &'a str,
    pub(super) arch: Option<&'a str>,
    /// Named by a lockfile: joined with what is installed when all is seen.
    pub(super) declared: bool,
}

impl<'a> Identity<'a> {
    pub(super) fn of(package: &'a FoundPackage) -> Self {
        Self {
            kind: package.kind,
            name: &package.name,
            version: &package.version,
            arch: package.arch.as_deref().filter(|_| package.kind.is_os() || package.kind == PackageType::Gem),
            declared: package.class == PackageClass::Declared,
        }
    }
}

/// A live file.
pub(super) struct Live<'a> {
    pub(super) facts: &'a FileFacts,
    /// Index of the layer that holds it.
    pub(super) layer: usize,
    /// For each of its packages, the layer since which it is there without a break.
    pub(super) since: Vec<usize>,
}

/// A package that a layer removed.
pub(super) struct Gone<'a> {
    pub(super) package: &'a FoundPackage,
    pub(super) path: String,
    /// Layer that held the evidence, layer that brought it, layer that removed it.
    pub(super) held: usize,
    pub(super) since: usize,
    pub(super) removed: usize,
}

/// A live file with its real path.
pub(super) struct File<'a, 'b> {
    pub(super) path: &'b str,
    pub(super) facts: &'a FileFacts,
    pub(super) layer: usize,
    pub(super) since: &'b [usize],
}

pub(super) struct FlatImage<'a> {
    pub(super) tree: Tree<Live<'a>>,
    pub(super) gone: Vec<Gone<'a>>,
    /// Files with hits that a layer removed: their facts, the layer that held them, the layer that removed them.
    pub(super) removed: Vec<(&'a FileFacts, usize, usize)>,
    pub(super) problems: Vec<Problem>,
}

impl<'a> FlatImage<'a> {
    pub(super) fn files(&self) -> impl Iterator<Item = File<'a, '_>> {
        self.tree.files().map(|(path, live)| File { path, facts: live.facts, layer: live.layer, since: &live.since })
    }
}

/// Files with facts that an image may have over all its layers.
const MAX_FILES: usize = 200_000;

pub(super) fn flatten(layers: &[Arc<LayerInventory>]) -> FlatImage<'_> {
    let mut image = FlatImage { tree: Tree::new(), gone: Vec::new(), removed: Vec::new(), problems: Vec::new() };
    let mut files = 0;
    for (index, layer) in layers.iter().enumerate() {
        files += layer.files.len();
        if files > MAX_FILES {
            let message =
                format!("more than {MAX_FILES} package files; layers from {} on are not looked at", index + 1);
            image.problems.push(Problem::new(ProblemKind::LimitExceeded, "", message));
            break;
        }
        image.lay(index, layer);
    }
    image.unread_links(layers);
    image
}

impl<'a> FlatImage<'a> {
    fn lay(&mut self, index: usize, layer: &'a LayerInventory) {
        let gone_before = self.gone.len();
        self.hide(index, layer);
        for (path, target) in &layer.symlinks {
            if let Some(real) = self.real_parent(path) {
                let below = self.tree.take_below(&real);
                self.bury(index, below);
                self.tree.insert_link(real, target.clone());
            }
        }
        // what this layer moved was there before
        let mut moved: HashMap<Identity<'a>, usize> = HashMap::new();
        for gone in &self.gone[gone_before..] {
            let since = moved.entry(Identity::of(gone.package)).or_insert(gone.since);
            *since = gone.since.min(*since);
        }
        for facts in &layer.files {
            if let Some(real) = self.real_parent(&facts.path) {
                self.insert(index, real, facts, &moved);
            }
        }
        for (path, target) in &layer.hard_links {
            self.hard_link(index, path, target);
        }
    }

    /// Removes from lower layers what this one hides or replaces.
    fn hide(&mut self, index: usize, layer: &LayerInventory) {
        for directory in &layer.opaque {
            if let Some(real) = self.real_all(directory) {
                let below = self.tree.take_below(&real);
                self.bury(index, below);
            }
        }
        let mut replaced: Vec<String> = layer.whiteouts.iter().filter_map(|path| self.real_parent(path)).collect();
        replaced.extend(layer.names.iter().filter_map(|hash| self.tree.path_of(hash)).map(str::to_owned));
        for path in replaced {
            let own = self.tree.take(&path);
            let below = self.tree.take_below(&path);
            self.bury(index, own.into_iter().chain(below).collect());
        }
        // a directory replaces a file or a link, and leaves another directory as it is
        let is_directory = |path: &&str| self.tree.file(path).is_some_and(|live| live.facts.directory);
        let directories: Vec<_> = layer
            .directories
            .iter()
            .filter_map(|hash| self.tree.path_of(hash))
            .filter(|path| !is_directory(path))
            .map(str::to_owned)
            .collect();
        for path in directories {
            let own = self.tree.take(&path);
            self.bury(index, own.into_iter().collect());
        }
    }

    fn bury(&mut self, index: usize, nodes: Vec<(String, Node<Live<'a>>)>) {
        for (path, node) in nodes {
            let Some(live) = node.file else { continue };
            if live.facts.hits.is_some() {
                self.removed.push((live.facts, live.layer, index));
            }
            for (package, since) in live.facts.packages.iter().zip(&live.since) {
                let path = path.clone();
                self.gone.push(Gone { package, path, held: live.layer, since: *since, removed: index });
            }
        }
    }

    /// The same path that was replaced in this layer has its old content among what is gone; what is in both stays.
    fn insert(&mut self, index: usize, path: String, facts: &'a FileFacts, moved: &HashMap<Identity<'a>, usize>) {
        let since_of = |package: &'a FoundPackage| moved.get(&Identity::of(package)).copied().unwrap_or(index);
        let since: Vec<_> = facts.packages.iter().map(since_of).collect();
        let old = self.tree.insert_file(path.clone(), Live { facts, layer: index, since });
        // reached by another name of the same place
        if let Some(live) = old {
            let known: HashMap<Identity<'a>, usize> =
                live.facts.packages.iter().map(Identity::of).zip(live.since.iter().copied()).collect();
            let carried: Vec<_> = facts
                .packages
                .iter()
                .map(|package| known.get(&Identity::of(package)).copied().unwrap_or_else(|| since_of(package)))
                .collect();
            self.bury(index, vec![(path.clone(), Node { file: Some(live), link: None })]);
            self.tree.insert_file(path, Live { facts, layer: index, since: carried });
        }
    }

    /// A link to a file of a lower layer: what that says holds here too.
    fn hard_link(&mut self, index: usize, path: &str, target: &str) {
        let (Some(real), Some(target)) = (self.real_parent(path), self.real_all(target)) else { return };
        match self.tree.file(&target) {
            Some(live) if live.facts.database.is_none() && live.facts.owner.is_none() => {
                let copy = Live { facts: live.facts, layer: index, since: live.since.clone() };
                self.tree.insert_file(real, copy);
            }
            None if reads_by_name(&real) => {
                let message = format!("a hard link to {target}, whose content was not recognised");
                self.problems.push(Problem::new(ProblemKind::ParseError, real, message));
            }
            _ => {}
        }
    }

    /// A link by which a detector would read a file that lies under a name that none reads.
    fn unread_links(&mut self, layers: &[Arc<LayerInventory>]) {
        let mut problems = Vec::new();
        for (path, _) in self.tree.links().filter(|(path, _)| reads_by_name(path)) {
            let Ok(real) = self.tree.real(path) else { continue };
            let hash = PathHash::of(&real);
            let is_there = || layers.iter().any(|layer| layer.names.contains(hash));
            if self.tree.file(&real).is_none() && !reads_by_name(&real) && is_there() {
                let message = format!("a link to {real}, whose content was not recognised");
                problems.push(Problem::new(ProblemKind::ParseError, path, message));
            }
        }
        self.problems.extend(problems.into_iter().take(100));
    }

    fn real_parent(&mut self, path: &str) -> Option<String> {
        let real = self.tree.real_parent(path);
        self.told(path, real)
    }

    fn real_all(&mut self, path: &str) -> Option<String> {
        let real = self.tree.real(path);
        self.told(path, real)
    }

    fn told(&mut self, path: &str, real: Result<String, super::overlay::LinkLoop>) -> Option<String> {
        const TOLD: usize = 100;
        if real.is_err() && self.problems.len() < TOLD {
            let message = "the path runs into a loop of links";
            self.problems.push(Problem::new(ProblemKind::HostileEntry, path, message));
        }
        real.ok()
    }
}
