//! What a scan could not do. A problem makes a verdict incomplete; it is never silent.

use serde::{Deserialize, Serialize};

/// One thing that was not looked at, or not understood.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Problem {
    pub kind: ProblemKind,
    /// Path in the image, feed name, or empty where the problem is of the whole.
    pub path: String,
    pub message: String,
}

/// Machine-readable kind, `snake_case` in JSON.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProblemKind {
    /// A layer could not be read to its end (truncated, corrupt compression or tar).
    LayerUnreadable,
    /// A digest or diff id did not verify.
    DigestMismatch,
    /// A limit was reached; the rest was not looked at.
    LimitExceeded,
    /// A package database or package file was not understood.
    ParseError,
    /// An entry's path leaves the root, or a link loops.
    HostileEntry,
    /// A media type or file form that is not supported.
    Unsupported,
    /// There is a package database but no os-release, or the other way round.
    OsUnknown,
    /// A package's version is not known, so it cannot be judged.
    VersionUnknown,
    /// Only the built-in starter set of advisories was there.
    AdvisoriesStarter,
    /// No feed for an ecosystem that is in the image.
    AdvisoriesMissing,
    /// A feed is older than `advisories.max_age`.
    AdvisoriesStale,
    /// A blob that the manifest names is not there.
    BlobMissing,
    /// An SBOM of another tool stands in for the image, which was not seen.
    SbomOnly,
}

impl ProblemKind {
    pub const fn name(self) -> &'static str {
        match self {
            Self::LayerUnreadable => "layer_unreadable",
            Self::DigestMismatch => "digest_mismatch",
            Self::LimitExceeded => "limit_exceeded",
            Self::ParseError => "parse_error",
            Self::HostileEntry => "hostile_entry",
            Self::Unsupported => "unsupported",
            Self::OsUnknown => "os_unknown",
            Self::VersionUnknown => "version_unknown",
            Self::AdvisoriesStarter => "advisories_starter",
            Self::AdvisoriesMissing => "advisories_missing",
            Self::AdvisoriesStale => "advisories_stale",
            Self::BlobMissing => "blob_missing",
            Self::SbomOnly => "sbom_only",
        }
    }
}

impl Problem {
    pub fn new(kind: ProblemKind, path: impl Into<String>, message: impl Into<String>) -> Self {
        Self { kind, path: path.into(), message: message.into() }
    }
}
