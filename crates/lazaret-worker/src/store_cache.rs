//! The layer cache of the scanner, on top of the store.

use std::sync::Arc;

use lazaret_inventory::{LayerCache, LayerInventory};
use lazaret_model::Digest;

use crate::layers::Layers;

/// Lets `scan` with `--data` reuse what the registry has analysed.
pub struct StoreCache(pub Arc<Layers>);

impl LayerCache for StoreCache {
    fn get(&self, layer: &Digest) -> Option<Arc<LayerInventory>> {
        self.0.stored(layer).ok().flatten().map(Arc::new)
    }

    fn put(&self, layer: &Digest, inventory: &Arc<LayerInventory>) {
        self.0.finish(layer, Some(LayerInventory::clone(inventory)));
    }
}
