//! Records of verdicts.

pub(super) mod show;
