//! Debian's order, deb-version(7): `[epoch:]upstream[-revision]`, each part read as runs of non-digits and of digits
//! by turns. `~` sorts before everything, even the end; letters before other characters.

use std::cmp::Ordering;

use crate::number;

struct Parts<'a> {
    epoch: &'a [u8],
    upstream: &'a [u8],
    revision: &'a [u8],
}

pub(crate) fn compare(a: &str, b: &str) -> Ordering {
    let (a, b) = (split(a.as_bytes()), split(b.as_bytes()));
    number::compare(a.epoch, b.epoch)
        .then_with(|| compare_part(a.upstream, b.upstream))
        .then_with(|| compare_part(a.revision, b.revision))
}

/// What `dpkg --validate-version` accepts.
pub(crate) fn is_valid(version: &str) -> bool {
    let bytes = version.as_bytes();
    if bytes.iter().any(u8::is_ascii_whitespace) {
        return false;
    }
    let rest = match bytes.iter().position(|byte| *byte == b':') {
        None => bytes,
        Some(colon) => {
            // dpkg keeps the epoch in a C int.
            let epoch = bytes.get(..colon).unwrap_or_default();
            if !number::is_number(epoch) || number::compare(epoch, b"2147483647").is_gt() {
                return false;
            }
            bytes.get(colon + 1..).unwrap_or_default()
        }
    };
    let (upstream, revision) = match rest.iter().rposition(|byte| *byte == b'-') {
        None => (rest, None),
        Some(dash) => (rest.get(..dash).unwrap_or_default(), rest.get(dash + 1..)),
    };
    upstream.first().is_some_and(u8::is_ascii_digit)
        && upstream.iter().all(|byte| byte.is_ascii_alphanumeric() || b".-+~:".contains(byte))
        && revision.is_none_or(|revision| {
            !revision.is_empty() && revision.iter().all(|byte| byte.is_ascii_alphanumeric() || b".+~".contains(byte))
        })
}

/// A prefix before `:` that is not a number is no epoch: it stays part of the upstream version.
fn split(version: &[u8]) -> Parts<'_> {
    let (epoch, rest) = match version.iter().position(|byte| *byte == b':') {
        Some(colon) if version.get(..colon).is_some_and(|epoch| epoch.iter().all(u8::is_ascii_digit)) => {
            (version.get(..colon).unwrap_or_default(), version.get(colon + 1..).unwrap_or_default())
        }
        _ => (&[][..], version),
    };
    let (upstream, revision) = match rest.iter().rposition(|byte| *byte == b'-') {
        Some(dash) => (rest.get(..dash).unwrap_or_default(), rest.get(dash + 1..).unwrap_or_default()),
        None => (rest, &[][..]),
    };
    Parts { epoch, upstream, revision }
}

fn compare_part(mut a: &[u8], mut b: &[u8]) -> Ordering {
    while !a.is_empty() || !b.is_empty() {
        let (text_a, rest_a) = split_text(a);
        let (text_b, rest_b) = split_text(b);
        let (number_a, rest_a) = number::split_digits(rest_a);
        let (number_b, rest_b) = number::split_digits(rest_b);
        let order = compare_text(text_a, text_b).then_with(|| number::compare(number_a, number_b));
        if order.is_ne() {
            return order;
        }
        (a, b) = (rest_a, rest_b);
    }
    Ordering::Equal
}

fn split_text(part: &[u8]) -> (&[u8], &[u8]) {
    part.split_at(part.iter().position(u8::is_ascii_digit).unwrap_or(part.len()))
}

fn compare_text(a: &[u8], b: &[u8]) -> Ordering {
    (0..a.len().max(b.len()))
        .map(|at| weight(a.get(at)).cmp(&weight(b.get(at))))
        .find(|order| order.is_ne())
        .unwrap_or(Ordering::Equal)
}

fn weight(byte: Option<&u8>) -> u16 {
    match byte {
        Some(b'~') => 0,
        None => 1,
        Some(letter) if letter.is_ascii_alphabetic() => u16::from(*letter) + 2,
        Some(other) => u16::from(*other) + 0x100,
    }
}
