//! What the advisory data says of one vulnerability of one package, also where that is no finding: for people who ask
//! why another scanner reports it.

use std::collections::BTreeSet;

use lazaret_advisory::matcher::{component, match_records};
use lazaret_model::{FindingStatus, OsRelease, Package};

use crate::{Judge, slice::ids};

/// The answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Stance {
    /// A record affects this version.
    Affected,
    /// No feed answers for the ecosystem.
    NoFeed,
    /// No record names the vulnerability and the package together.
    NoRecord,
    NotAffected,
    UnderInvestigation,
    Informational,
    /// Records name the package, and other versions of it; with the first fixed version that one of them tells.
    OtherVersions(Option<String>),
    /// Why the package cannot be matched.
    NotJudged(String),
}

impl Judge {
    /// `vulnerability`: any ids of it.
    pub fn stance(&self, package: &Package, os: Option<&OsRelease>, vulnerability: &[String]) -> Stance {
        let component = match component(package, os) {
            Ok(component) => component,
            Err(why) => return Stance::NotJudged(why.to_string()),
        };
        if self.advisories.feeds_for(&component.ecosystem).is_empty() {
            return Stance::NoFeed;
        }
        let records = self.advisories.lookup(&component.ecosystem, &component.name);
        // one more step over aliases: the other tool may know the vulnerability by an id of another publisher
        let asked: BTreeSet<&str> = vulnerability.iter().map(String::as_str).collect();
        let all: BTreeSet<&str> = records
            .iter()
            .filter(|record| ids(record).any(|id| asked.contains(id)))
            .flat_map(ids)
            .chain(asked.iter().copied())
            .collect();
        let about: Vec<_> = records.iter().filter(|record| ids(record).any(|id| all.contains(id))).collect();
        let is = |status: FindingStatus| about.iter().any(|record| record.status == status);
        let matched = match_records(&component, &records);
        let affects = matched.iter().filter_map(|found| records.get(found.record)).any(|r| about.contains(&r));
        if about.is_empty() {
            Stance::NoRecord
        } else if affects {
            Stance::Affected
        } else if is(FindingStatus::NotAffected) {
            Stance::NotAffected
        } else if about.iter().all(|record| record.informational) {
            Stance::Informational
        } else if is(FindingStatus::UnderInvestigation) {
            Stance::UnderInvestigation
        } else {
            let fixed = about.iter().flat_map(|record| &record.ranges).find_map(|range| range.fixed.clone());
            Stance::OtherVersions(fixed.filter(|fixed| fixed != "0"))
        }
    }
}
