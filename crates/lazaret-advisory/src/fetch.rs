//! Bytes of feeds: from their production URL, from a mirror directory or a mirror URL, into the cache below
//! `DIR/advisories/feeds/`. Nothing here knows what the bytes mean.

pub(crate) mod cache;
pub(crate) mod http;
pub(crate) mod mirror;
pub(crate) mod unpack;

use std::{
    fs::File,
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

use sha2::{Digest as _, Sha256};

use crate::{feed::FeedFile, update::UpdateProgress};
use cache::{Entry, Meta};
use mirror::{Encoding, Located, Place};

/// Whether a file is new since the last accepted run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Fetched {
    Updated,
    Unchanged,
}

/// Where feeds get their files from.
pub(crate) trait Fetch {
    /// A file without which the feed fails.
    fn required(&mut self, name: &str, url: &str, limit: u64) -> Result<FeedFile, FetchError>;
    /// `None` where the source does not have it. What was fetched before and is gone now is kept.
    fn optional(&mut self, name: &str, url: &str, limit: u64) -> Result<Option<FeedFile>, FetchError>;
}

/// Why a file did not come.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FetchError {
    #[error("{place} is not there")]
    NotFound { place: String },
    #[error("{place} answered {status}")]
    Status { place: String, status: u16 },
    #[error("{place} could not be read: {message}")]
    Transport { place: String, message: String },
    #[error("{place} has more than {limit} bytes")]
    TooLarge { place: String, limit: u64 },
    #[error("{place} is truncated or corrupt: {what}")]
    Corrupt { place: String, what: String },
    #[error("cannot write {}: {source}", path.display())]
    Io { path: PathBuf, source: io::Error },
}

/// The files of one feed in one run.
pub(crate) struct FeedSource<'a> {
    pub client: &'a reqwest::blocking::Client,
    pub mirror: &'a mirror::Index,
    /// `DIR/advisories/feeds/<feed>`.
    pub dir: PathBuf,
    pub feed: &'a str,
    /// Whether one file is all there is, so that its length is the feed's.
    pub single: bool,
    pub progress: &'a dyn UpdateProgress,
    pub bytes: u64,
    pub started: bool,
}

impl Fetch for FeedSource<'_> {
    fn required(&mut self, name: &str, url: &str, limit: u64) -> Result<FeedFile, FetchError> {
        self.file(name, url, limit)?.ok_or_else(|| FetchError::NotFound { place: self.place(url) })
    }

    fn optional(&mut self, name: &str, url: &str, limit: u64) -> Result<Option<FeedFile>, FetchError> {
        let entry = Entry::new(&self.dir, name);
        Ok(self.file(name, url, limit)?.or_else(|| entry.intact().map(|_| entry.unchanged())))
    }
}

enum Outcome {
    Absent,
    Unchanged,
    /// The decoded file lies at `Entry::staged`.
    Staged(Meta),
}

