//! Semver's precedence (semver.org, clause 11), read leniently, and the parts that npm and Go build on.
//!
//! Lenient: a leading `v` or `=` is ignored; missing parts of the core are zero and further parts count; a pre-release
//! without its hyphen (`1.0.0rc1`) is one; numbers have any length and may have leading zeros. Build metadata never
//! counts. Text without a number to begin with sorts before everything else.

use std::cmp::Ordering;

use crate::number;

/// A version cut into the parts that have precedence.
#[derive(Clone, Copy)]
pub(crate) enum Parts<'a> {
    /// Nothing that could be a version; ordered by its bytes.
    Nonsense(&'a [u8]),
    Version {
        /// Dotted numbers.
        core: &'a [u8],
        /// What follows the core, up to the build metadata.
        pre: Option<Pre<'a>>,
    },
}

#[derive(Clone, Copy)]
pub(crate) struct Pre<'a> {
    pub(crate) text: &'a [u8],
    /// Written against the number, without a separator (`1.22rc1`).
    pub(crate) glued: bool,
}

pub(crate) fn compare(a: &str, b: &str) -> Ordering {
    compare_parts(Parts::of(trim_marks(a)), Parts::of(trim_marks(b)), compare_pre)
}

/// What semver.org's own grammar accepts.
pub(crate) fn is_valid(version: &str) -> bool {
    let bytes = version.as_bytes();
    let (precedence, build) = match bytes.iter().position(|byte| *byte == b'+') {
        Some(plus) => (bytes.get(..plus).unwrap_or_default(), bytes.get(plus + 1..)),
        None => (bytes, None),
    };
    let (core, pre) = match precedence.iter().position(|byte| *byte == b'-') {
        Some(dash) => (precedence.get(..dash).unwrap_or_default(), precedence.get(dash + 1..)),
        None => (precedence, None),
    };
    let plain = |text: &[u8]| text.len() == 1 || !text.starts_with(b"0");
    let word = |text: &[u8]| !text.is_empty() && text.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'-');
    core.split(|byte| *byte == b'.').count() == 3
        && core.split(|byte| *byte == b'.').all(|part| number::is_number(part) && plain(part))
        && pre.is_none_or(|pre| {
            pre.split(|b| *b == b'.').all(|part| word(part) && (!number::is_number(part) || plain(part)))
        })
        && build.is_none_or(|build| build.split(|b| *b == b'.').all(word))
}

/// Removes what people put before a version: `v`, `=`, blanks.
pub(crate) fn trim_marks(version: &str) -> &str {
    let trimmed = version.trim_start_matches(|c: char| c == '=' || c.is_whitespace());
    let rest = trimmed.strip_prefix(['v', 'V']).unwrap_or(trimmed).trim_start();
    if rest.starts_with(|c: char| c.is_ascii_digit()) { rest } else { version }
}

impl<'a> Parts<'a> {
    pub(crate) fn of(version: &'a str) -> Self {
        let bytes = version.as_bytes();
        let (first, mut rest) = number::split_digits(bytes);
        if first.is_empty() {
            return Self::Nonsense(bytes);
        }
        while let Some(after_dot) = rest.strip_prefix(b".") {
            let (digits, after) = number::split_digits(after_dot);
            if digits.is_empty() {
                break;
            }
            rest = after;
        }
        let core = bytes.get(..bytes.len() - rest.len()).unwrap_or_default();
        let pre = rest.split(|byte| *byte == b'+').next().unwrap_or_default();
        let pre = match pre {
            [] | [b'.' | b'_'] => None,
            // node reads `1.2.3-` as the pre-release `-`.
            [b'-'] => Some(Pre { text: pre, glued: false }),
            [b'-' | b'.' | b'_', text @ ..] => Some(Pre { text, glued: false }),
            text => Some(Pre { text, glued: true }),
        };
        Self::Version { core, pre }
    }
}

/// Core by core, then no pre-release after any pre-release, then `compare_pre` for two pre-releases.
pub(crate) fn compare_parts(a: Parts<'_>, b: Parts<'_>, compare_pre: fn(Pre<'_>, Pre<'_>) -> Ordering) -> Ordering {
    match (a, b) {
        (Parts::Nonsense(a), Parts::Nonsense(b)) => a.cmp(b),
        (Parts::Nonsense(_), Parts::Version { .. }) => Ordering::Less,
        (Parts::Version { .. }, Parts::Nonsense(_)) => Ordering::Greater,
        (Parts::Version { core: core_a, pre: pre_a }, Parts::Version { core: core_b, pre: pre_b }) => {
            compare_core(core_a, core_b).then_with(|| match (pre_a, pre_b) {
                (None, None) => Ordering::Equal,
                (None, Some(_)) => Ordering::Greater,
                (Some(_), None) => Ordering::Less,
                (Some(a), Some(b)) => compare_pre(a, b),
            })
        }
    }
}

fn compare_core(a: &[u8], b: &[u8]) -> Ordering {
    let (mut a, mut b) = (a.split(|byte| *byte == b'.'), b.split(|byte| *byte == b'.'));
    loop {
        match (a.next(), b.next()) {
            (None, None) => return Ordering::Equal,
            (part_a, part_b) => {
                let order = number::compare(part_a.unwrap_or_default(), part_b.unwrap_or_default());
                if order.is_ne() {
                    return order;
                }
            }
        }
    }
}

/// Identifier by identifier: numbers by value and before words, words by their bytes, fewer before more.
fn compare_pre(a: Pre<'_>, b: Pre<'_>) -> Ordering {
    compare_identifiers(a.text.split(|byte| *byte == b'.'), b.text.split(|byte| *byte == b'.'))
}

pub(crate) fn compare_identifiers<'a>(
    mut a: impl Iterator<Item = &'a [u8]>,
    mut b: impl Iterator<Item = &'a [u8]>,
) -> Ordering {
    loop {
        let order = match (a.next(), b.next()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => Ordering::Less,
            (Some(_), None) => Ordering::Greater,
            (Some(a), Some(b)) => match (number::is_number(a), number::is_number(b)) {
                (true, true) => number::compare(a, b),
                (true, false) => Ordering::Less,
                (false, true) => Ordering::Greater,
                (false, false) => a.cmp(b),
            },
        };
        if order.is_ne() {
            return order;
        }
    }
}
