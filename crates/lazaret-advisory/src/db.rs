//! The compiled database: opening, lookup, enrichment, end of life.

mod end_of_life;
pub(crate) use end_of_life::product;
pub(crate) mod format;
pub(crate) mod group;
mod map;
pub(crate) mod table;

use std::path::{Path, PathBuf};

use lazaret_model::{AdvisoryRecord, FeedInfo, FindingStatus, Severity, SnapshotInfo};

use crate::{feed::Cycle, name};
use format::{Header, Info};
use map::Bytes;

/// An open snapshot. Cheap to open; pages are read when touched. `Send + Sync`; share it in an `Arc`.
pub struct AdvisoryDb {
    bytes: Bytes,
    header: Header,
    info: SnapshotInfo,
    streams: Vec<String>,
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
    /// Opens a compiled file: checks its header and description, not its whole content (see [`Self::verify`]).
    pub fn open(path: &Path) -> Result<Self, DbError> {
        let bytes = Bytes::map(path).map_err(|source| DbError::Io { path: path.to_owned(), source })?;
        Self::from_bytes(bytes)
    }

    /// The built-in set, compiled in memory. It never clears an image by itself.
    pub fn starter() -> Result<Self, DbError> {
        Self::from_bytes(Bytes::Owned(crate::compile::compile(crate::starter::input()?)))
    }

    #[cfg(test)]
    pub(crate) fn of(bytes: Vec<u8>) -> Result<Self, DbError> {
        Self::from_bytes(Bytes::Owned(bytes))
    }

    fn from_bytes(bytes: Bytes) -> Result<Self, DbError> {
        let header = Header::read(&bytes)?;
        let text = header.info.of(&bytes);
        let damaged = |what: &str| DbError::Damaged { what: what.to_owned() };
        if format::sha256(text) != header.info_digest {
            return Err(damaged("the description's digest does not match"));
        }
        let info: Info = serde_json::from_slice(text).map_err(|e| damaged(&format!("the description: {e}")))?;
        if info.snapshot.id != lazaret_model::Digest::from_sha256(header.content) {
            return Err(damaged("the description is of another snapshot"));
        }
        Ok(Self { bytes, header, info: info.snapshot, streams: info.streams })
    }

    /// Reads the whole content and compares it with the snapshot's id.
    pub fn verify(&self) -> Result<(), DbError> {
        let end = usize::try_from(self.header.info.offset).unwrap_or_default();
        let content = self.bytes.get(format::HEADER..end).unwrap_or_default();
        if format::sha256(content) == self.header.content {
            Ok(())
        } else {
            Err(DbError::Damaged { what: "the content's digest does not match".to_owned() })
        }
    }

    pub fn info(&self) -> &SnapshotInfo {
        &self.info
    }

    /// Ecosystem streams with at least one record, sorted: `Alpine:v3.20`, `Debian:12`, `PyPI`.
    pub fn streams(&self) -> &[String] {
        &self.streams
    }

    /// Every record about a package: `ecosystem` with its release (`Debian:12`, `PyPI`), `package` in normal form (see
    /// [`crate::matcher::component`]). Withdrawn ones are there with status not_affected and no ranges. A damaged entry
    /// gives one record that affects every version, so that damage never reads as clean.
    pub fn lookup(&self, ecosystem: &str, package: &str) -> Vec<AdvisoryRecord> {
        self.try_lookup(ecosystem, package).unwrap_or_else(|error| {
            tracing::error!(ecosystem, package, %error, "advisory database is damaged");
            vec![damaged_record(ecosystem, package, &error)]
        })
    }

    /// [`Self::lookup`] with damage as an error.
    pub fn try_lookup(&self, ecosystem: &str, package: &str) -> Result<Vec<AdvisoryRecord>, DbError> {
        let rows = table::find(self.header.packages.of(&self.bytes), table::hash(ecosystem, package))?;
        for row in rows {
            if let Some(records) = self.groups().records(&row, ecosystem, package)? {
                return Ok(records);
            }
        }
        Ok(Vec::new())
    }

