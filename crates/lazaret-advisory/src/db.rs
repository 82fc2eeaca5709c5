//! The compiled database: opening, lookup, enrichment, end of life.

use std::path::{Path, PathBuf};

use lazaret_model::{AdvisoryRecord, FeedInfo, SnapshotInfo};

/// An open snapshot. Cheap to open; pages are read when touched. `Send + Sync`; share it in an `Arc`.
pub struct AdvisoryDb {
    info: SnapshotInfo,
}

/// What other lists say of a CVE.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Enrichment {
    /// In CISA's list of known exploited vulnerabilities.
    pub exploited: bool,
    /// EPSS probability as published, e.g. `0.97565`.
    pub epss: Option<String>,
}

/// When the maintainers stop caring for a release of an operating system.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EndOfLife {
    /// Product name of endoflife.date, e.g. `alpine-linux`.
    pub product: String,
    /// Release cycle, e.g. `3.20`.
    pub cycle: String,
    /// First day without general support, `YYYY-MM-DD`; `None` = not announced.
    pub eol_from: Option<String>,
    /// First day without extended (paid or LTS) support, where there is such a thing.
    pub extended_from: Option<String>,
    /// Feed that said so: `endoflife`, or `starter` for the built-in table.
    pub feed: String,
}

/// Why a compiled database cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    #[error("cannot read the advisory database {}: {source}", path.display())]
    Io { path: PathBuf, source: std::io::Error },
    #[error("{what}: the advisory database is damaged or not one; run `lazaret db update`")]
    Damaged { what: String },
    #[error("advisory database has format {found}, this engine reads {wanted}; run `lazaret db update`")]
    Version { found: u32, wanted: u32 },
    #[error("built-in starter set, {file} line {line}: {message}")]
    Starter { file: &'static str, line: usize, message: String },
}

impl AdvisoryDb {
    /// Opens a compiled file.
    pub fn open(path: &Path) -> Result<Self, DbError> {
        Err(DbError::Io { path: path.to_owned(), source: std::io::ErrorKind::NotFound.into() })
    }

    /// The built-in set, compiled in memory. It never clears an image by itself.
    pub fn starter() -> Result<Self, DbError> {
        Err(DbError::Damaged { what: "starter".to_owned() })
    }

    pub fn info(&self) -> &SnapshotInfo {
        &self.info
    }

    /// Every record about a package: `ecosystem` with its release (`Debian:12`, `PyPI`), `package` in normal form
    /// (see [`crate::matcher::component`]). Withdrawn ones are there with status not_affected and no ranges. A damaged entry gives one
    /// record that affects every version, so that damage never reads as clean.
    pub fn lookup(&self, ecosystem: &str, package: &str) -> Vec<AdvisoryRecord> {
        let _ = (ecosystem, package);
        Vec::new()
    }

    /// Feeds of this snapshot that answer for an ecosystem stream (`Debian:12`, `Alpine:v3.20`, `PyPI`). Empty =
    /// `advisories_missing`: no such feed, or one without any data for that release. Compare `checked` for staleness.
    pub fn feeds_for(&self, ecosystem: &str) -> Vec<&FeedInfo> {
        let _ = ecosystem;
        Vec::new()
    }

    pub fn enrich(&self, cve: &str) -> Enrichment {
        let _ = cve;
        Enrichment::default()
    }

    /// `os_id` and `version_id` as in os-release. `None` = product or cycle not known.
    pub fn end_of_life(&self, os_id: &str, version_id: &str) -> Option<EndOfLife> {
        let _ = (os_id, version_id);
        None
    }
}
