//! How a row writes what it looks for: literal text with places for what differs, `deflate {v} Copyright`.
//!
//! | Place | Stands for |
//! |---|---|
//! | `{v}` | a version, `1.2` or `1.2.13` |
//! | `{v5}` | a version that starts with 5 |
//! | `{t}`, `{t5}` | a version of three numbers, one that starts with 5 |
//! | `{q}` | a version of four numbers |
//! | `{va}` | the same, with letters after it as OpenSSL had them, `1.1.1w` |
//! | `{vr}` | the same, with what marks a version before the release, `3.12.0rc1`, `7.2-rc2` |
//! | `{n}` | a number |
//! | `{nn}` | a number of two digits |
//! | `{s}` | up to 60 bytes of text |
//! | `{w}` | a word or nothing |
//! | `{0}` | one NUL or more |
//! | `{^}`, `{$}` | the start or end of a text |
//!
//! The version is what `{v}` and its like hold; else `as` says how it is made of the numbers.

use std::{ops::Range, sync::OnceLock};

use regex::bytes::{Captures, Regex, RegexBuilder};

/// Bytes before and after a literal that a template may reach.
pub(super) const REACH: usize = 256;
/// Bytes of a compiled template.
const MAX_COMPILED: usize = 1 << 20;

/// A template with the literal that leads to it.
pub(super) struct Template {
    /// The longest literal part.
    pub(super) literal: Vec<u8>,
    pattern: String,
    /// Made when it is first needed: most programs need none.
    regex: OnceLock<Option<Regex>>,
    form: Option<String>,
}

#[derive(Debug, thiserror::Error)]
pub(super) enum TemplateError {
    #[error("template {0:?}: a place that nothing knows")]
    Place(String),
    #[error("template {0:?}: no version in it")]
    NoVersion(String),
}

impl Template {
    /// `form` is the `as` of the row; `whole` where it is all of a text.
    pub(super) fn parse(text: &str, form: Option<&str>, whole: bool) -> Result<Self, TemplateError> {
        let mut pattern = String::from("(?s-u)");
        let mut literal = "";
        let mut rest = text;
        let (mut versions, mut numbers) = (0, 0);
        while !rest.is_empty() {
            let open = rest.find('{').unwrap_or(rest.len());
            let (plain, place) = rest.split_at(open);
            if plain.len() > literal.len() {
                literal = plain;
            }
            pattern.push_str(&regex::escape(plain));
            let Some(place) = place.strip_prefix('{') else { break };
            let unknown = || TemplateError::Place(text.to_owned());
            let (name, after) = place.split_once('}').ok_or_else(unknown)?;
            let part = place_of(name).ok_or_else(unknown)?;
            versions += usize::from(part.starts_with("(?<version>"));
            numbers += usize::from(part.starts_with("([0-9]"));
            pattern.push_str(&part);
            rest = after;
        }
        if versions > 1 || (versions == 0 && (numbers == 0 || form.is_none())) {
            return Err(TemplateError::NoVersion(text.to_owned()));
        }
        let form = form.filter(|_| versions == 0).map(str::to_owned);
        let literal = literal.as_bytes().to_vec();
        if whole {
            pattern = format!(r"\A(?:{pattern})\z");
        }
        Ok(Self { literal, pattern, regex: OnceLock::new(), form })
    }

    /// Never absent: the pattern is made of parts that are known to fit (a test compiles every row).
    pub(super) fn regex(&self) -> Option<&Regex> {
        let compile = || RegexBuilder::new(&self.pattern).size_limit(MAX_COMPILED).build().ok();
        self.regex.get_or_init(compile).as_ref()
    }

    /// The version that a match says which covers `anchor` in `text`, if there is one.
    pub(super) fn version(&self, text: &[u8], anchor: Range<usize>) -> Option<String> {
        self.regex()?.captures_iter(text).find_map(|captures| {
            let whole = captures.get(0)?;
            if whole.start() > anchor.start || whole.end() < anchor.end {
                return None;
            }
            self.compose(text, &captures)
        })
    }

    /// The version where `text` as a whole is like this.
    pub(super) fn whole(&self, text: &[u8]) -> Option<String> {
        self.compose(text, &self.regex()?.captures(text)?)
    }

    fn compose(&self, text: &[u8], captures: &Captures<'_>) -> Option<String> {
        let Some(form) = &self.form else {
            let version = captures.name("version")?;
            // a part of a longer number is none
            let (before, after) = (&text[..version.start()], &text[version.end()..]);
            let goes_on = matches!(after, [b'0'..=b'9', ..] | [b'.', b'0'..=b'9', ..]);
            let came_before = matches!(before, [.., b'0'..=b'9'] | [.., b'0'..=b'9', b'.']);
            return (!goes_on && !came_before).then(|| String::from_utf8_lossy(version.as_bytes()).into_owned());
        };
        let mut version = form.clone();
        for (index, number) in captures.iter().enumerate().skip(1) {
            let number = std::str::from_utf8(number?.as_bytes()).ok()?;
            let number = if number.bytes().all(|b| b == b'0') { "0" } else { number.trim_start_matches('0') };
            version = version.replace(&format!("{{{index}}}"), number);
        }
        Some(version)
    }
}

