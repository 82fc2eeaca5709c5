//! Alpine's order, as apk-tools 3 has it: `number{.number}...{letter}{_suffix{number}}...{~hash}{-r#}`.
//!
//! `_alpha _beta _pre _rc` come before nothing, `_cvs _svn _git _hg _p` after it. After the first one, a number with a
//! leading zero is compared as text, like a decimal fraction. Where one version goes on and the other has ended, the
//! longer is greater.
//!
//! Lenient: numbers may follow the letter (`1.9.5p2`), as apk-tools 2 allows. secdb's own slips are read as they are
//! meant: `10.2.22.r0` and `0.12.5.-r0` and `10.0.11-0` end in a revision, `2021-03-27-r5` is `2021.03.27-r5`. From
//! where nothing fits any more, the rest sorts before an end, ordered by its bytes.

use std::cmp::Ordering;

use crate::number;

pub(crate) fn compare(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (Tokens::of(a), Tokens::of(b));
    loop {
        let (token_a, token_b) = (a.next(), b.next());
        let order = compare_tokens(token_a, token_b);
        if order.is_ne() || matches!(token_a, Token::End | Token::Misfit(_)) {
            return order;
        }
    }
}

/// What `apk version --check` of apk-tools 2 or 3 accepts.
pub(crate) fn is_valid(version: &str) -> bool {
    let mut tokens = Tokens { rest: version.as_bytes(), place: Place::Start, lenient: false };
    loop {
        match tokens.next() {
            Token::End => return !version.is_empty(),
            Token::Misfit(_) => return false,
            _ => {}
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Token<'a> {
    /// Index in [`SUFFIXES`]; the first four are pre-releases.
    Suffix(usize),
    Misfit(&'a [u8]),
    End,
    Revision(&'a [u8]),
    Hash(&'a [u8]),
    SuffixNumber(&'a [u8]),
    Letter(u8),
    Number(&'a [u8]),
    FirstNumber(&'a [u8]),
}

const SUFFIXES: [&[u8]; 9] = [b"alpha", b"beta", b"pre", b"rc", b"cvs", b"svn", b"git", b"hg", b"p"];
const PRE_RELEASES: usize = 4;

impl Token<'_> {
    /// Order of different kinds at the same place.
    fn rank(self) -> u8 {
        match self {
            Self::Suffix(suffix) if suffix < PRE_RELEASES => 0,
            Self::Misfit(_) => 1,
            Self::End => 2,
            Self::Revision(_) => 3,
            Self::Hash(_) => 4,
            Self::SuffixNumber(_) => 5,
            Self::Suffix(_) => 6,
            Self::Letter(_) => 7,
            Self::Number(_) => 8,
            Self::FirstNumber(_) => 9,
        }
    }
}

fn compare_tokens(a: Token<'_>, b: Token<'_>) -> Ordering {
    match (a, b) {
        (Token::Number(a), Token::Number(b)) if a.starts_with(b"0") || b.starts_with(b"0") => a.cmp(b),
        (Token::Number(a), Token::Number(b))
        | (Token::FirstNumber(a), Token::FirstNumber(b))
        | (Token::SuffixNumber(a), Token::SuffixNumber(b))
        | (Token::Revision(a), Token::Revision(b)) => number::compare(a, b),
        (Token::Letter(a), Token::Letter(b)) => a.cmp(&b),
        (Token::Suffix(a), Token::Suffix(b)) => a.cmp(&b),
        (Token::Hash(a), Token::Hash(b)) | (Token::Misfit(a), Token::Misfit(b)) => a.cmp(b),
        _ => a.rank().cmp(&b.rank()),
    }
}

/// What may follow depends on what was read last.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Start,
    Number,
    Letter,
    Suffix,
    SuffixNumber,
    Hash,
    Revision,
}

struct Tokens<'a> {
    rest: &'a [u8],
    place: Place,
    lenient: bool,
}

impl<'a> Tokens<'a> {
    fn of(version: &'a str) -> Self {
        Self { rest: version.as_bytes(), place: Place::Start, lenient: true }
    }

    fn next(&mut self) -> Token<'a> {
        let Some((&first, tail)) = self.rest.split_first() else { return Token::End };
        let token = match first {
            b'0'..=b'9' => self.digits(self.rest),
            b'.' if self.place == Place::Number => self.digits(tail).or_else(|| self.slip(tail)),
            b'a'..=b'z' if self.place == Place::Number => Some((Token::Letter(first), tail, Place::Letter)),
            b'_' if self.place <= Place::SuffixNumber && self.place > Place::Start => suffix(tail),
            b'~' if self.place < Place::Hash && self.place > Place::Start => hash(tail),
            b'-' if self.place < Place::Revision && self.place > Place::Start => {
                revision(tail).or_else(|| self.slip(tail))
            }
            _ => None,
        };
        match token {
            Some((token, rest, place)) => {
                (self.rest, self.place) = (rest, place);
                token
            }
            None => Token::Misfit(self.rest),
        }
    }

    fn digits(&self, text: &'a [u8]) -> Option<(Token<'a>, &'a [u8], Place)> {
        let (digits, rest) = number::split_digits(text);
        let (token, place) = match self.place {
            Place::Start => (Token::FirstNumber(digits), Place::Number),
            Place::Number | Place::Letter => (Token::Number(digits), Place::Number),
            Place::Suffix => (Token::SuffixNumber(digits), Place::SuffixNumber),
            Place::SuffixNumber | Place::Hash | Place::Revision => return None,
        };
        (!digits.is_empty()).then_some((token, rest, place))
    }

    /// `r1`, `-r1` or `1` at the end for a revision; `1-` for one more number.
    fn slip(&self, text: &'a [u8]) -> Option<(Token<'a>, &'a [u8], Place)> {
        if !self.lenient {
            return None;
        }
        let (digits, rest) = number::split_digits(text);
        match rest {
            _ if digits.is_empty() => {
                revision(text.strip_prefix(b"-").unwrap_or(text)).filter(|(_, rest, _)| rest.is_empty())
            }
            [] => Some((Token::Revision(digits), rest, Place::Revision)),
            [b'-', ..] if self.place == Place::Number => Some((Token::Number(digits), rest, Place::Number)),
            _ => None,
        }
    }
}

fn revision(text: &[u8]) -> Option<(Token<'_>, &[u8], Place)> {
    let (digits, rest) = number::split_digits(text.strip_prefix(b"r")?);
    (!digits.is_empty()).then_some((Token::Revision(digits), rest, Place::Revision))
}

fn hash(text: &[u8]) -> Option<(Token<'_>, &[u8], Place)> {
    let (hash, rest) = text.split_at(text.iter().position(|byte| !byte.is_ascii_hexdigit()).unwrap_or(text.len()));
    (!hash.is_empty()).then_some((Token::Hash(hash), rest, Place::Hash))
}

fn suffix(text: &[u8]) -> Option<(Token<'_>, &[u8], Place)> {
    let (word, rest) = text.split_at(text.iter().position(|byte| !byte.is_ascii_lowercase()).unwrap_or(text.len()));
    let suffix = SUFFIXES.iter().position(|suffix| *suffix == word)?;
    Some((Token::Suffix(suffix), rest, Place::Suffix))
}
