//! Absence never approves: findings that went away without a record that says why.

use std::collections::BTreeSet;

use lazaret_advisory::matcher::component;
use lazaret_model::{Decision, Finding, Package};

use crate::{Judge, Judgement, Subject, slice::ids};

impl Judge {
    /// Ids of findings of `previous` that `new` no longer has, though no advisory record says why. A record that names
    /// the vulnerability for the package (or for the one that provides its files) explains: a fix, other ranges, an
    /// explicit withdrawal. A record that is just gone does not, nor does a package that is no longer found.
    pub fn unexplained(&self, previous: &Decision, new: &Judgement, subject: &Subject) -> Vec<String> {
        let gone = previous.findings.iter().filter(|old| !new.decision.findings.iter().any(|now| same(old, now)));
        let ids: BTreeSet<_> = gone.filter(|old| !self.explains(old, subject)).map(|old| old.id.clone()).collect();
        ids.into_iter().collect()
    }

    fn explains(&self, old: &Finding, subject: &Subject) -> bool {
        let inventory = &subject.inventory;
        let is_package =
            |p: &&Package| p.is_live() && (p.purl == old.purl || (p.name == old.package && p.version == old.version));
        let packages: Vec<_> = inventory.packages.iter().filter(is_package).collect();
        let provides = |p: &&Package| packages.iter().any(|of| of.provided_by.as_ref() == Some(&p.purl));
        let providers = inventory.packages.iter().filter(|p| p.is_live()).filter(provides);
        packages.iter().copied().chain(providers).any(|package| {
            component(package, inventory.os.as_ref()).is_ok_and(|component| {
                let records = self.advisories.lookup(&component.ecosystem, &component.name);
                records.iter().any(|record| ids(record).any(|id| is_of(old, id)))
            })
        })
    }
}

/// Whether `now` is the finding `old`, perhaps under another of its ids or a purl that is written otherwise.
fn same(old: &Finding, now: &Finding) -> bool {
    let package = old.purl == now.purl || (old.package == now.package && old.version == now.version);
    package && std::iter::once(&now.id).chain(&now.aliases).any(|id| is_of(old, id))
}

fn is_of(finding: &Finding, id: &str) -> bool {
    finding.id == id || finding.aliases.iter().any(|alias| alias == id)
}
