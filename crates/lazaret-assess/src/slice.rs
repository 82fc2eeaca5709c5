//! The part of a snapshot that one judgement uses, by content. A verdict is computed from this alone, so a replay
//! from stored documents goes the same way as the first judgement.

use std::collections::{BTreeMap, BTreeSet};

use lazaret_advisory::matcher::{Component, NoComponent, component, match_records};
use lazaret_model::{AdvisoryRecord, Digest, FindingStatus, OsRelease, Package, PackageType};

use crate::{
    Advisories, Enriched, JudgeSettings, Subject,
    document::{self, Document, RecordSet, SLICE_SCHEMA, SliceDocument},
};

/// Records of one package, in the order of their ids, with the digests of their documents.
#[derive(Clone, Default, Debug)]
pub(crate) struct Set {
    pub(crate) known: u64,
    pub(crate) records: Vec<AdvisoryRecord>,
    pub(crate) digests: Vec<Digest>,
}

/// A slice: its document, and the records that the document names.
pub(crate) struct Slice {
    pub(crate) document: SliceDocument,
    sets: BTreeMap<(String, String), Set>,
}

/// Ecosystem and package.
type Name = (String, String);

impl Slice {
    /// Takes from a snapshot what judging `subject` needs. Also gives the documents of the records.
    pub(crate) fn gather(
        advisories: &dyn Advisories,
        subject: &Subject,
        settings: JudgeSettings,
    ) -> Result<(Self, Vec<Document>), serde_json::Error> {
        let components = components(subject);
        let mut chosen: BTreeMap<Name, (u64, BTreeSet<AdvisoryRecord>)> = BTreeMap::new();
        for (name, components) in by_name(&components) {
            let records = advisories.lookup(&name.0, &name.1);
            let hits: BTreeSet<_> =
                components.iter().flat_map(|c| match_records(c, &records)).map(|m| m.record).collect();
            if !hits.is_empty() {
                let ids = hits.iter().filter_map(|hit| records.get(*hit)).flat_map(ids).collect();
                let hit = |index: usize, record: &AdvisoryRecord| hits.contains(&index) || suppresses(record, &ids);
                let used = records.iter().enumerate().filter(|(i, r)| hit(*i, r)).map(|(_, r)| r.clone()).collect();
                chosen.insert(name, (count(&records), used));
            }
        }
        for (language, provider) in covered(subject) {
            let Some((_, records)) = chosen.get(&(language.ecosystem, language.name)) else { continue };
            let records: Vec<_> = records.iter().cloned().collect();
            let ids: BTreeSet<_> = records.iter().flat_map(ids).collect();
            let name = (provider.ecosystem, provider.name);
            let statements = advisories.lookup(&name.0, &name.1);
            let stated: Vec<_> = statements.iter().filter(|r| self::ids(r).any(|id| ids.contains(id))).collect();
            let stated_ids = stated.iter().flat_map(|r| self::ids(r)).collect();
            let suppressors = statements.iter().filter(|record| suppresses(record, &stated_ids));
            let (known, used) = chosen.entry(name).or_default();
            *known = count(&statements);
            used.extend(stated.iter().copied().chain(suppressors).cloned());
        }
        let versionless = all_versionless(subject);
        for component in &versionless {
            let known = count(&advisories.lookup(&component.ecosystem, &component.name));
            if known > 0 {
                chosen.entry((component.ecosystem.clone(), component.name.clone())).or_default().0 = known;
            }
        }
        let ecosystems = components.iter().chain(&versionless).map(|component| component.ecosystem.clone()).collect();
        Self::assemble(advisories, subject, settings, ecosystems, chosen)
    }

