//! Public keys that decisions verify with.

pub(super) mod list;
