//! Which records affect a component. Pure; the quirks of an ecosystem are in the file named after it.

mod apk;
mod bitnami;
mod composer;
mod deb;
mod golang;
mod language;
mod rpm;

use std::{cmp::Ordering, collections::BTreeSet};

use lazaret_model::{AdvisoryRecord, AffectedRange, Confidence, FindingStatus, OsRelease, Package, PackageType};
use lazaret_version::Scheme;

/// Rises when an answer of this module may change.
pub const MATCHER_VERSION: u32 = 2;

/// What is matched: one distinct (ecosystem stream, name, version), however many packages or images have it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Component {
    pub kind: PackageType,
    /// `Debian:12`, `Alpine:v3.20`, `PyPI`, `npm`, `RubyGems`, `crates.io`, `Packagist`, `NuGet`: first argument of [`crate::AdvisoryDb::lookup`].
    pub ecosystem: String,
    /// Normal form; the source package for deb and apk.
    pub name: String,
    /// Source version for deb, binary version for apk and rpm.
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
    match package.kind {
        PackageType::Deb => deb::component(package, os),
        PackageType::Apk => apk::component(package, os),
        PackageType::Rpm => rpm::component(package, os),
        PackageType::Golang => golang::component(package),
        PackageType::Pypi => language::component(package, "PyPI"),
        PackageType::Npm => language::component(package, "npm"),
        PackageType::Maven => language::component(package, "Maven"),
        PackageType::Gem => language::component(package, "RubyGems"),
        PackageType::Cargo => language::component(package, "crates.io"),
        PackageType::Composer => composer::component(package),
        PackageType::Bitnami => bitnami::component(package),
        PackageType::Nuget => language::component(package, "NuGet"),
        PackageType::Hex => language::component(package, "Hex"),
        PackageType::Pub => language::component(package, "Pub"),
        PackageType::Cran => language::component(package, "CRAN"),
        PackageType::Hackage => language::component(package, "Hackage"),
        PackageType::Julia => language::component(package, "Julia"),
        PackageType::Swift => language::component(package, "SwiftURL"),
        PackageType::Opam => language::component(package, "opam"),
        // no feed answers for these yet, which is told as missing advisories
        other => language::component(package, other.name()),
    }
}

/// The ecosystem stream of an operating system's packages, if os-release names one of this base.
fn stream(os: Option<&OsRelease>, base: &str) -> Result<String, NoComponent> {
    let stream = os.and_then(|os| os.stream.as_deref()).filter(|stream| crate::name::base(stream) == base);
    stream.map(str::to_owned).ok_or(NoComponent::Stream)
}

/// A version that is there.
fn known_version(version: &str) -> Result<String, NoComponent> {
    let version = version.trim();
    if version.is_empty() { Err(NoComponent::Version) } else { Ok(version.to_owned()) }
}

/// The records that affect `component`, in their order. Informational records, not_affected and under_investigation
/// never match; an explicit not_affected suppresses records of the same id.
pub fn match_records(component: &Component, records: &[AdvisoryRecord]) -> Vec<RecordMatch> {
    let cleared: BTreeSet<&str> =
        records.iter().filter(|r| r.status == FindingStatus::NotAffected).map(|r| r.id.as_str()).collect();
    let counts = |record: &AdvisoryRecord| {
        !record.informational
            && !matches!(record.status, FindingStatus::NotAffected | FindingStatus::UnderInvestigation)
            && !cleared.contains(record.id.as_str())
    };
    let candidates = records.iter().enumerate().filter(|(_, record)| counts(record));
    candidates.filter_map(|(index, record)| affected(component, index, record)).collect()
}

fn affected(component: &Component, index: usize, record: &AdvisoryRecord) -> Option<RecordMatch> {
    let version = component.version.as_str();
    let Ok(scheme) = record.scheme.parse::<Scheme>() else {
        // A newer file's scheme: what cannot be compared is not clean.
        return Some(RecordMatch { record: index, fixed: None, confidence: Confidence::Low });
    };
    let within: Vec<&AffectedRange> = record.ranges.iter().filter(|range| contains(scheme, range, version)).collect();
    let listed = || record.versions.iter().any(|v| v == version || scheme.compare(v, version) == Ordering::Equal);
    if within.is_empty() && !listed() {
        return None;
    }
    let confidence = match (component.uncertain, scheme.is_valid(version)) {
        (true, _) => Confidence::Low,
        (false, false) => Confidence::Medium,
        (false, true) => Confidence::High,
    };
    Some(RecordMatch { record: index, fixed: end_of(scheme, &within), confidence })
}

/// The version that leaves every range; `None` where one of them has no end.
fn end_of(scheme: Scheme, within: &[&AffectedRange]) -> Option<String> {
    let ends: Option<Vec<&str>> = within.iter().map(|range| bound(range.fixed.as_deref())).collect();
    ends?.into_iter().max_by(|a, b| scheme.compare(a, b)).map(str::to_owned)
}

/// A bound that can be compared: `0` and an empty text are markers, not versions.
fn bound(version: Option<&str>) -> Option<&str> {
    version.map(str::trim).filter(|version| !version.is_empty() && *version != "0")
}

/// Whether a version lies in a range. `fixed` = `0` means that no version ever was affected.
pub(crate) fn contains(scheme: Scheme, range: &AffectedRange, version: &str) -> bool {
    if range.fixed.as_deref().map(str::trim) == Some("0") {
        return false;
    }
    let compare = |bound: &str| scheme.compare(version, bound);
    bound(range.introduced.as_deref()).is_none_or(|start| compare(start) != Ordering::Less)
        && bound(range.fixed.as_deref()).is_none_or(|fixed| compare(fixed) == Ordering::Less)
        && bound(range.last_affected.as_deref()).is_none_or(|last| compare(last) != Ordering::Greater)
}

#[cfg(test)]
mod tests;
