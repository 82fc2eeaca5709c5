//! OSV ecosystem dumps: one importer, one feed per ecosystem. <https://google.github.io/osv.dev/data/>
//!
//! `<Ecosystem>/all.zip` holds one JSON document per advisory. A member that is no OSV document fails the feed: a
//! record that is passed over in silence would read as clean.

mod archive;
mod document;
mod range;
mod severity;

use std::collections::BTreeMap;

use lazaret_model::{AdvisoryRecord, FindingStatus, Severity};
use lazaret_version::Scheme;

use super::{Feed, FeedFile, ParseError, Parsed, single};
use crate::{
    fetch::{Fetch, FetchError},
    name,
};
use document::{Affected, Document};

/// npm's dump, the largest, has about 200 MB.
const LIMIT: u64 = 2 << 30;

/// One ecosystem of OSV.
pub(crate) struct Osv {
    name: &'static str,
    ecosystems: &'static [&'static str],
    url: &'static str,
    scheme: Scheme,
}

macro_rules! ecosystem {
    ($static:ident, $ecosystem:literal, $scheme:ident) => {
        pub(crate) static $static: Osv = Osv {
            name: concat!("osv:", $ecosystem),
            ecosystems: &[$ecosystem],
            url: concat!("https://osv-vulnerabilities.storage.googleapis.com/", $ecosystem, "/all.zip"),
            scheme: Scheme::$scheme,
        };
    };
}

ecosystem!(PYPI, "PyPI", Pep440);
ecosystem!(NPM, "npm", Npm);
ecosystem!(GO, "Go", Go);
ecosystem!(MAVEN, "Maven", Maven);
ecosystem!(CRATES_IO, "crates.io", Semver);
ecosystem!(RUBYGEMS, "RubyGems", Gem);
ecosystem!(PACKAGIST, "Packagist", Composer);
ecosystem!(NUGET, "NuGet", Nuget);
ecosystem!(HEX, "Hex", Semver);
ecosystem!(PUB, "Pub", SemverBuild);
ecosystem!(CRAN, "CRAN", Dotted);
ecosystem!(HACKAGE, "Hackage", Dotted);
ecosystem!(JULIA, "Julia", SemverBuild);
ecosystem!(SWIFT, "SwiftURL", Semver);
// dpkg's order; opam has no epochs
ecosystem!(OPAM, "opam", Deb);
ecosystem!(BITNAMI, "Bitnami", Semver);

impl Feed for Osv {
    fn name(&self) -> &'static str {
        self.name
    }

    fn ecosystems(&self) -> &'static [&'static str] {
        self.ecosystems
    }

    fn fetch(&self, source: &mut dyn Fetch) -> Result<Vec<FeedFile>, FetchError> {
        Ok(vec![source.required("all.zip", self.url, LIMIT)?])
    }

    fn parse(&self, files: &[FeedFile]) -> Result<Parsed, ParseError> {
        let mut parsed = Parsed::default();
        archive::each_member(single(files)?, LIMIT, |bytes| {
            let document: Document = serde_json::from_slice(bytes).map_err(|e| e.to_string())?;
            if document.id.trim().is_empty() {
                return Err("it has no id".to_owned());
            }
            parsed.count += 1;
            parsed.records.extend(self.records(&document));
            Ok(())
        })?;
        Ok(parsed)
    }
}

impl Osv {
    /// One record per package of this ecosystem: entries for the same package are or-ed, as the specification says.
    fn records(&self, document: &Document) -> Vec<AdvisoryRecord> {
        let mut records: BTreeMap<(String, bool), AdvisoryRecord> = BTreeMap::new();
        let withdrawn = document.withdrawn.is_some();
        for affected in document.affected.iter().flatten() {
            let Some(package) = &affected.package else { continue };
            if !self.ecosystems.contains(&name::base(&package.ecosystem)) {
                continue;
            }
            let name = name::normal_name(self.ecosystems[0], &package.name);
            let (ranges, versions) = if withdrawn { (Vec::new(), Vec::new()) } else { self.versions(affected) };
            if ranges.is_empty() && versions.is_empty() && !withdrawn {
                continue;
            }
            let record = records
                .entry((name, affected.is_informational()))
                .or_insert_with_key(|(name, informational)| self.empty(document, affected, name, *informational));
            record.ranges.extend(ranges);
            record.versions.extend(versions);
            if record.severity == Severity::Unknown {
                (record.severity, record.cvss) = severity::rate(document, affected);
            }
        }
        let mut records: Vec<_> = records.into_values().collect();
        for record in &mut records {
            record.ranges.sort();
            record.ranges.dedup();
            record.versions.sort();
            record.versions.dedup();
        }
        records
    }

    fn empty(&self, document: &Document, affected: &Affected, name: &str, informational: bool) -> AdvisoryRecord {
        let (severity, cvss) = severity::rate(document, affected);
        AdvisoryRecord {
            id: document.id.trim().to_owned(),
            aliases: document.aliases(),
            feed: self.name.to_owned(),
            ecosystem: self.ecosystems[0].to_owned(),
            package: name.to_owned(),
            scheme: self.scheme.name().to_owned(),
            ranges: Vec::new(),
            versions: Vec::new(),
            status: if document.withdrawn.is_some() { FindingStatus::NotAffected } else { FindingStatus::Affected },
            severity,
            cvss,
            summary: document.summary(),
            url: Some(format!("https://osv.dev/vulnerability/{}", document.id.trim())),
            informational,
        }
    }

    /// The ranges of one entry, and the versions that it lists beside them. A listed version that a range contains
    /// adds nothing to the union, so it is left out.
    fn versions(&self, affected: &Affected) -> (Vec<lazaret_model::AffectedRange>, Vec<String>) {
        let bound = affected.last_known();
        let ranges: Vec<_> = affected
            .ranges
            .iter()
            .flatten()
            .filter(|range| range.kind != "GIT")
            .flat_map(|range| range::intervals(self.scheme, &range.events, bound))
            .collect();
        let versions = affected.versions.iter().flatten();
        let versions =
            versions.filter(|v| !ranges.iter().any(|range| crate::matcher::contains(self.scheme, range, v))).cloned();
        let versions = versions.collect();
        (ranges, versions)
    }
}

#[cfg(test)]
mod tests;
