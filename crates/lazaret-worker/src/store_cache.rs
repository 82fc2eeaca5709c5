//! The layer cache of the scanner, on top of the store.

use std::sync::Arc;

use lazaret_inventory::{LayerCache, LayerScan};
use lazaret_model::Digest;

use crate::layers::Layers;

/// Lets `scan` with `--data` reuse what the registry has analysed.
pub struct StoreCache(pub Arc<Layers>);

impl LayerCache for StoreCache {
    fn get(&self, layer: &Digest) -> Option<LayerScan> {
        self.0.stored(layer).ok().flatten()
    }

    fn put(&self, layer: &Digest, scan: &LayerScan) {
        self.0.finish(layer, Some(scan));
    }
}
