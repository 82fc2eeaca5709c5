//! Repository names, tags and image references (OCI distribution-spec, "Pulling manifests").

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Digest, DigestError};

/// A repository name, `[a-z0-9]+([._-]...)*(/...)*`, at most 255 bytes. Cannot exist malformed.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
#[serde(transparent)]
pub struct Repository(Box<str>);

/// A tag, `[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
#[serde(transparent)]
pub struct Tag(Box<str>);

/// Why a text is no reference.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReferenceError {
    #[error(
        "repository name {0:?} is not valid: lower-case letters, digits, single '.', '_', '__' or '-' between them, parts separated by '/'"
    )]
    Repository(String),
    #[error("tag {0:?} is not valid: a letter, digit or '_', then up to 127 letters, digits, '.', '_' or '-'")]
    Tag(String),
    #[error(transparent)]
    Digest(#[from] DigestError),
    #[error(
        "reference {0:?} names no registry: write host/repository:tag, with a '.', a ':' or 'localhost' in the host"
    )]
    NoRegistry(String),
}

impl Repository {
    pub const MAX_LEN: usize = 255;

    pub fn parse(text: &str) -> Result<Self, ReferenceError> {
        let good = text.len() <= Self::MAX_LEN && !text.is_empty() && text.split('/').all(is_component);
        if good { Ok(Self(text.into())) } else { Err(ReferenceError::Repository(text.chars().take(300).collect())) }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// `alpha-numeric (separator alpha-numeric)*`, separator = `.` | `_` | `__` | `-`+.
fn is_component(part: &str) -> bool {
    let bytes = part.as_bytes();
    let alphanumeric = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let (Some(first), Some(last)) = (bytes.first(), bytes.last()) else { return false };
    if !alphanumeric(*first) || !alphanumeric(*last) {
        return false;
    }
    let mut rest = bytes;
    while let Some(start) = rest.iter().position(|b| !alphanumeric(*b)) {
        let tail = &rest[start..];
        let end = tail.iter().position(|b| alphanumeric(*b)).unwrap_or(tail.len());
        let separator = &tail[..end];
        if !(separator == b"." || separator == b"_" || separator == b"__" || separator.iter().all(|b| *b == b'-')) {
            return false;
        }
        rest = &tail[end..];
    }
    true
}

impl Tag {
    pub fn parse(text: &str) -> Result<Self, ReferenceError> {
        let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
        let good = text.len() <= 128
            && text.bytes().next().is_some_and(word)
            && text.bytes().all(|b| word(b) || b == b'.' || b == b'-');
        if good { Ok(Self(text.into())) } else { Err(ReferenceError::Tag(text.chars().take(200).collect())) }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// `registry/repository[:tag][@digest]`. Without either, the tag is `latest`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reference {
    /// `host[:port]`.
    pub registry: String,
    pub repository: Repository,
    pub tag: Option<Tag>,
    pub digest: Option<Digest>,
}

impl Reference {
    pub fn parse(text: &str) -> Result<Self, ReferenceError> {
        let (rest, digest) = match text.split_once('@') {
            Some((rest, digest)) => (rest, Some(Digest::parse(digest)?)),
            None => (text, None),
        };
        let (registry, path) = rest
            .split_once('/')
            .filter(|(host, _)| host.contains(['.', ':']) || *host == "localhost")
            .ok_or_else(|| ReferenceError::NoRegistry(text.to_owned()))?;
        let (repository, tag) = match path.rsplit_once(':') {
            Some((repository, tag)) => (repository, Some(Tag::parse(tag)?)),
            None => (path, None),
        };
        let tag = if tag.is_none() && digest.is_none() { Some(Tag::parse("latest")?) } else { tag };
        Ok(Self { registry: registry.to_owned(), repository: Repository::parse(repository)?, tag, digest })
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.registry, self.repository)?;
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        self.digest.as_ref().map_or(Ok(()), |d| write!(f, "@{d}"))
    }
}

impl fmt::Display for Repository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

macro_rules! deserialize_by_parse {
    ($($kind:ty),*) => {$(
        impl<'de> Deserialize<'de> for $kind {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                Self::parse(&text).map_err(serde::de::Error::custom)
            }
        }
    )*};
}
deserialize_by_parse!(Repository, Tag);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repository_grammar() {
        for good in ["a", "library/alpine", "a.b/c_d/e__f/g---h", "0/1"] {
            assert!(Repository::parse(good).is_ok(), "{good}");
        }
        let long = "a".repeat(256);
        for bad in ["", "/", "a/", "/a", "A", "a..b", "a___b", "-a", "a-", "a//b", "a/../b", "ä", long.as_str()] {
            assert!(Repository::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn references() {
        let parsed = Reference::parse("localhost:5000/team/app:1.0").unwrap();
        assert_eq!((parsed.registry.as_str(), parsed.repository.as_str()), ("localhost:5000", "team/app"));
        assert_eq!(parsed.to_string(), "localhost:5000/team/app:1.0");
        let digest = format!("127.0.0.1:1/app@sha256:{}", "00".repeat(32));
        assert_eq!(Reference::parse(&digest).unwrap().to_string(), digest);
        assert_eq!(Reference::parse("reg.example/app").unwrap().tag.unwrap().as_str(), "latest");
        assert!(matches!(Reference::parse("alpine"), Err(ReferenceError::NoRegistry(_))));
    }
}
