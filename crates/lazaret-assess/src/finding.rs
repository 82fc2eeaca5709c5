//! From packages and records to findings: one per package and alias closure.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

use lazaret_advisory::matcher::{Component, component, match_records};
use lazaret_model::{Confidence, Digest, Finding, FindingStatus, ImageFacts, Package, Severity};

use crate::{
    Enriched, Subject,
    closure::{Closure, Match, closures},
    slice::{Slice, ids, is_cve},
};

/// Distributions whose data names every vulnerability of each package that it knows, unfixed ones included: silence
/// about a vulnerability of a known package is a statement.
const COMPREHENSIVE: [&str; 1] = ["Debian"];

/// Every finding, worst first.
pub(crate) fn findings(subject: &Subject, slice: &Slice) -> Vec<Finding> {
    let mut by_purl: BTreeMap<&str, Vec<&Package>> = BTreeMap::new();
    for package in subject.inventory.packages.iter().filter(|package| package.is_judged()) {
        by_purl.entry(&package.purl).or_default().push(package);
    }
    let mut findings: Vec<_> = by_purl.values().flat_map(|packages| of_package(packages, subject, slice)).collect();
    findings.sort_by(|a, b| order(a).cmp(&order(b)));
    findings
}

fn order(finding: &Finding) -> (Reverse<Severity>, &str, &str, &str, &str) {
    (Reverse(finding.severity), &finding.package, &finding.version, &finding.purl, &finding.id)
}

/// `packages` have the same purl: copies of one package in several places.
fn of_package(packages: &[&Package], subject: &Subject, slice: &Slice) -> Vec<Finding> {
    let os = subject.inventory.os.as_ref();
    // The copy in the lowest layer introduced it; one that nothing else answers for counts before one that is covered.
    let by_rank =
        |package: &&&Package| (package.provided_by.is_some(), position(package.layer.as_ref(), &subject.facts));
    let Some(package) = packages.iter().min_by_key(by_rank) else { return Vec::new() };
    let Ok(component) = component(package, os) else { return Vec::new() };
    let Some(set) = slice.set(&component) else { return Vec::new() };
    let matches: Vec<_> = match_records(&component, &set.records)
        .into_iter()
        .filter_map(|found| {
            let (record, digest) = (set.records.get(found.record)?, set.digests.get(found.record)?);
            Some(Match { record, digest, fixed: found.fixed, confidence: found.confidence })
        })
        .filter(|found| !found.record.informational && counts(found.record.status))
        .collect();
    closures(&matches)
        .iter()
        .filter_map(|closure| {
            let confidence = match answer(package, closure, subject, slice) {
                Answer::Ours => closure.members.iter().map(|m| m.confidence).max().unwrap_or_default(),
                Answer::Nobody => Confidence::Low,
                Answer::Distribution => return None,
            };
            Some(finding(package, closure, confidence, &subject.facts, slice))
        })
        .collect()
}

/// Not affected is none; under investigation is not yet one.
fn counts(status: FindingStatus) -> bool {
    !matches!(status, FindingStatus::NotAffected | FindingStatus::UnderInvestigation)
}

/// Who answers for a vulnerability of a package.
enum Answer {
    /// No other package provides its files.
    Ours,
    /// The distribution, with a finding about its own package or with a statement that there is none.
    Distribution,
    /// The distribution provides the files and says nothing about this.
    Nobody,
}

fn answer(package: &Package, closure: &Closure<'_, '_>, subject: &Subject, slice: &Slice) -> Answer {
    let Some(purl) = &package.provided_by else { return Answer::Ours };
    let Some(provider) = provider(purl, subject) else { return Answer::Nobody };
    let Some(set) = slice.set(&provider) else { return Answer::Nobody };
    let all: BTreeSet<&str> =
        closure.aliases.iter().map(String::as_str).chain(std::iter::once(closure.id.as_str())).collect();
    let mut stated = set.records.iter().filter(|record| ids(record).any(|id| all.contains(id))).peekable();
    if stated.peek().is_some() {
        // A statement that is still being made is none.
        let made = stated.any(|record| record.status != FindingStatus::UnderInvestigation);
        return if made { Answer::Distribution } else { Answer::Nobody };
    }
    let distribution = provider.ecosystem.split(':').next().unwrap_or_default();
    let comprehensive = COMPREHENSIVE.contains(&distribution) && !slice.document.starter && set.known > 0;
    if comprehensive { Answer::Distribution } else { Answer::Nobody }
}

fn provider(purl: &str, subject: &Subject) -> Option<Component> {
    let packages = subject.inventory.packages.iter();
    let package = packages.filter(|p| p.is_live() && p.kind.is_os()).find(|p| p.purl == purl)?;
    component(package, subject.inventory.os.as_ref()).ok()
}

fn finding(
    package: &Package,
    closure: &Closure<'_, '_>,
    confidence: Confidence,
    facts: &ImageFacts,
    slice: &Slice,
) -> Finding {
    let members = &closure.members;
    let mut records: Vec<_> = members.iter().map(|m| m.digest.clone()).collect();
    records.sort();
    records.dedup();
    let severities = members.iter().map(|m| m.record.severity);
    let enriched = enriched(closure, slice);
    Finding {
        id: closure.id.clone(),
        aliases: closure.aliases.clone(),
        purl: package.purl.clone(),
        package: package.name.clone(),
        version: package.version.clone(),
        severity: severities.clone().find(|severity| *severity != Severity::Unknown).unwrap_or_default(),
        status: members.first().map(|m| m.record.status).unwrap_or_default(),
        confidence,
        fixed: members.iter().find_map(|m| m.fixed.clone()),
        layer: package.layer.clone(),
        base: base(package.layer.as_ref(), facts),
        summary: members.iter().map(|m| &m.record.summary).find(|s| !s.is_empty()).cloned().unwrap_or_default(),
        url: members.iter().find_map(|m| m.record.url.clone()),
        exploited: enriched.exploited,
        epss: enriched.epss,
        records,
    }
}

/// Of all CVEs of a closure: exploited if one is, the highest probability.
fn enriched(closure: &Closure<'_, '_>, slice: &Slice) -> Enriched {
    let cves = std::iter::once(&closure.id).chain(&closure.aliases).filter(|id| is_cve(id));
    let known: Vec<_> = cves.filter_map(|cve| slice.document.enrichment.get(cve)).collect();
    let value = |text: &&String| text.parse::<f64>().unwrap_or(0.0);
    let epss = known.iter().filter_map(|e| e.epss.as_ref()).max_by(|a, b| value(a).total_cmp(&value(b)));
    Enriched { exploited: known.iter().any(|e| e.exploited), epss: epss.cloned() }
}

fn position(layer: Option<&Digest>, facts: &ImageFacts) -> Option<usize> {
    facts.diff_ids.iter().position(|diff_id| Some(diff_id) == layer)
}

fn base(layer: Option<&Digest>, facts: &ImageFacts) -> Option<bool> {
    Some(position(layer, facts)? < facts.base_layers?)
}
