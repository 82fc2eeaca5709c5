//! Layers that two images share.

use std::collections::BTreeMap;

use lazaret_model::{Digest, ImageFacts};
use serde::Serialize;

/// A layer and its place, counted from the lowest, which is 0.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct LayerEntry {
    pub diff_id: Digest,
    pub place: usize,
    /// Compressed, where that is known.
    pub bytes: Option<u64>,
}

/// Layers by content (diff id), wherever in the image they lie.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct LayerDiff {
    /// How many of the lowest layers are the same in both: a common base.
    pub base: usize,
    /// In both, by the place in the first.
    pub common: Vec<LayerEntry>,
    pub only_a: Vec<LayerEntry>,
    pub only_b: Vec<LayerEntry>,
}

impl LayerDiff {
    pub(super) fn between(a: &ImageFacts, b: &ImageFacts) -> Self {
        let base = a.diff_ids.iter().zip(&b.diff_ids).take_while(|(a, b)| a == b).count();
        let (common, only_a) = split(a, b);
        let (_, only_b) = split(b, a);
        Self { base, common, only_a, only_b }
    }
}

/// Layers of `of` that are in `other`, each as often as it is there, and those that are not.
fn split(of: &ImageFacts, other: &ImageFacts) -> (Vec<LayerEntry>, Vec<LayerEntry>) {
    let mut left: BTreeMap<&Digest, usize> = BTreeMap::new();
    for diff_id in &other.diff_ids {
        *left.entry(diff_id).or_default() += 1;
    }
    let entry = |(place, diff_id): (usize, &Digest)| LayerEntry {
        diff_id: diff_id.clone(),
        place,
        bytes: of.layer_sizes.get(place).copied(),
    };
    of.diff_ids.iter().enumerate().map(entry).partition(|layer| match left.get_mut(&layer.diff_id) {
        Some(count) if *count > 0 => {
            *count -= 1;
            true
        }
        _ => false,
    })
}