impl FeedSource<'_> {
    /// `None` where the source does not have it.
    fn file(&mut self, name: &str, url: &str, limit: u64) -> Result<Option<FeedFile>, FetchError> {
        let entry = Entry::new(&self.dir, name);
        let known = entry.intact();
        let Some(located) = self.mirror.locate(url) else { return Ok(None) };
        let meta = match &located.place {
            Place::File(path) => self.copy(path, &located, &entry, known.as_ref(), limit)?,
            Place::Url(url) => self.download(url, &located, &entry, known.as_ref(), limit)?,
        };
        match meta {
            Outcome::Absent => Ok(None),
            Outcome::Unchanged => Ok(Some(entry.unchanged())),
            Outcome::Staged(meta) => {
                entry.stage(&meta)?;
                Ok(Some(entry.updated()))
            }
        }
    }

    fn place(&self, url: &str) -> String {
        match self.mirror.locate(url).map(|located| located.place) {
            Some(Place::File(path)) => path.display().to_string(),
            Some(Place::Url(at)) => at.to_string(),
            None => format!("{url} (not in the mirror's sources.json)"),
        }
    }

    /// Once per feed, before the first byte.
    pub(crate) fn start(&mut self, total: Option<u64>) {
        if !std::mem::replace(&mut self.started, true) {
            self.progress.started(self.feed, total.filter(|_| self.single));
        }
    }

    /// Counts bytes that came.
    pub(crate) fn advance(&mut self, read: usize) {
        self.bytes += read as u64;
        self.progress.advanced(self.feed, self.bytes);
    }

    fn copy(
        &mut self,
        path: &Path,
        located: &Located,
        entry: &Entry,
        known: Option<&Meta>,
        limit: u64,
    ) -> Result<Outcome, FetchError> {
        let place = path.display().to_string();
        let fail = |e: io::Error| FetchError::Transport { place: place.clone(), message: e.to_string() };
        let source = match File::open(path) {
            Ok(file) => file,
            Err(e) if matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                return Ok(Outcome::Absent);
            }
            Err(e) => return Err(fail(e)),
        };
        let length = source.metadata().map_err(fail)?;
        if !length.is_file() {
            return Ok(Outcome::Absent);
        }
        self.start(Some(length.len()));
        entry.prepare()?;
        let io = |source| FetchError::Io { path: entry.part.clone(), source };
        let mut part = File::create(&entry.part).map_err(io)?;
        let mut hasher = Sha256::new();
        let mut reader = source.take(limit.saturating_add(1));
        let mut buffer = vec![0; 256 << 10];
        let mut copied = 0;
        loop {
            let read = reader.read(&mut buffer).map_err(fail)?;
            if read == 0 {
                break;
            }
            copied += read as u64;
            if copied > limit {
                return Err(FetchError::TooLarge { place, limit });
            }
            hasher.update(&buffer[..read]);
            part.write_all(&buffer[..read]).map_err(io)?;
            self.advance(read);
        }
        let transferred = hex::encode(hasher.finalize());
        check(located, &place, copied, &transferred)?;
        if known.is_some_and(|meta| meta.transferred == transferred && meta.encoding == located.encoding) {
            entry.clean();
            return Ok(Outcome::Unchanged);
        }
        let (sha256, size) = unpack::stage(entry, located.encoding, &place, limit)?;
        let meta = Meta { transferred, encoding: located.encoding, sha256, size, ..Meta::at(&place) };
        Ok(Outcome::Staged(meta))
    }

    fn download(
        &mut self,
        url: &url::Url,
        located: &Located,
        entry: &Entry,
        known: Option<&Meta>,
        limit: u64,
    ) -> Result<Outcome, FetchError> {
        entry.prepare()?;
        let known = known.filter(|meta| meta.place == url.as_str() && meta.encoding == located.encoding);
        let response = http::download(self, url, entry, known, limit)?;
        let validators = match response {
            http::Response::NotFound => return Ok(Outcome::Absent),
            http::Response::NotModified => return Ok(Outcome::Unchanged),
            http::Response::Complete(validators) => validators,
        };
        let (transferred, length) = unpack::digest(&entry.part)?;
        if let Err(error) = check(located, url.as_str(), length, &transferred) {
            entry.clean();
            return Err(error);
        }
        if known.is_some_and(|meta| meta.transferred == transferred) {
            entry.clean();
            return Ok(Outcome::Unchanged);
        }
        let (sha256, size) = unpack::stage(entry, located.encoding, url.as_str(), limit)?;
        let meta = Meta { transferred, encoding: located.encoding, sha256, size, ..Meta::at(url.as_str()) };
        Ok(Outcome::Staged(Meta { etag: validators.etag, last_modified: validators.last_modified, ..meta }))
    }
}

/// Size and SHA-256 that the mirror's `sources.json` gives for the file as it lies there.
fn check(located: &Located, place: &str, length: u64, sha256: &str) -> Result<(), FetchError> {
    let corrupt = |what: String| FetchError::Corrupt { place: place.to_owned(), what };
    if let Some(size) = located.size.filter(|size| *size != length) {
        return Err(corrupt(format!("{length} bytes, sources.json says {size}")));
    }
    if let Some(wanted) = located.sha256.as_deref().filter(|wanted| *wanted != sha256) {
        return Err(corrupt(format!("its SHA-256 is {sha256}, sources.json says {wanted}")));
    }
    Ok(())
}

/// Which encodings a mirror may store.
impl Encoding {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        match text {
            "native" | "identity" => Some(Self::Identity),
            "zstd" => Some(Self::Zstd),
            _ => None,
        }
    }
}
