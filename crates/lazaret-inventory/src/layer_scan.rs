//! What was found in a layer, detector by detector, as it is kept: when one moves, or is asked for later, only its part
//! is made anew.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{DetectorSet, Extra, LayerInventory, integrity::FileDigests, layer::FileFacts};

/// A layer as its detectors saw it.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct LayerScan {
    /// The layer without files.
    pub layer: LayerInventory,
    /// What each detector found, by its name and version (`dpkg/1`), sorted by path.
    parts: BTreeMap<String, Vec<FileFacts>>,
    /// Digests of files, where the detector `integrity` looked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    digests: Option<FileDigests>,
}

impl LayerScan {
    pub(crate) fn new(layer: LayerInventory, parts: BTreeMap<String, Vec<FileFacts>>) -> Self {
        Self { layer, parts, digests: None }
    }

    pub(crate) fn with_digests(self, digests: Option<FileDigests>) -> Self {
        Self { digests, ..self }
    }

    /// Detectors of `wanted` that have not looked at this layer.
    pub fn missing(&self, wanted: &DetectorSet) -> DetectorSet {
        wanted.filter(|index| !self.parts.contains_key(&wanted.key(index)))
    }

    /// Adds what other detectors saw in the same layer. What detectors found that are not in this program any more is
    /// dropped.
    pub fn absorb(&mut self, other: Self) {
        let known = crate::detectors();
        // of lists of harmful files, only the last ones that were asked for
        let plain = |name: &str| name.split_once('+').map_or(name, |(name, _)| name).to_owned();
        let again: Vec<String> = other.parts.keys().map(|name| plain(name)).collect();
        self.parts.retain(|name, _| known.contains(&plain(name)) && !again.contains(&plain(name)));
        self.parts.extend(other.parts);
        self.digests = other.digests.or(self.digests.take());
        self.layer.problems.extend(other.layer.problems);
        self.layer.problems.sort();
        self.layer.problems.dedup();
    }

    /// The layer as the detectors of `wanted` saw it.
    pub fn into_layer(mut self, wanted: &DetectorSet) -> LayerInventory {
        let mut files: BTreeMap<String, FileFacts> = BTreeMap::new();
        for index in wanted.indexes() {
            for facts in self.parts.remove(&wanted.key(index)).unwrap_or_default() {
                match files.get_mut(&facts.path) {
                    Some(kept) => kept.merge(facts),
                    None => {
                        files.insert(facts.path.clone(), facts);
                    }
                }
            }
        }
        self.layer.files = files.into_values().collect();
        self.layer.digests = self.digests.filter(|_| wanted.has(Extra::Integrity));
        drop_doubled_lists(&mut self.layer.files);
        self.layer
    }

    /// A layer into which nobody could look.
    pub(crate) fn unread(layer: LayerInventory) -> Self {
        Self::new(layer, BTreeMap::new())
    }
}

/// `info/x.md5sums` lists the files of `info/x.list` once more.
fn drop_doubled_lists(files: &mut Vec<FileFacts>) {
    let lists: std::collections::HashSet<String> =
        files.iter().filter_map(|facts| facts.path.strip_suffix(".list").map(str::to_owned)).collect();
    files.retain_mut(|facts| {
        let stem = facts.path.strip_suffix(".md5sums");
        if facts.owner.is_some() && stem.is_some_and(|stem| lists.contains(stem)) {
            facts.owner = None;
            // what else it says holds
            return !facts.is_empty();
        }
        true
    });
}

#[cfg(test)]
mod tests {
    use lazaret_model::PackageType;

    use super::*;
    use crate::layer::FoundPackage;
    use crate::list::key;

    fn facts(name: &str) -> FileFacts {
        let packages = vec![FoundPackage::new(PackageType::Deb, name, "1")];
        FileFacts { path: "a".to_owned(), packages, ..FileFacts::default() }
    }

    #[test]
    fn only_what_is_missing_is_made_anew() {
        let (standard, none) = (DetectorSet::standard(), DetectorSet::standard().filter(|_| false));
        let old = BTreeMap::from([(key(0), vec![facts("x")]), ("gone/1".to_owned(), vec![facts("y")])]);
        let mut scan = LayerScan::new(LayerInventory::default(), old);
        let missing = scan.missing(&standard);
        assert!(!missing.contains(0) && missing.contains(1));
        let new = missing.indexes().map(|index| (key(index), Vec::new())).collect();
        scan.absorb(LayerScan::new(LayerInventory::default(), new));
        assert!(scan.missing(&standard).is_empty());
        assert_eq!(scan.parts.len(), standard.indexes().count());
        assert!(scan.clone().into_layer(&none).files.is_empty());
        let layer = scan.into_layer(&standard);
        assert_eq!(layer.files.len(), 1);
    }
}
