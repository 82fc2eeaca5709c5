//! `Range: bytes=...` of one blob (RFC 9110 section 14, with the conformance suite's word on `500-0`: 416).

use std::ops::Range;

/// What to answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Wanted {
    /// 200: no range, another unit, or several ranges (a server may ignore those).
    Whole,
    /// 206, clamped to the blob's end.
    Part(Range<u64>),
    /// 416.
    Unsatisfiable,
}

pub(super) fn parse(header: Option<&str>, size: u64) -> Wanted {
    let Some(ranges) = header.and_then(|h| h.trim().strip_prefix("bytes=")) else { return Wanted::Whole };
    if ranges.contains(',') {
        return Wanted::Whole;
    }
    let Some((first, last)) = ranges.trim().split_once('-') else { return Wanted::Whole };
    let (Some(first), Some(last)) = (number(first), number(last)) else { return Wanted::Whole };
    match (first, last) {
        (None, None) => Wanted::Whole,
        (None, Some(suffix)) => part(size.saturating_sub(suffix), size, size),
        (Some(first), None) => part(first, size, size),
        (Some(first), Some(last)) => part(first, last.saturating_add(1), size),
    }
}

fn part(start: u64, end: u64, size: u64) -> Wanted {
    let end = end.min(size);
    if start < end { Wanted::Part(start..end) } else { Wanted::Unsatisfiable }
}

/// `Some(None)` for an empty text, `None` for what is no number; too large a number is beyond any blob.
#[expect(clippy::option_option, reason = "absent and malformed are two answers")]
fn number(text: &str) -> Option<Option<u64>> {
    if text.is_empty() {
        return Some(None);
    }
    text.bytes().all(|b| b.is_ascii_digit()).then(|| Some(text.parse().unwrap_or(u64::MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_matrix_of_the_conformance_suite() {
        let size = 3000;
        let cases = [
            ("bytes=500-1499", Wanted::Part(500..1500)),
            ("bytes=500-", Wanted::Part(500..3000)),
            ("bytes=-500", Wanted::Part(2500..3000)),
            ("bytes=-5000", Wanted::Part(0..3000)),
            ("bytes=2000-5000", Wanted::Part(2000..3000)),
            ("bytes=0-0", Wanted::Part(0..1)),
            ("bytes=500-0", Wanted::Unsatisfiable),
            ("bytes=5000-10000", Wanted::Unsatisfiable),
            ("bytes=3000-", Wanted::Unsatisfiable),
            ("bytes=-0", Wanted::Unsatisfiable),
            ("bytes=99999999999999999999-", Wanted::Unsatisfiable),
            ("bytes=0-99999999999999999999", Wanted::Part(0..3000)),
            ("bytes=0-1,5-6", Wanted::Whole),
            ("bytes=-", Wanted::Whole),
            ("bytes=a-b", Wanted::Whole),
            ("bytes=--5", Wanted::Whole),
            ("items=0-1", Wanted::Whole),
        ];
        for (header, wanted) in cases {
            assert_eq!(parse(Some(header), size), wanted, "{header}");
        }
        assert_eq!(parse(None, size), Wanted::Whole);
        assert_eq!(parse(Some("bytes=0-"), 0), Wanted::Unsatisfiable);
    }
}
