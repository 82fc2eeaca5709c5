//! Findings of the two, paired by package and vulnerability, whichever of its ids each writes.

use std::collections::{BTreeMap, BTreeSet};

use lazaret_model::{Finding, Package};
use serde::Serialize;

use super::{
    Ask,
    cause::{Cause, Opinion},
    other::{Other, OtherFinding},
    packages::ComparedPackages,
    version::same_version,
};
use crate::{ImageReport, package_key::PackageKey};

/// A finding that one of the two has.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
pub struct FindingDifference {
    pub cause: Cause,
    pub id: String,
    pub aliases: Vec<String>,
    pub severity: String,
    pub package: String,
    pub version: String,
    pub purl: String,
    pub fixed: Option<String>,
    /// More about the cause.
    pub detail: String,
}

#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct ComparedFindings {
    pub ours: usize,
    pub theirs: usize,
    pub both: usize,
    pub only_ours: Vec<FindingDifference>,
    pub only_theirs: Vec<FindingDifference>,
}

impl ComparedFindings {
    pub(super) fn between(
        ours: &ImageReport<'_>,
        other: &Other,
        theirs: &[OtherFinding],
        packages: &ComparedPackages,
        ask: &Ask<'_>,
    ) -> Self {
        let here = Here::of(ours);
        let mut compared = Self { ours: ours.decision.findings.len(), theirs: theirs.len(), ..Self::default() };
        let mut met: BTreeSet<usize> = BTreeSet::new();
        let mut seen: BTreeSet<(&PackageKey, &str, &str)> = BTreeSet::new();
        for their in theirs {
            let again = their.ids.iter().any(|id| !seen.insert((&their.package.key, &their.package.version, id)));
            match here.find(their) {
                Some(index) if met.insert(index) => compared.both += 1,
                // the same once more: under another id, or of a copy at another path
                Some(index) => {
                    let id = ours.decision.findings.get(index).map(|finding| finding.id.clone()).unwrap_or_default();
                    if !again {
                        compared.only_theirs.push(of_theirs(their, Cause::AliasTwice, id));
                    }
                }
                None if again => {}
                None => {
                    let (cause, detail) = here.why_not_ours(their, packages, ask);
                    compared.only_theirs.push(of_theirs(their, cause, detail));
                }
            }
        }
        let there = There::of(other);
        for (_, finding) in ours.decision.findings.iter().enumerate().filter(|(index, _)| !met.contains(index)) {
            compared.only_ours.push(there.why_not_theirs(finding, &here.key(finding)));
        }
        compared.only_ours.sort();
        compared.only_theirs.sort();
        compared
    }
}

/// What is here, for questions from the other.
struct Here<'a> {
    /// Position of the finding for each package, version and id.
    findings: BTreeMap<(PackageKey, &'a str), Vec<(usize, &'a str)>>,
    packages: BTreeMap<PackageKey, Vec<&'a Package>>,
    keys: BTreeMap<&'a str, PackageKey>,
}

impl<'a> Here<'a> {
    fn of(report: &ImageReport<'a>) -> Self {
        let mut here = Self { findings: BTreeMap::new(), packages: BTreeMap::new(), keys: BTreeMap::new() };
        for package in report.inventory.packages.iter().filter(|package| package.is_live()) {
            let key = PackageKey::of(package);
            here.keys.insert(&package.purl, key.clone());
            here.packages.entry(key).or_default().push(package);
        }
        for (index, finding) in report.decision.findings.iter().enumerate() {
            let key = here.key(finding);
            for id in std::iter::once(&finding.id).chain(&finding.aliases) {
                here.findings.entry((key.clone(), id)).or_default().push((index, &finding.version));
            }
        }
        here
    }

    fn key(&self, finding: &Finding) -> PackageKey {
        self.keys.get(finding.purl.as_str()).cloned().unwrap_or_else(|| PackageKey::new("", &finding.package))
    }

