//! NuGet's order: up to four numbers, missing ones zero, then a pre-release as in semver, but without case. Numbers in
//! a pre-release that no 32-bit integer holds are words. Build metadata never counts.

use std::cmp::Ordering;

use crate::{
    number,
    semver::{self, Parts, Pre},
};

/// `Int32.MaxValue`.
const MOST: &[u8] = b"2147483647";

pub(crate) fn compare(a: &str, b: &str) -> Ordering {
    semver::compare_parts(Parts::of(semver::trim_marks(a)), Parts::of(semver::trim_marks(b)), compare_pre)
}

/// What `NuGetVersion.TryParse` accepts.
pub(crate) fn is_valid(version: &str) -> bool {
    let (precedence, build) = match version.split_once('+') {
        Some((precedence, build)) => (precedence, Some(build)),
        None => (version, None),
    };
    let (core, pre) = match precedence.split_once('-') {
        Some((core, pre)) => (core, Some(pre)),
        None => (precedence, None),
    };
    let word = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    core.split('.').count() <= 4
        && core.split('.').all(|part| is_integer(part.as_bytes()))
        && [pre, build].into_iter().flatten().all(|labels| labels.split('.').all(word))
}

fn is_integer(text: &[u8]) -> bool {
    number::is_number(text) && number::compare(text, MOST).is_le()
}

fn compare_pre(a: Pre<'_>, b: Pre<'_>) -> Ordering {
    let (mut a, mut b) = (a.text.split(|byte| *byte == b'.'), b.text.split(|byte| *byte == b'.'));
    loop {
        let order = match (a.next(), b.next()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => Ordering::Less,
            (Some(_), None) => Ordering::Greater,
            (Some(a), Some(b)) => compare_label(a, b),
        };
        if order.is_ne() {
            return order;
        }
    }
}

fn compare_label(a: &[u8], b: &[u8]) -> Ordering {
    match (is_integer(a), is_integer(b)) {
        (true, true) => number::compare(a, b),
        (true, false) => Ordering::Less,
        (false, true) => Ordering::Greater,
        (false, false) => a.iter().map(u8::to_ascii_uppercase).cmp(b.iter().map(u8::to_ascii_uppercase)),
    }
}
