//! What the layers of one image may take of memory together, before they are laid over each other.

use std::{
    mem::size_of,
    sync::atomic::{AtomicUsize, Ordering},
};

use lazaret_model::{Problem, ProblemKind};

use crate::{
    LayerInventory,
    integrity::FileDigests,
    layer::{FileFacts, FoundPackage},
    room,
};

/// Bytes of all layers. Large images take ten or twenty MiB.
const MAX_HELD: usize = 128 << 20;
/// Bytes of one path in a set.
const PATH: usize = 16;

/// Counts the layers of one scan.
#[derive(Debug, Default)]
pub struct Held(AtomicUsize);

impl Held {
    /// Takes a layer in; one that does not fit is replaced by a problem, so that the image is never clean.
    pub fn admit(&self, layer: LayerInventory) -> LayerInventory {
        let bytes = weight(&layer);
        if self.0.fetch_add(bytes, Ordering::Relaxed).saturating_add(bytes) <= MAX_HELD {
            return layer;
        }
        self.0.fetch_sub(bytes, Ordering::Relaxed);
        let limit = MAX_HELD >> 20;
        let message = format!("what is in the image's layers takes more than {limit} MiB; one layer is left out");
        LayerInventory { problems: vec![Problem::new(ProblemKind::LimitExceeded, "", message)], ..Self::outside(layer) }
    }

    /// Digests and counts, without what is inside.
    fn outside(layer: LayerInventory) -> LayerInventory {
        let LayerInventory { verified, digest, diff_id, compressed, uncompressed, entries, .. } = layer;
        LayerInventory { verified, digest, diff_id, compressed, uncompressed, entries, ..LayerInventory::default() }
    }
}

/// About how many bytes a layer takes in memory.
fn weight(layer: &LayerInventory) -> usize {
    let paths = PATH * (layer.names.len() + layer.directories.len());
    let files: usize = layer.files.iter().map(of_file).sum();
    let names = layer.whiteouts.iter().chain(&layer.opaque).map(|path| size_of::<String>() + path.len());
    let links = layer.symlinks.iter().chain(&layer.hard_links);
    let links = links.map(|(path, target)| size_of::<(String, String)>() + path.len() + target.len());
    let digests = layer.digests.as_ref().map_or(0, FileDigests::bytes);
    paths + digests + layer.loadables.weight() + files + names.sum::<usize>() + links.sum::<usize>()
}

fn of_file(file: &FileFacts) -> usize {
    let of_package =
        |package: &FoundPackage| size_of::<FoundPackage>() + room::text(package) + PATH * package.owns.len();
    let problems = file.problems.iter().map(|p| size_of::<Problem>() + p.path.len() + p.message.len());
    let packages = file.packages.iter().map(of_package);
    let owned = file.owner.as_ref().map_or(0, |owner| owner.package.len() + PATH * owner.owns.len());
    let hits = file.hits.as_ref().map_or(0, |hits| room::hits(hits));
    let expected = file.expected.as_ref().map_or(0, |expected| expected.bytes());
    let claim = file.claim.as_ref().map_or(0, |claim| of_package(&claim.package));
    let notes = room::notes(&file.notes) + PATH * file.not_installed.len() + claim;
    let facts = notes + size_of::<FileFacts>() + file.path.len() + hits + expected;
    facts + packages.sum::<usize>() + problems.sum::<usize>() + owned
}

#[cfg(test)]
mod tests {
    use lazaret_model::PackageType;

    use super::*;

    #[test]
    fn what_does_not_fit_is_told() {
        let package = FoundPackage::new(PackageType::Npm, "x".repeat(1 << 20), "1");
        let file = FileFacts { packages: vec![package; 50], ..FileFacts::default() };
        let layer = LayerInventory { files: vec![file], entries: 7, ..LayerInventory::default() };
        let held = Held::default();
        assert_eq!(held.admit(layer.clone()).files.len(), 1);
        assert_eq!(held.admit(layer.clone()).files.len(), 1);
        let third = held.admit(layer);
        assert_eq!((third.files.len(), third.entries, third.problems.len()), (0, 7, 1));
        assert_eq!(held.admit(LayerInventory::default()).problems, [], "what fits is still taken");
    }
}
