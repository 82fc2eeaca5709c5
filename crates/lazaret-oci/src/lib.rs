//! Container content at the trust boundary: digests, manifests, configurations, layers and local image
//! sources. Bytes that come in here are hostile until their digest verifies and stay bounded by one
//! [`Limits`] value all the way.
//!
//! What is absent: packages, advisories, policy, SQL, network, async. Images that come over a socket are in
//! `lazaret-source`, which implements [`Source`] too.
//!
//! To add a source: one file `source/<name>.rs` with a type that implements [`Source`], and one line in
//! [`open_local`]. To add a layer compression: `layer/decompress.rs` alone.
#![cfg_attr(not(feature = "isal"), forbid(unsafe_code))]
#![deny(unsafe_code)]

pub mod config;
pub mod descriptor;
pub mod hasher;
mod json;
pub mod layer;
pub mod limits;
pub mod manifest;
pub mod media_type;
pub mod source;

pub use config::{ConfigError, MAX_CONFIG, image_facts};
pub use descriptor::Descriptor;
pub use hasher::{Hasher, sha256};
pub use layer::{
    Body, Entry, EntryKind, LayerSpec, LayerSummary, LayerTap, TapHandle, Visitor, Want, is_passing, read_layer,
    whiteout,
};
pub use limits::Limits;
pub use manifest::{ImageManifest, Index, MAX_MANIFEST, Manifest, ManifestError};
pub use source::{LocalKind, Selection, Source, SourceError, SourceImage, SourceImages, open_export, open_local};
