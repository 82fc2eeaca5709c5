//! Decimal numbers of any length, compared as text: versions hold dates, hashes and nonsense longer than any integer.

use std::cmp::Ordering;

/// Splits `text` after its leading ASCII digits.
pub(crate) fn split_digits(text: &[u8]) -> (&[u8], &[u8]) {
    let end = text.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
    text.split_at(end)
}

/// The digits without leading zeros; zero, and no digits at all, become empty.
pub(crate) fn significant(digits: &[u8]) -> &[u8] {
    let start = digits.iter().position(|byte| *byte != b'0').unwrap_or(digits.len());
    digits.get(start..).unwrap_or_default()
}

/// Compares two runs of ASCII digits by value. No digits count as zero.
pub(crate) fn compare(a: &[u8], b: &[u8]) -> Ordering {
    let (a, b) = (significant(a), significant(b));
    a.len().cmp(&b.len()).then_with(|| a.cmp(b))
}

/// Whether `text` is one or more ASCII digits.
pub(crate) fn is_number(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().all(u8::is_ascii_digit)
}
