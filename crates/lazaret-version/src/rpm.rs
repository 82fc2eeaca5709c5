//! rpm's order, rpm-version(7): `[epoch:]version[-release]`, each part read as runs of digits and of letters, by turns;
//! everything else only separates. `~` sorts before the end, `^` after the end but before anything that goes on.

use std::cmp::Ordering;

use crate::number;

struct Parts<'a> {
    epoch: &'a [u8],
    version: &'a [u8],
    /// Absent is not empty: the absent one is not compared.
    release: Option<&'a [u8]>,
}

/// An absent epoch is zero. Where one side has no release, rpm compares the rest alone; here the side without one
/// comes first, because an order has to be transitive (`1-1 < 1-2`, so both cannot equal `1`).
pub(crate) fn compare(a: &str, b: &str) -> Ordering {
    let (a, b) = (split(a.as_bytes()), split(b.as_bytes()));
    number::compare(a.epoch, b.epoch).then_with(|| compare_part(a.version, b.version)).then_with(|| {
        match (a.release, b.release) {
            (Some(a), Some(b)) => compare_part(a, b),
            (a, b) => a.is_some().cmp(&b.is_some()),
        }
    })
}

/// What rpm lets a package have: a number as epoch, and in version and release letters, digits and `._+%{}~^`.
pub(crate) fn is_valid(version: &str) -> bool {
    let bytes = version.as_bytes();
    let rest = match bytes.iter().position(|byte| *byte == b':') {
        None => bytes,
        Some(colon) => {
            // the tag has 32 bits
            let epoch = bytes.get(..colon).unwrap_or_default();
            if !number::is_number(epoch) || number::compare(epoch, b"4294967295").is_gt() {
                return false;
            }
            bytes.get(colon + 1..).unwrap_or_default()
        }
    };
    let mut parts = rest.split(|byte| *byte == b'-');
    let good = |part: &[u8]| {
        part.iter().any(u8::is_ascii_alphanumeric)
            && part.iter().all(|byte| byte.is_ascii_alphanumeric() || b"._+%{}~^".contains(byte))
    };
    parts.next().is_some_and(good) && parts.next().is_none_or(good) && parts.next().is_none()
}

/// A prefix before `:` that is not a number is no epoch: it stays part of the version.
fn split(text: &[u8]) -> Parts<'_> {
    let (epoch, rest) = match text.iter().position(|byte| *byte == b':') {
        Some(colon) if text.get(..colon).is_some_and(|epoch| epoch.iter().all(u8::is_ascii_digit)) => {
            (text.get(..colon).unwrap_or_default(), text.get(colon + 1..).unwrap_or_default())
        }
        _ => (&[][..], text),
    };
    match rest.iter().rposition(|byte| *byte == b'-') {
        Some(dash) => Parts { epoch, version: rest.get(..dash).unwrap_or_default(), release: rest.get(dash + 1..) },
        None => Parts { epoch, version: rest, release: None },
    }
}

fn compare_part(mut a: &[u8], mut b: &[u8]) -> Ordering {
    loop {
        (a, b) = (after_separators(a), after_separators(b));
        let (rank_a, rank_b) = (rank(a), rank(b));
        if rank_a != rank_b {
            return rank_a.cmp(&rank_b);
        }
        let order = match rank_a {
            TILDE | CARET => {
                (a, b) = (a.get(1..).unwrap_or_default(), b.get(1..).unwrap_or_default());
                continue;
            }
            END => return Ordering::Equal,
            DIGITS => {
                let ((run_a, rest_a), (run_b, rest_b)) = (number::split_digits(a), number::split_digits(b));
                (a, b) = (rest_a, rest_b);
                number::compare(run_a, run_b)
            }
            _ => {
                let ((run_a, rest_a), (run_b, rest_b)) = (split_letters(a), split_letters(b));
                (a, b) = (rest_a, rest_b);
                run_a.cmp(run_b)
            }
        };
        if order.is_ne() {
            return order;
        }
    }
}

const TILDE: u8 = 0;
const END: u8 = 1;
const CARET: u8 = 2;
const LETTERS: u8 = 3;
const DIGITS: u8 = 4;

/// What comes next, in the order in which it sorts.
fn rank(part: &[u8]) -> u8 {
    match part.first() {
        Some(b'~') => TILDE,
        None => END,
        Some(b'^') => CARET,
        Some(letter) if letter.is_ascii_alphabetic() => LETTERS,
        Some(_) => DIGITS,
    }
}

fn after_separators(part: &[u8]) -> &[u8] {
    let start = part.iter().position(|byte| byte.is_ascii_alphanumeric() || b"~^".contains(byte));
    part.get(start.unwrap_or(part.len())..).unwrap_or_default()
}

fn split_letters(part: &[u8]) -> (&[u8], &[u8]) {
    part.split_at(part.iter().position(|byte| !byte.is_ascii_alphabetic()).unwrap_or(part.len()))
}