fn place_of(name: &str) -> Option<String> {
    if let Some(major) = name.strip_prefix('v').filter(|major| major.parse::<u8>().is_ok()) {
        return Some(format!(r"(?<version>{major}(?:\.[0-9]{{1,9}}){{1,4}})"));
    }
    if let Some(major) = name.strip_prefix('t').filter(|major| major.parse::<u8>().is_ok()) {
        return Some(format!(r"(?<version>{major}(?:\.[0-9]{{1,9}}){{2}})"));
    }
    let part = match name {
        "v" => r"(?<version>[0-9]{1,5}(?:\.[0-9]{1,9}){1,4})",
        "t" => r"(?<version>[0-9]{1,5}(?:\.[0-9]{1,9}){2})",
        "q" => r"(?<version>[0-9]{1,5}(?:\.[0-9]{1,9}){3})",
        "va" => r"(?<version>[0-9]{1,5}(?:\.[0-9]{1,9}){1,4}[a-z]{0,2}(?:-(?:alpha|beta|pre|dev)[0-9]*)?)",
        "vr" => {
            r"(?<version>[0-9]{1,5}(?:\.[0-9]{1,9}){1,4}(?:[-._~]?(?:rc|RC|beta|alpha|pre|dev)[-.]?[0-9]{0,3}|[ab][0-9]{1,2})?)"
        }
        "n" => "([0-9]{1,9})",
        "nn" => "([0-9]{2})",
        "s" => r"[^\x00]{0,60}?",
        "w" => r"[A-Za-z0-9_+~.-]{0,40}?",
        "0" => r"\x00{1,64}",
        "^" => r"(?:\A|\x00)",
        "$" => r"(?:\z|\x00)",
        _ => return None,
    };
    Some(part.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(template: &str, form: Option<&str>, text: &str) -> Option<String> {
        let template = Template::parse(template, form, false).unwrap();
        let literal = std::str::from_utf8(&template.literal).unwrap();
        let at = text.find(literal)?;
        template.version(text.as_bytes(), at..at + literal.len())
    }

    #[test]
    fn places() {
        let v = |template, text| version(template, None, text).unwrap_or_default();
        assert_eq!(v("deflate {v} Copyright", "\0 deflate 1.2.13 Copyright 1995"), "1.2.13");
        assert_eq!(v("OpenSSL {va} ", "OpenSSL 1.1.1w  11 Sep 2023"), "1.1.1w");
        assert_eq!(v("Python {vr}{$}", "Python 3.12.0rc1\0"), "3.12.0rc1");
        assert_eq!(v("{^}nginx/{v}{$}", "x nginx/1.2.3\0"), "", "not the whole text");
        assert_eq!(v("{^}nginx/{v}{$}", "x\0nginx/1.2.3\0"), "1.2.3");
        assert_eq!(v("PostgreSQL {v} on", "PostgreSQL 15.10 on x86"), "15.10");
        assert_eq!(v("{v}{0}gcc version", "\x0012.2.0\0\0gcc version"), "12.2.0");
        assert_eq!(version("{^}2{nn}{nn}{0}xmlParser", Some("2.{1}.{2}"), "\x0020914\0xmlParser").unwrap(), "2.9.14");
    }

    #[test]
    fn parts_of_a_number_are_no_version() {
        let v = |template, text| version(template, None, text);
        assert_eq!(v("version {v}", "version 1.2.3.4.5.6.7"), None);
        assert_eq!(v("{v} is the version", "9.1.2.3.4.5.6 is the version"), None);
        assert_eq!(v("library {v} of", "library 1.2.3 of").as_deref(), Some("1.2.3"));
    }

    #[test]
    fn only_a_match_at_the_literal_counts() {
        let template = Template::parse("lib {v} end", None, false).unwrap();
        let text = b"lib 1.2 end lib 3.4 end";
        let at = text.len() - template.literal.len();
        assert_eq!(template.version(text, at..text.len()).as_deref(), Some("3.4"));
    }

    #[test]
    fn faults() {
        assert!(matches!(Template::parse("a {x} b", None, false), Err(TemplateError::Place(_))));
        assert!(matches!(Template::parse("no version here", None, false), Err(TemplateError::NoVersion(_))));
        assert!(matches!(Template::parse("{n}.{n} two of them", None, false), Err(TemplateError::NoVersion(_))));
        assert!(matches!(Template::parse("{v} and {v}", None, false), Err(TemplateError::NoVersion(_))));
        assert!(matches!(Template::parse("open {v", None, false), Err(TemplateError::Place(_))));
    }
}
