//! Where a production URL is found: at itself, or in a mirror.

use std::{
    collections::HashMap,
    io::Read,
    path::{Component, Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use url::Url;

use crate::update::{Mirror, UpdateError};

/// `sources.json` of a mirror with every feed of the reference has 71 KB.
const INDEX_LIMIT: u64 = 16 << 20;
const INDEX_TIME: std::time::Duration = std::time::Duration::from_mins(2);

/// How a mirror stores a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Encoding {
    Identity,
    Zstd,
}

#[derive(Clone, Debug)]
pub(crate) enum Place {
    File(PathBuf),
    Url(Url),
}

/// Where the bytes of a production URL are, and what is known of them.
#[derive(Clone, Debug)]
pub(crate) struct Located {
    pub place: Place,
    pub encoding: Encoding,
    pub size: Option<u64>,
    pub sha256: Option<String>,
}

/// Answers where a production URL is.
pub(crate) enum Index {
    Production,
    /// A mirror without `sources.json`: `<mirror>/<host>/<path>`.
    ByHost(Mirror),
    /// A mirror with one.
    Listed(Mirror, HashMap<String, Source>),
}

/// An entry of `sources.json`.
#[derive(Deserialize, Clone)]
pub(crate) struct Source {
    file: String,
    url: String,
    encoding: Option<String>,
    #[serde(default)]
    size: Option<u64>,
    #[serde(default)]
    sha256: Option<String>,
}

impl Index {
    pub(crate) fn open(mirror: Option<&Mirror>, client: &reqwest::blocking::Client) -> Result<Self, UpdateError> {
        let Some(mirror) = mirror else { return Ok(Self::Production) };
        let fail = |message: String| UpdateError::Mirror { mirror: mirror.to_string(), message };
        let text = match mirror {
            Mirror::Directory(dir) => {
                if !dir.is_dir() {
                    return Err(fail("it is not a directory".to_owned()));
                }
                match std::fs::File::open(dir.join("sources.json")) {
                    Ok(file) => Some(limited(file).map_err(&fail)?),
                    Err(e) if e.kind() == std::io::ErrorKind::NotFound => None,
                    Err(e) => return Err(fail(format!("sources.json: {e}"))),
                }
            }
            Mirror::Url(base) => {
                let url =
                    below(base, "sources.json").ok_or_else(|| fail("it cannot have paths below it".to_owned()))?;
                let response = client.get(url).timeout(INDEX_TIME).send().map_err(|e| fail(e.to_string()))?;
                match response.status().as_u16() {
                    200 => Some(limited(response).map_err(&fail)?),
                    404 | 410 => None,
                    status => return Err(fail(format!("sources.json: status {status}"))),
                }
            }
        };
        let Some(text) = text else { return Ok(Self::ByHost(mirror.clone())) };
        let sources: Vec<Source> =
            serde_json::from_slice(&text).map_err(|e| fail(format!("sources.json is not understood: {e}")))?;
        Ok(Self::Listed(mirror.clone(), largest(sources)))
    }

    /// `None` where the mirror says that it does not have it.
    pub(crate) fn locate(&self, url: &str) -> Option<Located> {
        let production = Url::parse(url).ok()?;
        let plain = |place| Located { place, encoding: Encoding::Identity, size: None, sha256: None };
        match self {
            Self::Production => Some(plain(Place::Url(production))),
            Self::ByHost(mirror) => {
                let path = format!("{}{}", production.host_str()?, production.path());
                place(mirror, &path).map(plain)
            }
            Self::Listed(mirror, sources) => {
                let source = sources.get(url)?;
                let encoding = Encoding::parse(source.encoding.as_deref().unwrap_or("identity"))?;
                let place = place(mirror, &source.file)?;
                Some(Located { place, encoding, size: source.size, sha256: source.sha256.clone() })
            }
        }
    }
}

/// Of several files with one URL, the largest.
fn largest(sources: Vec<Source>) -> HashMap<String, Source> {
    let mut by_url: HashMap<String, Source> = HashMap::new();
    for source in sources {
        match by_url.get(&source.url) {
            Some(other) if other.size >= source.size => {}
            _ => {
                by_url.insert(source.url.clone(), source);
            }
        }
    }
    by_url
}

/// A path below the mirror; what would leave it is not there.
fn place(mirror: &Mirror, path: &str) -> Option<Place> {
    if !Path::new(path).components().all(|part| matches!(part, Component::Normal(_))) {
        return None;
    }
    match mirror {
        Mirror::Directory(dir) => Some(Place::File(dir.join(path))),
        Mirror::Url(base) => below(base, path).map(Place::Url),
    }
}

fn below(base: &Url, path: &str) -> Option<Url> {
    let mut url = base.clone();
    url.path_segments_mut().ok()?.pop_if_empty().extend(path.split('/'));
    Some(url)
}

fn limited(reader: impl Read) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    reader.take(INDEX_LIMIT + 1).read_to_end(&mut bytes).map_err(|e| format!("sources.json: {e}"))?;
    if bytes.len() as u64 > INDEX_LIMIT {
        return Err(format!("sources.json has more than {INDEX_LIMIT} bytes"));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(file: &str, url: &str, size: u64) -> Source {
        Source {
            file: file.to_owned(),
            url: url.to_owned(),
            encoding: Some("zstd".to_owned()),
            size: Some(size),
            sha256: None,
        }
    }

    #[test]
    fn largest_of_one_url_and_no_way_out() {
        let sources = largest(vec![
            source("small", "https://a/x", 1),
            source("a b/large.zst", "https://a/x", 9),
            source("middle", "https://a/x", 5),
            source("../../etc/passwd", "https://a/y", 1),
        ]);
        let index = Index::Listed(Mirror::Url(Url::parse("http://m/base/").unwrap()), sources);
        let located = index.locate("https://a/x").unwrap();
        assert!(matches!(located.place, Place::Url(url) if url.as_str() == "http://m/base/a%20b/large.zst"));
        assert_eq!(located.encoding, Encoding::Zstd);
        assert!(index.locate("https://a/y").is_none());
        assert!(index.locate("https://a/z").is_none());
    }

    #[test]
    fn by_host() {
        let index = Index::ByHost(Mirror::Directory("/m".into()));
        let located = index.locate("https://secdb.alpinelinux.org/v3.20/main.json").unwrap();
        assert!(
            matches!(located.place, Place::File(path) if path == Path::new("/m/secdb.alpinelinux.org/v3.20/main.json"))
        );
    }
}
