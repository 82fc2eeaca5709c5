//! Manifests of a repository with what is known of them.

pub(super) mod findings;
pub(super) mod history;
pub(super) mod inventory;
pub(super) mod list;
pub(super) mod show;
