//! Repositories and their settings.

pub(super) mod list;
pub(super) mod set_policy;
pub(super) mod show;
