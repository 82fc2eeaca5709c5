//! Who the caller is.

pub(super) mod show;
