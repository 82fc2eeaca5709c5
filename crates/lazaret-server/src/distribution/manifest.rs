//! Manifests and indexes, by tag and by digest.

pub(super) mod delete;
mod kind;
pub(super) mod put;
pub(super) mod read;
