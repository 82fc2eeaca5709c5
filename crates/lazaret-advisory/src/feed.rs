//! The feeds: one file each, `fetch` and `parse` apart, registered in [`FEEDS`].

pub(crate) mod alpine_secdb;
pub(crate) mod debian_tracker;
pub(crate) mod endoflife;
pub(crate) mod epss;
pub(crate) mod kev;
pub(crate) mod osv;

use std::path::{Path, PathBuf};

use lazaret_model::AdvisoryRecord;

use crate::fetch::{Fetch, FetchError, Fetched};

/// Every feed, in the order in which they are fetched and shown.
pub(crate) static FEEDS: &[&dyn Feed] = &[
    &osv::PYPI,
    &osv::NPM,
    &osv::GO,
    &osv::MAVEN,
    &osv::CRATES_IO,
    &osv::RUBYGEMS,
    &osv::PACKAGIST,
    &osv::NUGET,
    &osv::HEX,
    &osv::PUB,
    &osv::CRAN,
    &osv::HACKAGE,
    &osv::JULIA,
    &osv::SWIFT,
    &osv::OPAM,
    &osv::BITNAMI,
    &alpine_secdb::AlpineSecdb,
    &debian_tracker::DebianTracker,
    &kev::Kev,
    &epss::Epss,
    &endoflife::EndOfLifeDate,
];

/// A publisher of advisories or of facts about them.
pub(crate) trait Feed: Sync {
    /// `osv:PyPI`, `alpine-secdb`; stored in each record.
    fn name(&self) -> &'static str;
    /// Ecosystems without release that it answers for; empty for enrichment.
    fn ecosystems(&self) -> &'static [&'static str];
    /// Downloads what is new. The only place of a feed with I/O over the network.
    fn fetch(&self, source: &mut dyn Fetch) -> Result<Vec<FeedFile>, FetchError>;
    /// Rows of the files that `fetch` named. Fails as a whole where a file is not intact.
    fn parse(&self, files: &[FeedFile]) -> Result<Parsed, ParseError>;
}

/// One raw file of a feed.
#[derive(Clone, Debug)]
pub(crate) struct FeedFile {
    /// Name in the cache, e.g. `all.zip`, `v3.20-main.json`.
    pub name: String,
    pub path: PathBuf,
    pub fetched: Fetched,
}

/// What a feed says.
#[derive(Default, Debug)]
pub(crate) struct Parsed {
    pub records: Vec<AdvisoryRecord>,
    /// CVEs that are exploited.
    pub exploited: Vec<String>,
    /// CVE and probability, as published.
    pub epss: Vec<(String, String)>,
    pub cycles: Vec<Cycle>,
    /// Entries of the source, the number that must not shrink.
    pub count: u64,
}

/// One release cycle of a product.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Cycle {
    pub product: String,
    /// As os-release writes it, or the beginning of that.
    pub name: String,
    /// `YYYY-MM-DD`.
    pub eol_from: Option<String>,
    pub extended_from: Option<String>,
    pub feed: String,
}

/// Why a file of a feed is not usable.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ParseError {
    #[error("cannot read {}: {source}", path.display())]
    Io { path: PathBuf, source: std::io::Error },
    #[error("{file} is not intact: {what}")]
    Broken { file: String, what: String },
}

impl ParseError {
    pub(crate) fn broken(file: &str, what: impl std::fmt::Display) -> Self {
        Self::Broken { file: file.to_owned(), what: what.to_string() }
    }
}

/// The whole of a file that has at most `limit` bytes.
pub(crate) fn read_limited(path: &Path, limit: u64) -> Result<Vec<u8>, ParseError> {
    let io = |source| ParseError::Io { path: path.to_owned(), source };
    let length = std::fs::metadata(path).map_err(io)?.len();
    if length > limit {
        return Err(ParseError::broken(&path.display().to_string(), format!("{length} bytes, limit {limit}")));
    }
    std::fs::read(path).map_err(io)
}

/// The only file of a feed that has one.
fn single(files: &[FeedFile]) -> Result<&FeedFile, ParseError> {
    files.first().ok_or_else(|| ParseError::broken("feed", "no file"))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn file(name: &str, bytes: &[u8]) -> (tempfile::TempDir, FeedFile) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        (dir, FeedFile { name: name.to_owned(), path, fetched: Fetched::Updated })
    }

    #[test]
    fn names_are_unique() {
        let mut names: Vec<_> = FEEDS.iter().map(|feed| feed.name()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), FEEDS.len());
    }
}
