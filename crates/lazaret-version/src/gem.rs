//! RubyGems' order (`Gem::Version`): runs of digits and runs of letters; letters before numbers; `-` means `.pre.`;
//! zeros that end the leading numbers, or the whole version, do not count.
//!
//! Any other character only separates.

use std::cmp::Ordering;

use crate::number;

pub(crate) fn compare(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (Segments::of(a), Segments::of(b));
    loop {
        let order = match (a.next(), b.next()) {
            (None, None) => return Ordering::Equal,
            (a, b) => match (a.unwrap_or(Segment::ZERO), b.unwrap_or(Segment::ZERO)) {
                (Segment::Number(a), Segment::Number(b)) => number::compare(a, b),
                (Segment::Word(a), Segment::Word(b)) => a.cmp(b),
                (Segment::Word(_), Segment::Number(_)) => Ordering::Less,
                (Segment::Number(_), Segment::Word(_)) => Ordering::Greater,
            },
        };
        if order.is_ne() {
            return order;
        }
    }
}

/// What `Gem::Version.correct?` accepts; the empty version is `0`.
pub(crate) fn is_valid(version: &str) -> bool {
    let (main, pre) = match version.split_once('-') {
        Some((main, pre)) => (main, Some(pre)),
        None => (version, None),
    };
    let word = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let dashed = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let mut parts = main.split('.');
    version.is_empty()
        || parts.next().is_some_and(|first| number::is_number(first.as_bytes()))
            && parts.all(word)
            && pre.is_none_or(|pre| pre.split('.').all(dashed))
}

#[derive(Clone, Copy)]
enum Segment<'a> {
    Number(&'a [u8]),
    Word(&'a [u8]),
}

impl Segment<'_> {
    const ZERO: Self = Self::Number(b"");
}

/// The canonical segments, one after the other.
#[derive(Clone)]
struct Segments<'a> {
    rest: &'a [u8],
    /// Still before the first word: zeros are dropped when a word follows them.
    leading: bool,
    /// Zeros to come that are known to be followed by another number.
    kept_zeros: usize,
}

impl<'a> Segments<'a> {
    fn of(version: &'a str) -> Self {
        Self { rest: version.as_bytes(), leading: true, kept_zeros: 0 }
    }

    fn raw(&mut self) -> Option<Segment<'a>> {
        loop {
            let (&first, tail) = self.rest.split_first()?;
            if first == b'-' {
                self.rest = tail;
                return Some(Segment::Word(b"pre"));
            }
            let same = |byte: &u8| {
                if first.is_ascii_digit() { byte.is_ascii_digit() } else { byte.is_ascii_alphabetic() }
            };
            if !first.is_ascii_alphanumeric() {
                self.rest = tail;
                continue;
            }
            let end = self.rest.iter().position(|byte| !same(byte)).unwrap_or(self.rest.len());
            let (run, after) = self.rest.split_at(end);
            self.rest = after;
            return Some(if first.is_ascii_digit() { Segment::Number(run) } else { Segment::Word(run) });
        }
    }
}

impl<'a> Iterator for Segments<'a> {
    type Item = Segment<'a>;

    fn next(&mut self) -> Option<Segment<'a>> {
        let segment = self.raw()?;
        match segment {
            Segment::Word(_) => self.leading = false,
            Segment::Number(digits) if self.leading && is_zero(digits) => {
                if let Some(left) = self.kept_zeros.checked_sub(1) {
                    self.kept_zeros = left;
                    return Some(segment);
                }
                // Zeros that end the version need no care: the shorter one is padded with zeros.
                let mut ahead = self.clone();
                let mut zeros = 0;
                loop {
                    match ahead.raw() {
                        Some(Segment::Number(digits)) if is_zero(digits) => zeros += 1,
                        Some(word @ Segment::Word(_)) => {
                            *self = Self { leading: false, ..ahead };
                            return Some(word);
                        }
                        _ => break,
                    }
                }
                self.kept_zeros = zeros;
            }
            Segment::Number(_) => {}
        }
        Some(segment)
    }
}

fn is_zero(digits: &[u8]) -> bool {
    number::significant(digits).is_empty()
}
