//! What a judgement asks of advisory data: a small seam, so that tests bring records of their own.

use lazaret_advisory::AdvisoryDb;
use lazaret_model::{AdvisoryRecord, SnapshotInfo};
use serde::{Deserialize, Serialize};

/// Advisory data as a function of names.
pub trait Advisories: Send + Sync {
    fn info(&self) -> &SnapshotInfo;
    /// Every record about a package, whether or not it affects some version.
    fn lookup(&self, ecosystem: &str, package: &str) -> Vec<AdvisoryRecord>;
    /// Names of the feeds that have data for an ecosystem stream (`Debian:12`, `PyPI`).
    fn feeds_for(&self, ecosystem: &str) -> Vec<String>;
    fn enrich(&self, cve: &str) -> Enriched;
    /// Support of an operating system's release, named as in os-release.
    fn end_of_life(&self, os_id: &str, version_id: &str) -> Option<OsSupport>;
}

/// What is known of a CVE beside the advisories.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Enriched {
    /// In CISA's list of exploited vulnerabilities.
    pub exploited: bool,
    /// EPSS probability as published.
    pub epss: Option<String>,
}

/// Until when a release of an operating system is supported.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct OsSupport {
    pub product: String,
    pub cycle: String,
    /// `YYYY-MM-DD`: no support from this day on.
    pub eol_from: Option<String>,
    /// `YYYY-MM-DD`: no extended support from this day on.
    pub extended_from: Option<String>,
    pub feed: String,
}

impl Advisories for AdvisoryDb {
    fn info(&self) -> &SnapshotInfo {
        Self::info(self)
    }

    fn lookup(&self, ecosystem: &str, package: &str) -> Vec<AdvisoryRecord> {
        Self::lookup(self, ecosystem, package)
    }

    fn feeds_for(&self, ecosystem: &str) -> Vec<String> {
        Self::feeds_for(self, ecosystem).into_iter().map(|feed| feed.name.clone()).collect()
    }

    fn enrich(&self, cve: &str) -> Enriched {
        let known = Self::enrich(self, cve);
        Enriched { exploited: known.exploited, epss: known.epss }
    }

    fn end_of_life(&self, os_id: &str, version_id: &str) -> Option<OsSupport> {
        let known = Self::end_of_life(self, os_id, version_id)?;
        Some(OsSupport {
            product: known.product,
            cycle: known.cycle,
            eol_from: known.eol_from,
            extended_from: known.extended_from,
            feed: known.feed,
        })
    }
}
