//! Layers laid over each other.

use std::sync::Arc;

use lazaret_model::{ImageFacts, Inventory};

use crate::{LayerInventory, detectors};

/// The packages of an image from its layers, lowest first, as `facts.diff_ids` has them.
pub fn coalesce(facts: &ImageFacts, layers: &[Arc<LayerInventory>]) -> Inventory {
    let _ = facts;
    Inventory {
        detectors: detectors(),
        entries: layers.iter().map(|layer| layer.entries).sum(),
        ..Inventory::default()
    }
}
