//! Layers: one pass over a layer's bytes, both digests verified on the way.

use std::io::Read;

use lazaret_model::{Digest, Problem, ProblemKind};

use crate::Limits;

pub mod body;
pub mod tap;
pub mod visitor;
pub mod whiteout;

pub use body::Body;
pub use tap::{LayerTap, TapHandle};
pub use visitor::{Entry, EntryKind, Visitor, Want};

/// What a layer should be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LayerSpec {
    /// Of the blob as stored.
    pub digest: Option<Digest>,
    /// Bytes of the blob as stored.
    pub size: Option<u64>,
    /// Of the uncompressed tar.
    pub diff_id: Option<Digest>,
    pub media_type: String,
}

/// What a layer was.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LayerSummary {
    /// Digest of the compressed bytes, when all of them were read.
    pub digest: Option<Digest>,
    /// Digest of the tar, when all of it was read.
    pub diff_id: Option<Digest>,
    /// Bytes read, compressed.
    pub compressed: u64,
    /// Bytes of tar.
    pub uncompressed: u64,
    pub entries: u64,
    /// Every digest and size of the spec matched and the stream ended cleanly.
    pub verified: bool,
    pub problems: Vec<Problem>,
}

/// Reads one layer. `progress` is told the compressed bytes read so far. Never fails: faults are problems, beside
/// what was read before them.
pub fn read_layer(
    _input: &mut (dyn Read + Send),
    _spec: &LayerSpec,
    _limits: &Limits,
    _visitor: &mut dyn Visitor,
    _progress: &(dyn Fn(u64) + Sync),
) -> LayerSummary {
    LayerSummary {
        digest: None,
        diff_id: None,
        compressed: 0,
        uncompressed: 0,
        entries: 0,
        verified: false,
        problems: vec![Problem::new(ProblemKind::Unsupported, "", "layers cannot be read yet")],
    }
}
