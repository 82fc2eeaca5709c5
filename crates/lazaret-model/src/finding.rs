//! A vulnerability of a package in an image.

use serde::{Deserialize, Serialize};

use crate::{Digest, Severity};

/// What is known of the vulnerability in this package.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FindingStatus {
    #[default]
    Affected,
    WillNotFix,
    FixDeferred,
    EndOfLife,
    UnderInvestigation,
    NotAffected,
}

impl FindingStatus {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Affected => "affected",
            Self::WillNotFix => "will_not_fix",
            Self::FixDeferred => "fix_deferred",
            Self::EndOfLife => "end_of_life",
            Self::UnderInvestigation => "under_investigation",
            Self::NotAffected => "not_affected",
        }
    }
}

/// How sure the match is. Low confidence warns, never denies.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Confidence {
    Low,
    Medium,
    #[default]
    High,
}

impl Confidence {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

/// One per binary package and alias closure.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Finding {
    /// The CVE when the closure has exactly one, else the id of the preferred record.
    pub id: String,
    /// Every other id of the closure, sorted.
    pub aliases: Vec<String>,
    pub purl: String,
    /// Name and version of the package, for people.
    pub package: String,
    pub version: String,
    pub severity: Severity,
    pub status: FindingStatus,
    pub confidence: Confidence,
    /// The version that fixes it, in the package's own scheme (source version for deb and apk).
    pub fixed: Option<String>,
    /// Diff id of the layer that introduced the package.
    pub layer: Option<Digest>,
    /// Whether that layer belongs to the base image; `None` when the base is not known.
    pub base: Option<bool>,
    pub summary: String,
    pub url: Option<String>,
    /// In CISA's list of exploited vulnerabilities.
    pub exploited: bool,
    /// EPSS probability, as published (text, so that records stay byte-exact).
    pub epss: Option<String>,
    /// Digests of the advisory records that said so.
    pub records: Vec<Digest>,
}
