//! A package as a component and back.

use lazaret_model::{Evidence, Package, PackageClass, PackageType, SourcePackage};

use super::{NotOurs, digest, some_digest};
use crate::sbom::document::{Component, Kind, Place, Properties, word};

pub(super) fn component(package: &Package) -> Component {
    let mut properties = Properties::default();
    properties.add("type", package.kind.name());
    if !package.class.is_installed() {
        properties.add("class", package.class.name());
    }
    properties.add_some("arch", package.arch.as_ref());
    properties.add_some("source_name", package.source.as_ref().map(|source| &source.name));
    properties.add_some("source_version", package.source.as_ref().map(|source| &source.version));
    properties.add_some("module", package.module.as_ref());
    properties.add_some("vendor", package.vendor.as_ref());
    properties.add_some("repository", package.repository.as_ref());
    properties.add_some("bundled_in", package.bundled_in.as_ref());
    properties.add_some("layer", package.layer.as_ref());
    properties.add_all("changed_in", &package.changed_in);
    properties.add_some("removed_in", package.removed_in.as_ref());
    properties.add_some("provided_by", package.provided_by.as_ref());
    if package.uncertain {
        properties.add("uncertain", "true");
    }
    let place = |evidence: &Evidence| Place {
        path: evidence.path.clone(),
        layer: evidence.layer.as_ref().map(ToString::to_string),
    };
    Component {
        kind: Kind::Package,
        name: package.name.clone(),
        version: package.version.clone(),
        purl: package.purl.clone(),
        cpe: package.cpe.clone(),
        license: package.license.clone(),
        places: package.evidence.iter().map(place).collect(),
        properties,
        parts: Vec::new(),
    }
}

pub(super) fn package(component: &Component) -> Result<Package, NotOurs> {
    let of = &component.properties;
    let text = |name| of.one(name).map(str::to_owned);
    let invalid = |name: &str| NotOurs::Property(name.to_owned());
    let evidence = |place: &Place| {
        Ok(Evidence { path: place.path.clone(), layer: some_digest(place.layer.as_ref(), "evidence")? })
    };
    Ok(Package {
        purl: component.purl.clone(),
        name: component.name.clone(),
        version: component.version.clone(),
        kind: of.one("type").and_then(word::<PackageType>).ok_or_else(|| invalid("type"))?,
        class: match of.one("class") {
            None => PackageClass::Installed,
            Some(name) => word(name).ok_or_else(|| invalid("class"))?,
        },
        arch: text("arch"),
        source: match (text("source_name"), text("source_version")) {
            (None, None) => None,
            (Some(name), Some(version)) => Some(SourcePackage { name, version }),
            _ => return Err(invalid("source_version")),
        },
        module: text("module"),
        vendor: text("vendor"),
        license: component.license.clone(),
        repository: text("repository"),
        bundled_in: text("bundled_in"),
        cpe: component.cpe.clone(),
        layer: some_digest(of.one("layer"), "layer")?,
        changed_in: of.all("changed_in").map(|text| digest(Some(text), "changed_in")).collect::<Result<_, _>>()?,
        removed_in: some_digest(of.one("removed_in"), "removed_in")?,
        provided_by: text("provided_by"),
        evidence: component.places.iter().map(evidence).collect::<Result<_, _>>()?,
        uncertain: of.one("uncertain").is_some(),
    })
}
