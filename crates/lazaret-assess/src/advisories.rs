//! What a judgement asks of advisory data. Answered by a compiled database or by the records of an old decision.

use lazaret_model::{AdvisoryRecord, SnapshotInfo};
use serde::{Deserialize, Serialize};

/// Advisory data as a function of names. Implemented by `AdvisoryDb`, by stored slices, and by tests.
pub trait Advisories: Send + Sync {
    fn info(&self) -> &SnapshotInfo;
    /// Every record about a package, whether or not it affects some version.
    fn lookup(&self, ecosystem: &str, package: &str) -> Vec<AdvisoryRecord>;
    fn enrich(&self, cve: &str) -> Enriched;
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
