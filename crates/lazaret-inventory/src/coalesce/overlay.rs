//! The tree of what is live: files with facts and symbolic links, by real path.

use std::collections::{BTreeMap, HashMap};

use crate::{path_set::PathHash, scan::with_ancestors};

/// Links that one path may pass; as many as Linux follows.
const MAX_LINKS: usize = 40;

/// What lies at a path.
pub(super) struct Node<F> {
    pub(super) file: Option<F>,
    pub(super) link: Option<String>,
}

/// A tree with an index by path hash: of every node and of the directories above.
pub(super) struct Tree<F> {
    nodes: BTreeMap<String, Node<F>>,
    index: HashMap<PathHash, Box<str>>,
    links: usize,
}

/// A path runs into a loop of links.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct LinkLoop;

impl<F> Tree<F> {
    pub(super) fn new() -> Self {
        Self { nodes: BTreeMap::new(), index: HashMap::new(), links: 0 }
    }

    pub(super) fn file(&self, path: &str) -> Option<&F> {
        self.nodes.get(path)?.file.as_ref()
    }

    pub(super) fn files(&self) -> impl Iterator<Item = (&str, &F)> {
        self.nodes.iter().filter_map(|(path, node)| Some((path.as_str(), node.file.as_ref()?)))
    }

    pub(super) fn links(&self) -> impl Iterator<Item = (&str, &str)> {
        self.nodes.iter().filter_map(|(path, node)| Some((path.as_str(), node.link.as_deref()?)))
    }

    fn is_link(&self, path: &str) -> bool {
        self.nodes.get(path).is_some_and(|node| node.link.is_some())
    }

    pub(super) fn insert_file(&mut self, path: String, file: F) -> Option<F> {
        self.know(&path);
        let node = self.nodes.entry(path).or_insert(Node { file: None, link: None });
        // a link that detectors spoke about keeps its target
        node.file.replace(file)
    }

    pub(super) fn insert_link(&mut self, path: String, target: String) {
        self.know(&path);
        let node = self.nodes.entry(path).or_insert(Node { file: None, link: None });
        if node.link.replace(target).is_none() {
            self.links += 1;
        }
    }

    fn know(&mut self, path: &str) {
        for part in with_ancestors(path) {
            if self.index.insert(PathHash::of(part), part.into()).is_some() && part != path {
                break;
            }
        }
    }

    /// The path of a node or of a directory above one.
    pub(super) fn path_of(&self, hash: PathHash) -> Option<&str> {
        self.index.get(&hash).map(AsRef::as_ref)
    }

    /// Takes out the node itself.
    pub(super) fn take(&mut self, path: &str) -> Option<(String, Node<F>)> {
        let taken = self.nodes.remove_entry(path)?;
        self.links -= usize::from(taken.1.link.is_some());
        Some(taken)
    }

    /// Takes out everything below a directory (empty: all).
    pub(super) fn take_below(&mut self, directory: &str) -> Vec<(String, Node<F>)> {
        let prefix = if directory.is_empty() { String::new() } else { format!("{directory}/") };
        let range = self.nodes.range(prefix.clone()..);
        let paths: Vec<_> = range.map(|(path, _)| path).take_while(|p| p.starts_with(&prefix)).cloned().collect();
        paths.iter().filter_map(|path| self.take(path)).collect()
    }

    /// The real path of an entry: links in its directories are followed, one in its last component is not.
    pub(super) fn real_parent(&self, path: &str) -> Result<String, LinkLoop> {
        self.walk(path, false)
    }

    /// The real path with all links followed.
    pub(super) fn real(&self, path: &str) -> Result<String, LinkLoop> {
        self.walk(path, true)
    }

    fn walk(&self, path: &str, follow_last: bool) -> Result<String, LinkLoop> {
        if self.links == 0 {
            return Ok(path.to_owned());
        }
        let mut left: Vec<String> = path.rsplit('/').map(str::to_owned).collect();
        let mut real = String::with_capacity(path.len());
        let mut passed = 0;
        while let Some(part) = left.pop() {
            match part.as_str() {
                "" | "." => continue,
                // above the root is the root
                ".." => {
                    let parent = real.rfind('/').unwrap_or(0);
                    real.truncate(parent);
                    continue;
                }
                _ => {}
            }
            let before = real.len();
            if !real.is_empty() {
                real.push('/');
            }
            real.push_str(&part);
            if left.is_empty() && !follow_last || !self.is_link(&real) {
                continue;
            }
            passed += 1;
            if passed > MAX_LINKS {
                return Err(LinkLoop);
            }
            let target = self.nodes.get(&real).and_then(|node| node.link.clone()).unwrap_or_default();
            real.truncate(if target.starts_with('/') { 0 } else { before });
            left.extend(target.rsplit('/').map(str::to_owned));
        }
        Ok(real)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(links: &[(&str, &str)]) -> Tree<()> {
        let mut tree = Tree::new();
        for (path, target) in links {
            tree.insert_link((*path).to_owned(), (*target).to_owned());
        }
        tree
    }

    #[test]
    fn real_paths() {
        let tree = tree(&[
            ("lib", "usr/lib"),
            ("etc/os-release", "../usr/lib/os-release"),
            ("a/b", "/c"),
            ("c", "d/../e"),
            ("out", "../../../etc"),
            ("loop", "loop2"),
            ("loop2", "loop"),
        ]);
        let real = |path: &str| tree.real(path);
        assert_eq!(real("lib/x").as_deref(), Ok("usr/lib/x"));
        assert_eq!(real("etc/os-release").as_deref(), Ok("usr/lib/os-release"));
        assert_eq!(tree.real_parent("etc/os-release").as_deref(), Ok("etc/os-release"));
        assert_eq!(real("a/b/x").as_deref(), Ok("e/x"));
        assert_eq!(real("out/passwd").as_deref(), Ok("etc/passwd"));
        assert_eq!(real("plain/x").as_deref(), Ok("plain/x"));
        assert_eq!(real("loop/x"), Err(LinkLoop));
    }

    #[test]
    fn taking_out() {
        let mut tree: Tree<u8> = Tree::new();
        for (path, value) in [("a/b", 1), ("a/b-c", 2), ("a/b/c", 3), ("ab", 4)] {
            tree.insert_file(path.to_owned(), value);
        }
        let below: Vec<_> = tree.take_below("a/b").into_iter().map(|(path, _)| path).collect();
        assert_eq!(below, ["a/b/c"]);
        assert_eq!(tree.take_below("").len(), 3);
    }
}
