//! npm's order: node's semver in its loose reading, which is semver's precedence for all that npm publishes.

use std::cmp::Ordering;

use crate::semver;

pub(crate) fn compare(a: &str, b: &str) -> Ordering {
    semver::compare(a, b)
}

/// What node's `semver.valid` accepts: a `v` before the version, and numbers that JavaScript counts exactly.
pub(crate) fn is_valid(version: &str) -> bool {
    let version = version.strip_prefix('v').unwrap_or(version);
    let core = version.split(['-', '+']).next().unwrap_or_default();
    let exact = |part: &str| crate::number::compare(part.as_bytes(), b"9007199254740991").is_le();
    version.len() <= 256 && semver::is_valid(version) && core.split('.').all(exact)
}
