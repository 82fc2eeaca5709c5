//! Tags of a repository.

pub(super) mod list;