    fn find(&self, their: &OtherFinding) -> Option<usize> {
        let package = &their.package;
        let known = their.ids.iter().filter_map(|id| self.findings.get(&(package.key.clone(), id.as_str())));
        let same = |(_, version): &&(usize, &str)| same_version(package.kind(), version, &package.version);
        known.flatten().find(same).map(|(index, _)| *index)
    }

    fn why_not_ours(&self, their: &OtherFinding, packages: &ComparedPackages, ask: &Ask<'_>) -> (Cause, String) {
        let package = &their.package;
        let Some(here) = self.packages.get(&package.key) else {
            let why = packages.only_theirs.iter().find(|d| d.purl == package.purl && d.name == package.name);
            return (Cause::Package, why.map(|difference| difference.cause.words().to_owned()).unwrap_or_default());
        };
        let same = |our: &&&Package| same_version(package.kind(), &our.version, &package.version);
        let Some(our) = here.iter().find(same) else {
            let versions: Vec<_> = here.iter().map(|package| package.version.as_str()).collect();
            return (Cause::OtherVersion, versions.join(", "));
        };
        match ask(our, &their.ids) {
            // what affects the package is not a finding where another package answers for its files
            Opinion::Affected | Opinion::NoRecord | Opinion::NoFeed if our.provided_by.is_some() => {
                (Cause::OwnedBySystem, our.provided_by.clone().unwrap_or_default())
            }
            Opinion::Affected => (Cause::Unexplained, String::new()),
            Opinion::NoFeed => (Cause::NoFeed, String::new()),
            Opinion::NoRecord => (Cause::NoRecord, String::new()),
            Opinion::NotAffected => (Cause::NotAffected, String::new()),
            Opinion::UnderInvestigation => (Cause::UnderInvestigation, String::new()),
            Opinion::Informational => (Cause::Informational, String::new()),
            Opinion::OtherVersions(fixed) => {
                (Cause::OutOfRange, fixed.map(|fixed| format!("fixed in {fixed}")).unwrap_or_default())
            }
            Opinion::NotJudged(why) => (Cause::NoFeed, why),
        }
    }
}

/// What the other has.
struct There<'a> {
    packages: BTreeMap<&'a PackageKey, BTreeSet<&'a str>>,
    tool: &'a str,
    complete: bool,
}

impl<'a> There<'a> {
    fn of(other: &'a Other) -> Self {
        let mut packages: BTreeMap<&PackageKey, BTreeSet<&str>> = BTreeMap::new();
        for package in &other.packages {
            packages.entry(&package.key).or_default().insert(&package.version);
        }
        Self { packages, tool: other.tool, complete: other.all_packages }
    }

    fn why_not_theirs(&self, finding: &Finding, key: &PackageKey) -> FindingDifference {
        let same = |version: &&str| same_version(&key.kind, &finding.version, version);
        let (cause, detail) = match self.packages.get(key) {
            Some(versions) if versions.iter().any(same) => {
                (Cause::TheirAdvisories, finding.url.clone().unwrap_or_default())
            }
            Some(versions) => (Cause::OtherVersion, versions.iter().copied().collect::<Vec<_>>().join(", ")),
            None if self.complete => (Cause::Package, String::new()),
            // a report that lists only what it found cannot tell the one from the other
            None => (Cause::TheirAdvisories, format!("{} lists only packages with findings", self.tool)),
        };
        FindingDifference {
            cause,
            id: finding.id.clone(),
            aliases: finding.aliases.clone(),
            severity: finding.severity.name().to_owned(),
            package: finding.package.clone(),
            version: finding.version.clone(),
            purl: finding.purl.clone(),
            fixed: finding.fixed.clone(),
            detail,
        }
    }
}

fn of_theirs(finding: &OtherFinding, cause: Cause, detail: String) -> FindingDifference {
    let mut ids = finding.ids.iter().cloned();
    FindingDifference {
        cause,
        id: ids.next().unwrap_or_default(),
        aliases: ids.collect(),
        severity: finding.severity.clone(),
        package: finding.package.name.clone(),
        version: finding.package.version.clone(),
        purl: finding.package.purl.clone(),
        fixed: finding.fixed.clone(),
        detail,
    }
}
