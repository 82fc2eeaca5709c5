//! Numbers in a row, as R's packages (`package_version`) and Haskell's (PVP) have them: compared one by one, and of two
//! that begin alike the longer is later: `1.0 < 1.0.0`. R writes `.` or `-` between them and makes no difference.
//!
//! Text among the numbers belongs to neither; a number sorts before it, and text by its bytes.

use std::cmp::Ordering;

use crate::{number, semver};

pub(crate) fn compare(a: &str, b: &str) -> Ordering {
    match (starts_with_number(a), starts_with_number(b)) {
        (true, true) => semver::compare_identifiers(parts(a), parts(b)),
        (false, false) => a.cmp(b),
        (a_is, b_is) => a_is.cmp(&b_is),
    }
}

/// One or more numbers with a separator between each two.
pub(crate) fn is_valid(version: &str) -> bool {
    parts(version).all(number::is_number)
}

fn starts_with_number(version: &str) -> bool {
    version.starts_with(|c: char| c.is_ascii_digit())
}

fn parts(version: &str) -> impl Iterator<Item = &[u8]> {
    version.as_bytes().split(|byte| b".-".contains(byte))
}
