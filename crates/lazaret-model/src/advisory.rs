//! Advisory records as the matcher reads them, and the identity of a compiled snapshot.

use serde::{Deserialize, Serialize};

use crate::{Digest, FindingStatus, Severity, Timestamp};

/// One statement of one source about one package: which versions are affected.
/// Records are stored by content with each decision that used them, so the form is stable.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct AdvisoryRecord {
    /// Id in its source: `GHSA-...`, `PYSEC-...`, `CVE-...`, `ALPINE-...`.
    pub id: String,
    /// Every other id of the same vulnerability (alias closure, `id` not repeated), sorted.
    pub aliases: Vec<String>,
    /// Feed that published it: `osv:PyPI`, `alpine-secdb`, `debian-tracker`, `starter`.
    pub feed: String,
    /// Stream and ecosystem: `PyPI`, `npm`, `Go`, `Maven`, `Debian:12`, `Alpine:v3.20`.
    pub ecosystem: String,
    /// Package name in the ecosystem's normal form; the source package for Debian and Alpine.
    pub package: String,
    /// Version scheme name of `lazaret-version`: `deb`, `apk`, `npm`, `pep440`, `go`, `maven`, `gem`, `semver`.
    pub scheme: String,
    pub ranges: Vec<AffectedRange>,
    /// Exact versions, beside the ranges.
    pub versions: Vec<String>,
    /// State that the vendor gives: affected, not_affected, will_not_fix, fix_deferred, end_of_life, under_investigation.
    pub status: FindingStatus,
    pub severity: Severity,
    /// CVSS vector where one is given.
    pub cvss: Option<String>,
    pub summary: String,
    pub url: Option<String>,
    /// Listed apart, not a finding: RustSec informational, Debian unimportant.
    pub informational: bool,
}

/// Half-open interval; evaluated one by one and or-ed (OSV schema, "Evaluation").
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
pub struct AffectedRange {
    /// `None` or `"0"`: from the first version on.
    pub introduced: Option<String>,
    /// First version that is not affected any more.
    pub fixed: Option<String>,
    /// Last version that is affected (when no fix is named).
    pub last_affected: Option<String>,
}

/// One feed of a snapshot.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct FeedInfo {
    /// `osv:PyPI`, `alpine-secdb`, `debian-tracker`, `kev`, `epss`, `endoflife`.
    pub name: String,
    /// Ecosystems that it answers for, without release (`PyPI`, `Alpine`, `Debian`); empty for enrichment.
    pub ecosystems: Vec<String>,
    /// When it was last fetched, or found unchanged.
    pub checked: Timestamp,
    /// When its content last changed here.
    pub changed: Timestamp,
    pub records: u64,
    /// SHA-256 of the bytes that were parsed.
    pub digest: Digest,
}

/// Identity of a compiled advisory database.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SnapshotInfo {
    /// Digest of the compiled content (records and tables, without check times).
    pub id: Digest,
    pub created: Timestamp,
    /// Whether this is the built-in starter set, which never clears an image by itself.
    pub starter: bool,
    pub feeds: Vec<FeedInfo>,
}
