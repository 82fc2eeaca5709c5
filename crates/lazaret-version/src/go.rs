//! Go's two orders in one: modules (semver with `v`, pseudo-versions, `+incompatible`; Go Modules Reference,
//! "Versions") and the toolchain (`go1.22rc1`, `1.19.8`, which the vulnerability database gives as the package
//! `stdlib`). They meet without conflict: `1.22rc1` reads as `1.22.0-rc.1`.
//!
//! A release without a third number is the first release, as it was until Go 1.20 (`go1.20` is `1.20.0`); that go/version
//! puts the language version 1.21 before `1.21rc1` does not count here, for no toolchain calls itself so.
//!
//! `(devel)` and other text without a number sorts before everything else.

use std::cmp::Ordering;

use crate::{number, semver};

/// A version without its prefix; `toolchain` pre-releases are glued to the number (`rc1`).
struct Read<'a> {
    text: &'a str,
    glued: bool,
}

pub(crate) fn compare(a: &str, b: &str) -> Ordering {
    let (a, b) = (semver::Parts::of(read(a).text), semver::Parts::of(read(b).text));
    semver::compare_parts(a, b, compare_pre)
}

/// A canonical or shortened module version, or a toolchain version.
pub(crate) fn is_valid(version: &str) -> bool {
    let Read { text, glued } = read(version);
    if semver::is_valid(text) {
        return true;
    }
    let core = text.split(|c: char| c.is_ascii_alphabetic()).next().unwrap_or_default();
    let pre = text.get(core.len()..).unwrap_or_default();
    let parts = core.split('.').count();
    parts <= if glued { 3 } else { 2 }
        && core.split('.').all(|part| number::is_number(part.as_bytes()) && (part.len() == 1 || !part.starts_with('0')))
        && (pre.is_empty() || ["rc", "beta"].iter().any(|word| pre.strip_prefix(word).is_some_and(is_count)))
}

fn is_count(text: &str) -> bool {
    number::is_number(text.as_bytes())
}

/// A toolchain may carry its vendor or its experiments behind `-` or a blank (`go1.22.1-fips`, `go1.22.1 X:rangefunc`);
/// go/version ignores both.
fn read(version: &str) -> Read<'_> {
    match version.strip_prefix("go").filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit())) {
        Some(rest) => Read { text: rest.split([' ', '\t', '-']).next().unwrap_or_default(), glued: true },
        None => Read { text: semver::trim_marks(version), glued: false },
    }
}

/// Like semver's, but the pre-release of a toolchain, a word and a number in one (`1.22rc10`), is two identifiers.
fn compare_pre(a: semver::Pre<'_>, b: semver::Pre<'_>) -> Ordering {
    semver::compare_identifiers(split_pre(a), split_pre(b))
}

fn split_pre(pre: semver::Pre<'_>) -> impl Iterator<Item = &[u8]> {
    let word = if pre.glued { pre.text.iter().position(u8::is_ascii_digit).unwrap_or_default() } else { 0 };
    let (word, rest) = pre.text.split_at(word);
    let word = (!word.is_empty()).then_some(word);
    word.into_iter().chain(rest.split(|byte| *byte == b'.'))
}
