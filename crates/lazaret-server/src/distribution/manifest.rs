//! Manifests and indexes, by tag and by digest.

pub(super) mod delete;
pub(super) mod put;
pub(super) mod read;
