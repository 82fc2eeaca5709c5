//! Paths below `/v2/`, read from the right: repository names hold slashes, and any word may be a part of one
//! (distribution-spec, "Endpoints").

use lazaret_model::{Digest, Repository, Tag};

use crate::{ApiError, error::Code};

/// Longest path that is looked at.
const MAX_PATH: usize = 1024;

/// What a path names.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Endpoint {
    Ping,
    Catalog,
    Tags(Repository),
    Manifest(Repository, Reference),
    Blob(Repository, Digest),
    Uploads(Repository),
    Upload(Repository, String),
    Referrers(Repository, Digest),
}

/// The last part of a manifest path.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Reference {
    Tag(Tag),
    Digest(Digest),
}

/// An endpoint without its values: what the route table is keyed by.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Kind {
    Ping,
    Catalog,
    Tags,
    Manifest,
    Blob,
    Uploads,
    Upload,
    Referrers,
}

impl Endpoint {
    /// `path` is the whole path of the URI, still percent-encoded.
    pub(crate) fn parse(path: &str) -> Result<Self, ApiError> {
        if path.len() > MAX_PATH {
            return Err(ApiError::bad_request(Code::NameInvalid, "the path is too long"));
        }
        let decoded = decode(path).ok_or_else(|| ApiError::bad_request(Code::NameInvalid, "the path is not UTF-8"))?;
        let rest = decoded.strip_prefix("/v2").unwrap_or(&decoded);
        let rest = rest.strip_prefix('/').unwrap_or(rest);
        match rest {
            "" => return Ok(Self::Ping),
            "_catalog" => return Ok(Self::Catalog),
            _ => {}
        }
        let (head, last) = rest.rsplit_once('/').ok_or_else(unknown)?;
        let (name, word) = head.rsplit_once('/').ok_or_else(unknown)?;
        match (word, last) {
            ("tags", "list") => Ok(Self::Tags(repository(name)?)),
            ("manifests", _) => Ok(Self::Manifest(repository(name)?, Reference::parse(last)?)),
            ("referrers", _) => Ok(Self::Referrers(repository(name)?, digest(last)?)),
            ("blobs", "uploads") => Ok(Self::Uploads(repository(name)?)),
            ("blobs", _) => Ok(Self::Blob(repository(name)?, digest(last)?)),
            ("uploads", session) => {
                let name = name.strip_suffix("/blobs").ok_or_else(unknown)?;
                let name = repository(name)?;
                Ok(if session.is_empty() { Self::Uploads(name) } else { Self::Upload(name, session.to_owned()) })
            }
            _ => Err(unknown()),
        }
    }

    pub(crate) const fn kind(&self) -> Kind {
        match self {
            Self::Ping => Kind::Ping,
            Self::Catalog => Kind::Catalog,
            Self::Tags(_) => Kind::Tags,
            Self::Manifest(..) => Kind::Manifest,
            Self::Blob(..) => Kind::Blob,
            Self::Uploads(_) => Kind::Uploads,
            Self::Upload(..) => Kind::Upload,
            Self::Referrers(..) => Kind::Referrers,
        }
    }

    pub(crate) const fn repository(&self) -> Option<&Repository> {
        match self {
            Self::Ping | Self::Catalog => None,
            Self::Tags(name)
            | Self::Manifest(name, _)
            | Self::Blob(name, _)
            | Self::Uploads(name)
            | Self::Upload(name, _)
            | Self::Referrers(name, _) => Some(name),
        }
    }
}

impl Reference {
    /// A colon makes it a digest; no tag holds one.
    fn parse(text: &str) -> Result<Self, ApiError> {
        if text.contains(':') {
            return digest(text).map(Self::Digest);
        }
        let tag = Tag::parse(text).map_err(|e| ApiError::bad_request(Code::ManifestInvalid, e.to_string()))?;
        Ok(Self::Tag(tag))
    }
}

fn repository(text: &str) -> Result<Repository, ApiError> {
    Repository::parse(text).map_err(|e| ApiError::bad_request(Code::NameInvalid, e.to_string()))
}

