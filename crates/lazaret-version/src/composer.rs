//! Composer's order: PHP's `version_compare` over what `Composer\Semver\VersionParser` makes of a version.
//!
//! Four numbers (missing ones are zero; `x` of a branch is 9999999), then dev, alpha, beta, RC, none, patch, with
//! numbers of their own. A leading `v` and build metadata do not count. Named branches (`dev-main`) are no versions.

use std::cmp::Ordering;

use crate::number;

/// How far a version is; what is not known comes before everything, as in `version_compare`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Stage<'a> {
    Unknown(&'a [u8]),
    Dev,
    Alpha,
    Beta,
    Candidate,
    Release,
    Patch,
}

enum Version<'a> {
    /// Ordered by its bytes.
    Nonsense(&'a [u8]),
    Known(Known<'a>),
}

struct Known<'a> {
    /// Numbers and `x`, with what separates them.
    core: &'a [u8],
    stage: Stage<'a>,
    /// Numbers after the stage, with what separates them.
    counts: &'a [u8],
    /// A development version on the way to the stage (`1.0-RC1-dev`).
    dev: bool,
}

pub(crate) fn compare(a: &str, b: &str) -> Ordering {
    match (Version::of(a), Version::of(b)) {
        (Version::Nonsense(a), Version::Nonsense(b)) => a.cmp(b),
        (Version::Nonsense(_), Version::Known(_)) => Ordering::Less,
        (Version::Known(_), Version::Nonsense(_)) => Ordering::Greater,
        (Version::Known(a), Version::Known(b)) => compare_core(a.core, b.core)
            .then_with(|| a.stage.cmp(&b.stage))
            .then_with(|| compare_counts(a.counts, b.counts))
            .then_with(|| b.dev.cmp(&a.dev)),
    }
}

/// What `VersionParser::normalize` accepts and that has a place in the order: not `dev-main`.
pub(crate) fn is_valid(version: &str) -> bool {
    let Version::Known(version) = Version::of(version) else { return false };
    let is_branch = ends_with_x(version.core);
    let first = number::split_digits(version.core).0.len();
    let dotted = version.core.iter().all(|byte| !matches!(byte, b'-' | b'_' | b':'));
    let classical = first <= 5 && dotted && parts(version.core).count() <= 4;
    // dates: 20100102, 2010-01-02
    let date = first >= 4 && !is_branch;
    (classical || date)
        && !matches!(version.stage, Stage::Unknown(_))
        && (!is_branch || (version.stage == Stage::Dev && version.counts.is_empty()))
}

impl<'a> Version<'a> {
    fn of(version: &'a str) -> Self {
        let bytes = version.as_bytes();
        let text = bytes.strip_prefix(b"v").or_else(|| bytes.strip_prefix(b"V")).unwrap_or(bytes);
        let text = text.split(|byte| *byte == b'+').next().unwrap_or_default();
        if !text.first().is_some_and(u8::is_ascii_digit) {
            return Self::Nonsense(bytes);
        }
        let (core, rest) = text.split_at(core_length(text));
        let (stage, counts, dev) = modifier(rest).unwrap_or((Stage::Unknown(rest), &[], false));
        Self::Known(Known { core, stage, counts, dev })
    }
}

/// Length of the numbers that begin `text`, as far as a separator is followed by another number or `x`.
fn core_length(text: &[u8]) -> usize {
    let mut end = number::split_digits(text).0.len();
    while let Some([separator @ (b'.' | b'-' | b'_' | b':'), next, ..]) = text.get(end..) {
        if next.is_ascii_digit() {
            end += 1 + number::split_digits(text.get(end + 1..).unwrap_or_default()).0.len();
        } else if *separator == b'.' && matches!(next, b'x' | b'X' | b'*') {
            end += 2;
        } else {
            break;
        }
    }
    end
}

fn parts(core: &[u8]) -> impl Iterator<Item = &[u8]> {
    core.split(|byte| matches!(byte, b'.' | b'-' | b'_' | b':'))
}