    fn assemble(
        advisories: &dyn Advisories,
        subject: &Subject,
        settings: JudgeSettings,
        mut ecosystems: BTreeSet<String>,
        chosen: BTreeMap<Name, (u64, BTreeSet<AdvisoryRecord>)>,
    ) -> Result<(Self, Vec<Document>), serde_json::Error> {
        let mut enrichment = BTreeMap::new();
        let (mut documents, mut sets, mut listed) = (BTreeMap::new(), BTreeMap::new(), Vec::new());
        for (name, (known, records)) in chosen {
            let mut set = Set { known, ..Set::default() };
            for record in records {
                for cve in ids(&record).filter(|id| is_cve(id)) {
                    let enriched = advisories.enrich(cve);
                    if enriched != Enriched::default() {
                        enrichment.insert(cve.to_owned(), enriched);
                    }
                }
                let (digest, bytes) = document::record(&record)?;
                documents.insert(digest.clone(), bytes);
                set.digests.push(digest);
                set.records.push(record);
            }
            let (ecosystem, package) = name.clone();
            listed.push(RecordSet { ecosystem, package, known, records: set.digests.clone() });
            sets.insert(name, set);
        }
        let os = subject.inventory.os.as_ref();
        let stream = os.filter(|_| subject.inventory.os_packages).and_then(|os| os.stream.clone());
        ecosystems.extend(stream);
        let info = advisories.info();
        let document = SliceDocument {
            schema: SLICE_SCHEMA.to_owned(),
            snapshot: info.id.clone(),
            starter: info.starter,
            accepted: info.starter && settings.accept_starter,
            max_age_s: settings.max_age.as_secs(),
            feeds: info.feeds.clone(),
            answering: ecosystems.into_iter().map(|e| (e.clone(), advisories.feeds_for(&e))).collect(),
            end_of_life: os.and_then(|os| advisories.end_of_life(&os.id, &os.version_id)),
            enrichment,
            records: listed,
        };
        Ok((Self { document, sets }, documents.into_iter().collect()))
    }

    /// A stored slice: `record` gives a record by its digest.
    pub(crate) fn restore<E>(
        document: SliceDocument,
        record: impl Fn(&Digest) -> Result<AdvisoryRecord, E>,
    ) -> Result<Self, E> {
        let mut sets = BTreeMap::new();
        for RecordSet { ecosystem, package, known, records: digests } in &document.records {
            let records = digests.iter().map(&record).collect::<Result<_, E>>()?;
            let set = Set { known: *known, records, digests: digests.clone() };
            sets.insert((ecosystem.clone(), package.clone()), set);
        }
        Ok(Self { document, sets })
    }

    /// What the slice has about a component's package.
    pub(crate) fn set(&self, component: &Component) -> Option<&Set> {
        self.sets.get(&(component.ecosystem.clone(), component.name.clone()))
    }
}

/// The component that a package without a version would be, with a version that means nothing; only where the name is
/// certain, as Go's build information and Composer's list make it.
pub(crate) fn versionless(package: &Package, os: Option<&OsRelease>) -> Option<Component> {
    let named = matches!(package.kind, PackageType::Golang | PackageType::Composer);
    if !named || component(package, os) != Err(NoComponent::Version) {
        return None;
    }
    component(&Package { version: "0".to_owned(), ..package.clone() }, os).ok()
}

/// Id and aliases.
pub(crate) fn ids(record: &AdvisoryRecord) -> impl Iterator<Item = &str> {
    std::iter::once(&record.id).chain(&record.aliases).map(String::as_str)
}

pub(crate) fn is_cve(id: &str) -> bool {
    id.starts_with("CVE-")
}

/// Whether the record is an explicit statement that takes one of `ids` back.
fn suppresses(record: &AdvisoryRecord, among: &BTreeSet<&str>) -> bool {
    record.status == FindingStatus::NotAffected && ids(record).any(|id| among.contains(id))
}

fn count(records: &[AdvisoryRecord]) -> u64 {
    records.len().try_into().unwrap_or(u64::MAX)
}

/// Distinct components of the live packages.
fn components(subject: &Subject) -> BTreeSet<Component> {
    let os = subject.inventory.os.as_ref();
    subject.inventory.packages.iter().filter(|p| p.is_judged()).filter_map(|p| component(p, os).ok()).collect()
}

/// Live packages whose version is not known: it only matters when there is a record about them.
fn all_versionless(subject: &Subject) -> BTreeSet<Component> {
    let os = subject.inventory.os.as_ref();
    let live = subject.inventory.packages.iter().filter(|package| package.is_judged());
    live.filter_map(|package| versionless(package, os)).collect()
}

fn by_name(components: &BTreeSet<Component>) -> BTreeMap<Name, Vec<&Component>> {
    let mut names: BTreeMap<Name, Vec<&Component>> = BTreeMap::new();
    for component in components {
        names.entry((component.ecosystem.clone(), component.name.clone())).or_default().push(component);
    }
    names
}

/// Language packages with the operating system's package that provides their files.
fn covered(subject: &Subject) -> BTreeSet<(Component, Component)> {
    let os = subject.inventory.os.as_ref();
    let live = || subject.inventory.packages.iter().filter(|package| package.is_judged());
    let providers: BTreeMap<_, _> = live().filter(|p| p.kind.is_os()).map(|p| (p.purl.as_str(), p)).collect();
    let pair = |package: &Package| {
        let provider = providers.get(package.provided_by.as_deref()?)?;
        Some((component(package, os).ok()?, component(provider, os).ok()?))
    };
    live().filter_map(pair).collect()
}
