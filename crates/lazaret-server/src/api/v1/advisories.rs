//! The advisory data that verdicts rest on now.

pub(super) mod show;
