//! Findings that came or went, each with what changed.

use std::collections::{BTreeMap, BTreeSet};

use lazaret_model::{Confidence, Finding};
use serde::Serialize;

use crate::{ImageReport, package_key::PackageKey};

/// Why a finding is on one side only.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// The other image does not have the package.
    Package,
    /// It has it in another version.
    Version,
    /// It has the same version: the advisories that answer differ (another system, another provider of the files).
    Advisories,
}

impl Why {
    pub const fn words(self) -> &'static str {
        match self {
            Self::Package => "package",
            Self::Version => "version",
            Self::Advisories => "advisories",
        }
    }
}

#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct FindingEntry {
    pub id: String,
    pub aliases: Vec<String>,
    pub severity: &'static str,
    pub package: String,
    pub version: String,
    pub purl: String,
    pub fixed: Option<String>,
    /// Low ones warn and never deny.
    pub confidence: &'static str,
    pub exploited: bool,
    pub why: Why,
}

/// By package name and vulnerability: a package that went from one affected version to another changes nothing.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
pub struct FindingDiff {
    pub gained: Vec<FindingEntry>,
    pub lost: Vec<FindingEntry>,
    /// How many vulnerabilities of packages both have.
    pub kept: usize,
}

impl FindingDiff {
    pub(super) fn between(a: &ImageReport<'_>, b: &ImageReport<'_>) -> Self {
        let (in_a, in_b) = (Known::of(a), Known::of(b));
        let gained = in_a.lack(b, &in_b);
        let lost = in_b.lack(a, &in_a);
        let kept = b.decision.findings.len() - gained.len();
        Self { gained, lost, kept }
    }

    pub fn is_empty(&self) -> bool {
        self.gained.is_empty() && self.lost.is_empty()
    }
}

/// What an image has, for questions from the other.
struct Known<'a> {
    /// Vulnerability ids of each package.
    ids: BTreeSet<(PackageKey, &'a str)>,
    versions: BTreeMap<PackageKey, BTreeSet<&'a str>>,
    /// Full key of a purl.
    keys: BTreeMap<&'a str, PackageKey>,
}

impl<'a> Known<'a> {
    fn of(report: &ImageReport<'a>) -> Self {
        let mut known = Self { ids: BTreeSet::new(), versions: BTreeMap::new(), keys: BTreeMap::new() };
        for package in report.inventory.packages.iter().filter(|package| package.is_live()) {
            let key = PackageKey::of(package);
            known.versions.entry(key.clone()).or_default().insert(&package.version);
            known.keys.insert(&package.purl, key);
        }
        for finding in &report.decision.findings {
            let key = known.key(finding);
            known.ids.extend(ids(finding).map(|id| (key.clone(), id)));
        }
        known
    }

    fn key(&self, finding: &Finding) -> PackageKey {
        self.keys.get(finding.purl.as_str()).cloned().unwrap_or_else(|| PackageKey::new("", &finding.package))
    }

    /// Findings of `other` that are not here.
    fn lack(&self, other: &ImageReport<'_>, in_other: &Known<'_>) -> Vec<FindingEntry> {
        let is_here = |key: &PackageKey, finding: &Finding| ids(finding).any(|id| self.has(key, id));
        let findings = other.decision.findings.iter().map(|finding| (in_other.key(finding), finding));
        findings
            .filter(|(key, finding)| !is_here(key, finding))
            .map(|(key, finding)| entry(finding, self.why(&key, finding)))
            .collect()
    }

    fn has(&self, key: &PackageKey, id: &str) -> bool {
        self.ids.contains(&(key.clone(), id))
    }

    fn why(&self, key: &PackageKey, finding: &Finding) -> Why {
        match self.versions.get(key) {
            None => Why::Package,
            Some(versions) if versions.contains(finding.version.as_str()) => Why::Advisories,
            Some(_) => Why::Version,
        }
    }
}

fn ids(finding: &Finding) -> impl Iterator<Item = &str> {
    std::iter::once(&finding.id).chain(&finding.aliases).map(String::as_str)
}

fn entry(finding: &Finding, why: Why) -> FindingEntry {
    FindingEntry {
        id: finding.id.clone(),
        aliases: finding.aliases.clone(),
        severity: finding.severity.name(),
        package: finding.package.clone(),
        version: finding.version.clone(),
        purl: finding.purl.clone(),
        fixed: finding.fixed.clone(),
        confidence: Confidence::name(finding.confidence),
        exploited: finding.exploited,
        why,
    }
}
