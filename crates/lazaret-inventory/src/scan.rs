//! One pass over one layer.

use std::io::Read;

use lazaret_oci::{LayerSpec, Limits};

use crate::LayerInventory;

/// Reads a layer and shows it to all detectors. `progress` is told the compressed bytes read so far. Never fails:
/// faults are problems inside.
pub fn scan_layer(
    input: &mut (dyn Read + Send),
    spec: &LayerSpec,
    limits: &Limits,
    progress: &(dyn Fn(u64) + Sync),
) -> LayerInventory {
    let _ = (input, spec, limits, progress);
    LayerInventory::default()
}
