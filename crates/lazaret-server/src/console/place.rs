//! Addresses of pages, written as image references are: `/r/team/app`, `/r/team/app:1.0`, `/r/team/app@sha256:...`,
//! and `/r/team/app@sha256:.../decisions/sha256:...`.

use std::fmt;

use lazaret_model::{Digest, Repository, Tag};

#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Place {
    Repository(Repository),
    Tag(Repository, Tag),
    Image(Repository, Digest),
    Decision(Repository, Digest, Digest),
}

impl Place {
    /// From the path of a request.
    pub(super) fn parse(path: &str) -> Option<Self> {
        let text = path.strip_prefix("/r/")?;
        // Names need no encoding; some clients encode these three all the same.
        let text = text.replace("%40", "@").replace("%3A", ":").replace("%3a", ":").replace("%2F", "/");
        if let Some((name, rest)) = text.split_once('@') {
            let repository = Repository::parse(name).ok()?;
            return match rest.split_once("/decisions/") {
                None => Some(Self::Image(repository, Digest::parse(rest).ok()?)),
                Some((image, id)) => {
                    Some(Self::Decision(repository, Digest::parse(image).ok()?, Digest::parse(id).ok()?))
                }
            };
        }
        match text.rsplit_once(':') {
            None => Repository::parse(&text).ok().map(Self::Repository),
            Some((name, tag)) => Some(Self::Tag(Repository::parse(name).ok()?, Tag::parse(tag).ok()?)),
        }
    }

    pub(crate) const fn repository(&self) -> &Repository {
        match self {
            Self::Repository(r) | Self::Tag(r, _) | Self::Image(r, _) | Self::Decision(r, _, _) => r,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Repository(repository) => write!(f, "/r/{repository}"),
            Self::Tag(repository, tag) => write!(f, "/r/{repository}:{tag}"),
            Self::Image(repository, digest) => write!(f, "/r/{repository}@{digest}"),
            Self::Decision(repository, digest, id) => write!(f, "/r/{repository}@{digest}/decisions/{id}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_reads_back() {
        let (image, id) = (format!("sha256:{}", "0a".repeat(32)), format!("sha256:{}", "0b".repeat(32)));
        for path in [
            "/r/app".to_owned(),
            "/r/team/app:v1.0".to_owned(),
            format!("/r/team/app@{image}"),
            format!("/r/team/app@{image}/decisions/{id}"),
        ] {
            assert_eq!(Place::parse(&path).unwrap().to_string(), path);
        }
        assert_eq!(Place::parse(&format!("/r/team%2Fapp%40{image}")).unwrap().repository().as_str(), "team/app");
        for bad in
            ["/r/", "/r/App", "/r/../etc", "/r/app:", "/r/app@sha256:1", "/r/a b", "/x/app", "/r/app@x/decisions/"]
        {
            assert_eq!(Place::parse(bad), None, "{bad}");
        }
    }
}
