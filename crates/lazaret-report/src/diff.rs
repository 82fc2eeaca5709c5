//! What differs between two images: layers, packages, findings, configuration, problems.
//!
//! Values of variables never come up, only their names: they may be secrets.

use lazaret_model::{Digest, Platform, Problem};
use serde::Serialize;

use crate::ImageReport;

mod configuration;
mod findings;
mod json;
mod layers;
mod packages;
mod table;

pub use configuration::{ConfigurationDiff, NamedChange, TextChange};
pub use findings::{FindingDiff, FindingEntry, Why};
pub use json::diff_json;
pub use layers::{LayerDiff, LayerEntry};
pub use packages::{PackageDiff, PackageEntry, VersionChange};
pub use table::diff_table;

/// One of the two images.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Side {
    pub digest: Digest,
    pub platform: Platform,
    pub os: Option<String>,
    pub outcome: &'static str,
    /// Live ones.
    pub packages: usize,
    pub findings: usize,
    pub problems: usize,
}

/// A problem that only one of the two has.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ProblemEntry {
    pub kind: &'static str,
    pub path: String,
    pub message: String,
}

/// Problems of one side only. Where there are problems, what is said about packages and findings may lack something.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct ProblemDiff {
    pub only_a: Vec<ProblemEntry>,
    pub only_b: Vec<ProblemEntry>,
}

/// From image `a` to image `b`.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct ImageDiff {
    pub a: Side,
    pub b: Side,
    pub layers: LayerDiff,
    pub packages: PackageDiff,
    pub findings: FindingDiff,
    pub configuration: ConfigurationDiff,
    pub problems: ProblemDiff,
}

impl ImageDiff {
    /// From `a` to `b`, of which only what the container would see counts: packages that a later layer removed do not.
    pub fn between(a: &ImageReport<'_>, b: &ImageReport<'_>) -> Self {
        let packages = PackageDiff::between(a, b);
        let findings = FindingDiff::between(a, b);
        Self {
            a: side(a),
            b: side(b),
            layers: LayerDiff::between(a.facts, b.facts),
            packages,
            findings,
            configuration: ConfigurationDiff::between(a.facts, b.facts),
            problems: ProblemDiff {
                only_a: only(&a.decision.problems, &b.decision.problems),
                only_b: only(&b.decision.problems, &a.decision.problems),
            },
        }
    }

    /// Whether nothing differs but the digests.
    pub fn is_empty(&self) -> bool {
        self.layers.only_a.is_empty()
            && self.layers.only_b.is_empty()
            && self.packages.is_empty()
            && self.findings.is_empty()
            && self.configuration.is_empty()
            && self.problems == ProblemDiff::default()
    }
}

fn side(report: &ImageReport<'_>) -> Side {
    let inventory = report.inventory;
    Side {
        digest: report.facts.digest.clone(),
        platform: report.facts.platform.clone(),
        os: inventory.os.as_ref().map(|os| os.pretty_name.clone()),
        outcome: report.decision.verdict.outcome.name(),
        packages: inventory.packages.iter().filter(|package| package.is_live()).count(),
        findings: report.decision.findings.len(),
        problems: report.decision.problems.len(),
    }
}

fn only(of: &[Problem], other: &[Problem]) -> Vec<ProblemEntry> {
    let entry = |p: &Problem| ProblemEntry { kind: p.kind.name(), path: p.path.clone(), message: p.message.clone() };
    of.iter().filter(|problem| !other.contains(problem)).map(entry).collect()
}

/// Two sources, whose images are paired by platform. Where each has one image, these are a pair whatever they run on.
#[derive(Clone, PartialEq, Debug)]
pub struct SourceDiff {
    pub pairs: Vec<ImageDiff>,
    /// Platforms that only one of the two has.
    pub only_a: Vec<Platform>,
    pub only_b: Vec<Platform>,
}

impl SourceDiff {
    pub fn between(a: &[ImageReport<'_>], b: &[ImageReport<'_>]) -> Self {
        if let ([a], [b]) = (a, b) {
            return Self { pairs: vec![ImageDiff::between(a, b)], only_a: Vec::new(), only_b: Vec::new() };
        }
        let of = |reports: &[ImageReport<'_>], platform: &Platform| {
            reports.iter().position(|report| report.facts.platform == *platform)
        };
        let pairs = a
            .iter()
            .filter_map(|a| Some((a, b.get(of(b, &a.facts.platform)?)?)))
            .map(|(a, b)| ImageDiff::between(a, b));
        let lone = |reports: &[ImageReport<'_>], other: &[ImageReport<'_>]| {
            let platforms = reports.iter().map(|report| &report.facts.platform);
            platforms.filter(|platform| of(other, platform).is_none()).cloned().collect()
        };
        Self { pairs: pairs.collect(), only_a: lone(a, b), only_b: lone(b, a) }
    }
}