pub(crate) fn digest(text: &str) -> Result<Digest, ApiError> {
    Digest::parse(text).map_err(|e| ApiError::bad_request(Code::DigestInvalid, e.to_string()))
}

fn unknown() -> ApiError {
    ApiError::not_found(Code::NotFound, "there is no such endpoint below /v2/")
}

/// Percent-decoding of a path: `+` stays, a `%2F` is a slash like any other.
fn decode(path: &str) -> Option<String> {
    if !path.contains('%') {
        return Some(path.to_owned());
    }
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = tail;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let [high, low, tail @ ..] = rest else { return None };
        bytes.push(nibble(*high)? << 4 | nibble(*low)?);
        rest = tail;
    }
    String::from_utf8(bytes).ok()
}

fn nibble(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEX: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    fn parsed(path: &str) -> Endpoint {
        Endpoint::parse(path).unwrap()
    }

    fn name(text: &str) -> Repository {
        Repository::parse(text).unwrap()
    }

    #[test]
    fn every_endpoint() {
        let digest = Digest::parse(&format!("sha256:{HEX}")).unwrap();
        assert_eq!((parsed("/v2"), parsed("/v2/")), (Endpoint::Ping, Endpoint::Ping));
        assert_eq!(parsed("/v2/_catalog"), Endpoint::Catalog);
        assert_eq!(parsed("/v2/a/b/tags/list"), Endpoint::Tags(name("a/b")));
        assert_eq!(
            parsed("/v2/a/manifests/v1"),
            Endpoint::Manifest(name("a"), Reference::Tag(Tag::parse("v1").unwrap()))
        );
        let by_digest = Endpoint::Manifest(name("a"), Reference::Digest(digest.clone()));
        assert_eq!(parsed(&format!("/v2/a/manifests/sha256:{HEX}")), by_digest);
        assert_eq!(parsed(&format!("/v2/a/blobs/sha256%3A{HEX}")), Endpoint::Blob(name("a"), digest.clone()));
        assert_eq!(parsed("/v2/a/blobs/uploads/"), Endpoint::Uploads(name("a")));
        assert_eq!(parsed("/v2/a/blobs/uploads"), Endpoint::Uploads(name("a")));
        assert_eq!(parsed("/v2/a%2Fb/blobs/uploads/xyz"), Endpoint::Upload(name("a/b"), "xyz".into()));
        assert_eq!(parsed(&format!("/v2/a/referrers/sha256:{HEX}")), Endpoint::Referrers(name("a"), digest));
    }

    #[test]
    fn names_made_of_our_words() {
        assert_eq!(parsed("/v2/blobs/uploads/tags/list"), Endpoint::Tags(name("blobs/uploads")));
        let tag = Reference::Tag(Tag::parse("latest").unwrap());
        assert_eq!(parsed("/v2/a/blobs/uploads/manifests/latest"), Endpoint::Manifest(name("a/blobs/uploads"), tag));
        assert_eq!(parsed("/v2/manifests/blobs/uploads/"), Endpoint::Uploads(name("manifests")));
        assert_eq!(parsed("/v2/tags/tags/list"), Endpoint::Tags(name("tags")));
    }

    #[test]
    fn what_is_no_endpoint() {
        let long = format!("/v2/{}/tags/list", "a".repeat(2000));
        for (path, status) in [
            ("/v2/a", 404),
            ("/v2/a/b", 404),
            ("/v2/a/b/c", 404),
            ("/v2/tags/list", 404),
            ("/v2/manifests/latest", 404),
            ("/v2/a/uploads/x", 404),
            ("/v2/A/tags/list", 400),
            ("/v2//tags/list", 400),
            ("/v2/../tags/list", 400),
            ("/v2/a/../b/tags/list", 400),
            ("/v2/a/blobs/sha256:00", 400),
            ("/v2/a/manifests/sha256:baddigeststring", 400),
            ("/v2/a/manifests/", 400),
            ("/v2/a%zz/tags/list", 400),
            ("/v2/a%ff/tags/list", 400),
            ("/v2/a%00/tags/list", 400),
            (long.as_str(), 400),
        ] {
            assert_eq!(Endpoint::parse(path).unwrap_err().status.as_u16(), status, "{path}");
        }
    }
}
