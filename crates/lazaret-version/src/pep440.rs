//! PEP 440: `[N!]N(.N)*[{a|b|rc}N][.postN][.devN][+local]`, in every spelling that its appendix B permits.
//!
//! What the grammar refuses is a legacy version: it sorts before every valid one, and among its kind in runs of text
//! and digits, like a Debian version.

use std::cmp::Ordering;

use crate::{deb, number};

/// Pre-releases in their order, under every name.
const PRE_NAMES: [(&[u8], u8); 8] =
    [(b"alpha", 0), (b"a", 0), (b"beta", 1), (b"b", 1), (b"preview", 2), (b"pre", 2), (b"rc", 2), (b"c", 2)];
const POST_NAMES: [&[u8]; 3] = [b"post", b"rev", b"r"];

/// Numbers are runs of digits; an absent number is empty and counts as zero.
#[derive(Clone, Copy, Default)]
struct Version<'a> {
    epoch: &'a [u8],
    /// Dotted numbers.
    release: &'a [u8],
    pre: Option<(u8, &'a [u8])>,
    post: Option<&'a [u8]>,
    dev: Option<&'a [u8]>,
    local: Option<&'a [u8]>,
}

pub(crate) fn compare(a: &str, b: &str) -> Ordering {
    match (parse(a.as_bytes()), parse(b.as_bytes())) {
        (Some(a), Some(b)) => compare_versions(&a, &b),
        (Some(_), None) => Ordering::Greater,
        (None, Some(_)) => Ordering::Less,
        (None, None) => deb::compare(a, b),
    }
}

pub(crate) fn is_valid(version: &str) -> bool {
    parse(version.as_bytes()).is_some()
}

fn compare_versions(a: &Version<'_>, b: &Version<'_>) -> Ordering {
    number::compare(a.epoch, b.epoch)
        .then_with(|| compare_release(a.release, b.release))
        .then_with(|| compare_pre(a, b))
        .then_with(|| compare_option(a.post, b.post, Ordering::Less))
        .then_with(|| compare_option(a.dev, b.dev, Ordering::Greater))
        .then_with(|| match (a.local, b.local) {
            (Some(a), Some(b)) => compare_local(a, b),
            (a, b) => a.is_some().cmp(&b.is_some()),
        })
}

/// `absent` is where a missing number stands against any that is there.
fn compare_option(a: Option<&[u8]>, b: Option<&[u8]>, absent: Ordering) -> Ordering {
    match (a, b) {
        (Some(a), Some(b)) => number::compare(a, b),
        (None, Some(_)) => absent,
        (Some(_), None) => absent.reverse(),
        (None, None) => Ordering::Equal,
    }
}

fn compare_release(a: &[u8], b: &[u8]) -> Ordering {
    let (mut a, mut b) = (a.split(|byte| *byte == b'.'), b.split(|byte| *byte == b'.'));
    loop {
        let order = match (a.next(), b.next()) {
            (None, None) => return Ordering::Equal,
            (a, b) => number::compare(a.unwrap_or_default(), b.unwrap_or_default()),
        };
        if order.is_ne() {
            return order;
        }
    }
}

/// `1.0.dev1` comes before `1.0a1`; without any of the three parts, and with a post-release, after all pre-releases.
fn compare_pre(a: &Version<'_>, b: &Version<'_>) -> Ordering {
    let rank = |version: &Version<'_>| match version.pre {
        Some((name, _)) => name + 1,
        None if version.post.is_none() && version.dev.is_some() => 0,
        None => u8::MAX,
    };
    rank(a).cmp(&rank(b)).then_with(|| match (a.pre, b.pre) {
        (Some((_, a)), Some((_, b))) => number::compare(a, b),
        _ => Ordering::Equal,
    })
}

/// Segment by segment: words before numbers, words without case, fewer before more.
fn compare_local(a: &[u8], b: &[u8]) -> Ordering {
    let (mut a, mut b) = (segments(a), segments(b));
    loop {
        let order = match (a.next(), b.next()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => Ordering::Less,
            (Some(_), None) => Ordering::Greater,
            (Some(a), Some(b)) => match (number::is_number(a), number::is_number(b)) {
                (true, true) => number::compare(a, b),
                (true, false) => Ordering::Greater,
                (false, true) => Ordering::Less,
                (false, false) => a.iter().map(u8::to_ascii_lowercase).cmp(b.iter().map(u8::to_ascii_lowercase)),
            },
        };
        if order.is_ne() {
            return order;
        }
    }
}

fn segments(local: &[u8]) -> impl Iterator<Item = &[u8]> {
    local.split(|byte| is_separator(*byte))
}

fn is_separator(byte: u8) -> bool {
    matches!(byte, b'.' | b'-' | b'_')
}

fn parse(text: &[u8]) -> Option<Version<'_>> {
    let mut version = Version::default();
    let text = strip_name(text, b"v").unwrap_or(text);
    let (digits, rest) = number::split_digits(text);
    let text = match rest.strip_prefix(b"!") {
        Some(rest) if !digits.is_empty() => {
            version.epoch = digits;
            rest
        }
        _ => text,
    };
    let mut rest = number::split_digits(text).1;
    while let Some(after) = rest.strip_prefix(b".").map(number::split_digits).filter(|(digits, _)| !digits.is_empty()) {
        rest = after.1;
    }
    version.release = text.get(..text.len() - rest.len())?;
    if version.release.is_empty() {
        return None;
    }
    for (name, rank) in PRE_NAMES {
        if let Some((digits, after)) = named(rest, name) {
            version.pre = Some((rank, digits));
            rest = after;
            break;
        }
    }
    let post = POST_NAMES.iter().find_map(|name| named(rest, name));
    let implicit = || rest.strip_prefix(b"-").map(number::split_digits).filter(|(digits, _)| !digits.is_empty());
    if let Some((digits, after)) = post.or_else(implicit) {
        version.post = Some(digits);
        rest = after;
    }
    if let Some((digits, after)) = named(rest, b"dev") {
        version.dev = Some(digits);
        rest = after;
    }
    if let Some(local) = rest.strip_prefix(b"+") {
        let word = |part: &[u8]| !part.is_empty() && part.iter().all(u8::is_ascii_alphanumeric);
        version.local = Some(local).filter(|local| segments(local).all(word));
        version.local?;
        rest = &[];
    }
    rest.is_empty().then_some(version)
}

/// `[separator]name[separator][digits]`.
fn named<'a>(text: &'a [u8], name: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let text = strip_separator(text);
    let rest = strip_name(text, name)?;
    Some(number::split_digits(strip_separator(rest)))
}

fn strip_separator(text: &[u8]) -> &[u8] {
    match text {
        [first, rest @ ..] if is_separator(*first) => rest,
        _ => text,
    }
}

fn strip_name<'a>(text: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let (head, rest) = text.split_at_checked(name.len())?;
    head.eq_ignore_ascii_case(name).then_some(rest)
}
