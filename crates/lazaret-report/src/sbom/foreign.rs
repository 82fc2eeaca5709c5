//! What another tool wrote, as far as packages can be judged by it. Such a bill stands in for the image but is not the
//! image: what it does not say is a problem, so that its verdict is never `allow`.

mod package;
mod system;

use std::collections::{BTreeMap, BTreeSet};

use lazaret_model::{Digest, ImageFacts, Inventory, Platform, Problem, ProblemKind};

use super::{
    Sbom, SbomImage,
    document::{Component, Document, Kind},
    purl::Purl,
};

/// What stands where the bill does not know: no rule takes it for root.
const UNKNOWN: &str = "unknown";
/// How many names of components a problem spells out.
const SHOWN: usize = 5;

/// `digest`: of the bill's bytes, which are all that is known of the image.
pub(super) fn sbom(document: &Document, digest: &Digest, stands_in: String) -> Sbom {
    let mut inventory = inventory(document);
    inventory.problems.push(Problem::new(ProblemKind::SbomOnly, "", stands_in));
    inventory.problems.sort();
    inventory.problems.dedup();
    let facts = facts(document, digest);
    Sbom { name: document.root.name.clone(), index: None, images: vec![SbomImage { facts, inventory }] }
}

fn inventory(document: &Document) -> Inventory {
    let mut found = Found::default();
    found.walk(&document.root);
    let mut problems: Vec<_> =
        document.problems.iter().map(|message| Problem::new(ProblemKind::ParseError, "", message)).collect();
    for (why, names) in &found.unjudged {
        let shown: Vec<_> = names.iter().take(SHOWN).map(String::as_str).collect();
        let more = names.len().checked_sub(SHOWN).filter(|more| *more > 0);
        let more = more.map(|more| format!(" and {more} more")).unwrap_or_default();
        let message = format!("{why}, so it cannot be judged: {}{more}", shown.join(", "));
        problems.push(Problem::new(ProblemKind::Unsupported, "", message));
    }
    let os = match system::release(&found.systems, &found.purls) {
        Ok(os) => os,
        Err(message) => {
            problems.push(Problem::new(ProblemKind::OsUnknown, "", message));
            None
        }
    };
    found.packages.sort();
    found.packages.dedup();
    let os_packages = found.packages.iter().any(|package| package.kind.is_os());
    Inventory { os, os_packages, packages: found.packages, problems, ..Inventory::default() }
}

/// What a walk through the components finds.
#[derive(Default)]
struct Found<'a> {
    packages: Vec<lazaret_model::Package>,
    systems: Vec<&'a Component>,
    purls: Vec<Purl>,
    /// Names of components by the reason why they are not judged.
    unjudged: BTreeMap<String, BTreeSet<String>>,
}

impl<'a> Found<'a> {
    fn walk(&mut self, component: &'a Component) {
        match component.kind {
            Kind::System => self.systems.push(component),
            Kind::Package => self.package(component),
            Kind::Image | Kind::Other => {}
        }
        for part in &component.parts {
            self.walk(part);
        }
    }

    fn package(&mut self, component: &Component) {
        let Some(purl) = Purl::parse(&component.purl) else {
            let why = if component.purl.is_empty() { "no package URL" } else { "its package URL is not one" };
            return self.unjudged(why.to_owned(), component);
        };
        match package::package(component, &purl) {
            Some(package) => self.packages.push(package),
            None => self.unjudged(format!("type {} is not known here", purl.kind), component),
        }
        self.purls.push(purl);
    }

    fn unjudged(&mut self, why: String, component: &Component) {
        let name = if component.name.is_empty() { "(no name)" } else { &component.name };
        self.unjudged.entry(why).or_default().insert(name.to_owned());
    }
}

fn facts(document: &Document, digest: &Digest) -> ImageFacts {
    let platform = Platform { os: UNKNOWN.to_owned(), architecture: UNKNOWN.to_owned(), variant: None };
    ImageFacts {
        digest: digest.clone(),
        digest_kind: "sbom".to_owned(),
        config: digest.clone(),
        platform,
        user: UNKNOWN.to_owned(),
        exposed_ports: Vec::new(),
        env: Vec::new(),
        entrypoint: Vec::new(),
        cmd: Vec::new(),
        labels: BTreeMap::default(),
        created: None,
        diff_ids: layers(&document.root),
        layers: Vec::new(),
        layer_sizes: Vec::new(),
        history: Vec::new(),
        base_layers: None,
    }
}

/// Diff ids that the bill names of the image, in order.
fn layers(root: &Component) -> Vec<Digest> {
    let named = root.properties.0.iter().filter(|(name, _)| name == "aquasecurity:trivy:DiffID");
    named.filter_map(|(_, value)| Digest::parse(value).ok()).collect()
}