fn ends_with_x(core: &[u8]) -> bool {
    matches!(core.last(), Some(b'x' | b'X' | b'*'))
}

/// Part by part, endlessly: after the last come zeros, up to the fourth place `x` where the last is one.
fn compare_core(a: &[u8], b: &[u8]) -> Ordering {
    let (open_a, open_b) = (ends_with_x(a), ends_with_x(b));
    let (mut a, mut b) = (parts(a), parts(b));
    for at in 0.. {
        let (part_a, part_b) = (a.next(), b.next());
        if part_a.is_none() && part_b.is_none() && at >= 4 {
            break;
        }
        let order = number::compare(value(part_a, open_a && at < 4), value(part_b, open_b && at < 4));
        if order.is_ne() {
            return order;
        }
    }
    Ordering::Equal
}

fn value(part: Option<&[u8]>, open: bool) -> &[u8] {
    const HIGHEST: &[u8] = b"9999999";
    match part {
        Some([b'x' | b'X' | b'*']) => HIGHEST,
        Some(digits) => digits,
        None if open => HIGHEST,
        None => b"",
    }
}

/// Numbers one by one; fewer before more.
fn compare_counts(a: &[u8], b: &[u8]) -> Ordering {
    let numbers = |counts| <[u8]>::split(counts, |byte| !byte.is_ascii_digit()).filter(|part| !part.is_empty());
    let (mut a, mut b) = (numbers(a), numbers(b));
    loop {
        let order = match (a.next(), b.next()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => Ordering::Less,
            (Some(_), None) => Ordering::Greater,
            (Some(a), Some(b)) => number::compare(a, b),
        };
        if order.is_ne() {
            return order;
        }
    }
}

/// `-beta.2-dev`: stage, its numbers, and whether a development version; `None` for what is none of Composer's words.
fn modifier(text: &[u8]) -> Option<(Stage<'_>, &[u8], bool)> {
    if text.is_empty() {
        return Some((Stage::Release, &[], false));
    }
    let text = strip_one(text, b"._-");
    let letters = text.iter().position(|byte| !byte.is_ascii_alphabetic()).unwrap_or(text.len());
    let (word, rest) = text.split_at(letters);
    let (counts, rest) = rest.split_at(counts_length(rest));
    let is = |word: &[u8], wanted: &str| word.eq_ignore_ascii_case(wanted.as_bytes());
    if is(word, "dev") && counts.is_empty() && rest.is_empty() {
        return Some((Stage::Dev, &[], false));
    }
    // `RCdev`
    let (word, glued) = match word.len().checked_sub(3).map(|at| word.split_at(at)) {
        Some((before, end)) if is(end, "dev") && counts.is_empty() && rest.is_empty() => (before, true),
        _ => (word, false),
    };
    let dev = glued || is(strip_one(rest, b".-"), "dev");
    if !dev && !rest.is_empty() {
        return None;
    }
    let stage = match word {
        _ if is(word, "alpha") || is(word, "a") => Stage::Alpha,
        _ if is(word, "beta") || is(word, "b") => Stage::Beta,
        _ if is(word, "rc") => Stage::Candidate,
        _ if is(word, "patch") || is(word, "pl") || is(word, "p") => Stage::Patch,
        _ if is(word, "stable") => return Some((Stage::Release, &[], false)),
        _ => return None,
    };
    Some((stage, counts, dev))
}

fn strip_one<'a>(text: &'a [u8], any_of: &[u8]) -> &'a [u8] {
    match text.split_first() {
        Some((first, rest)) if any_of.contains(first) => rest,
        _ => text,
    }
}

fn counts_length(text: &[u8]) -> usize {
    let mut end = 0;
    loop {
        let rest = text.get(end..).unwrap_or_default();
        let after = strip_one(rest, b".-");
        let digits = number::split_digits(after).0.len();
        if digits == 0 {
            return end;
        }
        end += rest.len() - after.len() + digits;
    }
}