    /// Feeds of this snapshot that answer for an ecosystem stream (`Debian:12`, `Alpine:v3.20`, `PyPI`). Empty =
    /// `advisories_missing`: no such feed, or one without any data for that release. Compare `checked` for staleness.
    /// The starter set answers for every ecosystem it names, whatever the release.
    pub fn feeds_for(&self, ecosystem: &str) -> Vec<&FeedInfo> {
        let base = name::base(ecosystem);
        let has_data = base == ecosystem || self.info.starter || self.streams.iter().any(|stream| stream == ecosystem);
        let answers = |feed: &&FeedInfo| has_data && feed.ecosystems.iter().any(|known| known == base);
        self.info.feeds.iter().filter(answers).collect()
    }

    /// What is known of a CVE besides advisories. A damaged entry reads as exploited, never as harmless.
    pub fn enrich(&self, cve: &str) -> Enrichment {
        match table::find(self.header.cves.of(&self.bytes), table::hash("CVE", cve)) {
            Ok(rows) => rows.first().map(group::enrichment).unwrap_or_default(),
            Err(error) => {
                tracing::error!(cve, %error, "advisory database is damaged");
                Enrichment { exploited: true, epss: None }
            }
        }
    }

    /// `os_id` and `version_id` as in os-release. `None` = product or cycle not known. A damaged entry reads as past its
    /// end, never as supported.
    pub fn end_of_life(&self, os_id: &str, version_id: &str) -> Option<EndOfLife> {
        let product = end_of_life::product(os_id)?;
        let cycles = self.cycles(product).unwrap_or_else(|error| {
            tracing::error!(product, %error, "advisory database is damaged");
            vec![damaged_cycle(product, version_id)]
        });
        let cycles = cycles.into_iter().filter(|cycle| end_of_life::is_cycle_of(&cycle.name, version_id.trim()));
        let cycle = cycles.max_by_key(|cycle| cycle.name.len())?;
        Some(EndOfLife {
            product: cycle.product,
            cycle: cycle.name,
            eol_from: cycle.eol_from,
            extended_from: cycle.extended_from,
            feed: cycle.feed,
        })
    }

    fn cycles(&self, product: &str) -> Result<Vec<Cycle>, DbError> {
        let rows = table::find(self.header.packages.of(&self.bytes), table::hash(group::PRODUCTS, product))?;
        for row in rows {
            if let Some(cycles) = self.groups().cycles(&row, product)? {
                return Ok(cycles);
            }
        }
        Ok(Vec::new())
    }

    fn groups(&self) -> group::Reader<'_> {
        group::Reader { groups: self.header.groups.of(&self.bytes), texts: self.header.texts.of(&self.bytes) }
    }
}

fn damaged_cycle(product: &str, version_id: &str) -> Cycle {
    Cycle {
        product: product.to_owned(),
        name: version_id.trim().to_owned(),
        eol_from: Some("1970-01-01".to_owned()),
        extended_from: Some("1970-01-01".to_owned()),
        feed: "lazaret".to_owned(),
    }
}

fn damaged_record(ecosystem: &str, package: &str, error: &DbError) -> AdvisoryRecord {
    AdvisoryRecord {
        id: "LAZARET-DAMAGED-DATABASE".to_owned(),
        aliases: Vec::new(),
        feed: "lazaret".to_owned(),
        ecosystem: ecosystem.to_owned(),
        package: package.to_owned(),
        scheme: lazaret_version::Scheme::Semver.name().to_owned(),
        ranges: vec![lazaret_model::AffectedRange::default()],
        versions: Vec::new(),
        status: FindingStatus::Affected,
        severity: Severity::Unknown,
        cvss: None,
        summary: error.to_string(),
        url: None,
        informational: false,
    }
}

#[cfg(test)]
mod tests;
