//! Components of Bitnami's images: `opt/bitnami/**/.spdx-<name>.spdx`, an SPDX document (JSON, before 2024 also tags)
//! beside each component, and `.bitnami_components.json` of older images.

use std::collections::BTreeMap;

use lazaret_model::PackageType;
use lazaret_oci::{Body, Limits};
use serde::Deserialize;

use super::{Candidate, Detector, Interest, dpkg::Faults};
use crate::{
    content,
    layer::{FileFacts, FoundPackage, Root},
    license,
    room::Room,
};

pub(crate) struct Bitnami;

impl Detector for Bitnami {
    fn id(&self) -> &'static str {
        "bitnami"
    }

    fn version(&self) -> u32 {
        1
    }

    fn doc(&self) -> &'static str {
        "https://github.com/bitnami/vulndb"
    }

    fn interest(&self, file: &Candidate<'_>) -> Interest {
        let document = file.name.starts_with(".spdx-") && file.name.as_bytes().ends_with(b".spdx");
        let named = document || file.name == ".bitnami_components.json";
        if named && in_bitnami(file.directory()) { Interest::Content } else { Interest::No }
    }

    fn detect(&self, file: &Candidate<'_>, body: &Body<'_>, limits: &Limits, facts: &mut FileFacts) {
        let Some(bytes) = content::document(body, limits, facts) else { return };
        let (mut room, mut faults) = (Room::default(), Faults::default());
        if file.name == ".bitnami_components.json" {
            match serde_json::from_slice::<BTreeMap<String, Component>>(&bytes) {
                Ok(components) => {
                    for (name, component) in components {
                        let root = format!("{}/{name}", file.directory());
                        let version = component.version.unwrap_or_default();
                        let package = FoundPackage {
                            arch: component.arch,
                            roots: vec![Root { path: root, everything: true }],
                            ..FoundPackage::new(PackageType::Bitnami, name, version)
                        };
                        room.add(facts, package);
                    }
                }
                Err(error) => facts.not_understood(format!("not a list of Bitnami's components: {error}")),
            }
            return;
        }
        let items = if bytes.trim_ascii_start().starts_with(b"{") {
            match serde_json::from_slice::<Document>(&bytes) {
                Ok(document) => document.packages.into_iter().map(Item::of).collect(),
                Err(error) => return facts.not_understood(format!("not an SPDX document: {error}")),
            }
        } else {
            tagged(&String::from_utf8_lossy(&bytes))
        };
        let mut any = false;
        for item in items {
            let Some((name, version)) = item.purl.as_deref().and_then(component) else { continue };
            any = true;
            if version.is_empty() {
                faults.push(facts, format!("{name}: no version"));
            }
            let mut package = FoundPackage {
                license: item.license.as_deref().and_then(license::normalise),
                arch: item.purl.as_deref().and_then(arch).map(str::to_owned),
                ..FoundPackage::new(PackageType::Bitnami, name, version)
            };
            // the document lies in the component's directory; what else it names is inside
            package.roots.push(Root { path: file.directory().to_owned(), everything: true });
            room.add(facts, package);
        }
        if !any {
            faults.push(facts, "an SPDX document that names no component of Bitnami".to_owned());
        }
        faults.sum_up(facts);
    }
}

/// `opt/bitnami` itself or below, under any root.
fn in_bitnami(directory: &str) -> bool {
    let start = directory.strip_prefix("opt/bitnami").is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    start || directory.contains("/opt/bitnami/") || directory.ends_with("/opt/bitnami")
}

#[derive(Deserialize)]
struct Component {
    version: Option<String>,
    arch: Option<String>,
}

#[derive(Deserialize)]
struct Document {
    packages: Vec<Described>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Described {
    license_declared: Option<String>,
    #[serde(default)]
    external_refs: Vec<Reference>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Reference {
    #[serde(default)]
    reference_type: String,
    #[serde(default)]
    reference_locator: String,
}

#[derive(Default)]
struct Item {
    purl: Option<String>,
    license: Option<String>,
}

impl Item {
    fn of(described: Described) -> Self {
        let is_purl = |reference: &Reference| reference.reference_type == "purl";
        let purl = described.external_refs.into_iter().find(is_purl).map(|reference| reference.reference_locator);
        Self { purl, license: described.license_declared }
    }
}

/// Packages of a document in the tag form.
fn tagged(text: &str) -> Vec<Item> {
    let mut items: Vec<Item> = Vec::new();
    for line in text.lines() {
        let Some((tag, value)) = line.split_once(':') else { continue };
        let value = value.trim();
        match (tag.trim(), items.last_mut()) {
            ("PackageName", _) => items.push(Item::default()),
            ("PackageLicenseDeclared", Some(item)) => item.license = Some(value.to_owned()),
            ("ExternalRef", Some(item)) => {
                if let Some((_, purl)) = value.split_once(" purl ") {
                    item.purl = Some(purl.trim().to_owned());
                }
            }
            _ => {}
        }
    }
    items
}

/// Name and version of `pkg:bitnami/<name>@<version>?...`; others are not components of their own.
fn component(purl: &str) -> Option<(String, String)> {
    let rest = purl.strip_prefix("pkg:bitnami/")?;
    let rest = rest.split(['?', '#']).next()?;
    let (name, version) = rest.split_once('@').unwrap_or((rest, ""));
    let name = decoded(name);
    (!name.is_empty() && !name.contains(char::is_whitespace)).then(|| (name, decoded(version)))
}

fn arch(purl: &str) -> Option<&str> {
    purl.split_once('?')?.1.split('&').find_map(|pair| pair.strip_prefix("arch=")).filter(|arch| !arch.is_empty())
}

fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let (mut out, mut at) = (Vec::with_capacity(bytes.len()), 0);
    while let Some(byte) = bytes.get(at) {
        let pair = bytes.get(at + 1..at + 3).filter(|_| *byte == b'%');
        let value =
            pair.and_then(|pair| std::str::from_utf8(pair).ok()).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        out.push(value.unwrap_or(*byte));
        at += if value.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{damage, names, read};

    const JSON: &[u8] = include_bytes!("../../testdata/bitnami/.spdx-postgresql.spdx");
    const TAGS: &[u8] = include_bytes!("../../testdata/bitnami/.spdx-redis.spdx");

    #[test]
    fn documents() {
        let facts = read(&Bitnami, "opt/bitnami/postgresql/.spdx-postgresql.spdx", JSON);
        assert_eq!(facts.problems, []);
        assert_eq!(names(&facts)[..2], ["postgresql 17.2.0-8", "geos 3.13.0"]);
        assert_eq!(facts.packages[0].license.as_deref(), Some("PostgreSQL"));
        assert_eq!(facts.packages[0].arch.as_deref(), Some("arm64"));
        assert_eq!(facts.packages[0].roots[0].path, "opt/bitnami/postgresql");
        let facts = read(&Bitnami, "r/opt/bitnami/redis/.spdx-redis.spdx", TAGS);
        assert_eq!((names(&facts), facts.problems.len()), (vec!["redis 7.4.1-0".to_owned()], 0));
    }

    #[test]
    fn the_older_list() {
        let text =
            br#"{"gosu":{"arch":"amd64","digest":"16","distro":"debian-10","type":"NAMI","version":"1.14.0-1"}}"#;
        let facts = read(&Bitnami, "opt/bitnami/.bitnami_components.json", text);
        assert_eq!(
            (names(&facts), facts.packages[0].roots[0].path.as_str()),
            (vec!["gosu 1.14.0-1".to_owned()], "opt/bitnami/gosu")
        );
    }

    #[test]
    fn damaged_files() {
        damage(&Bitnami, "opt/bitnami/postgresql/.spdx-postgresql.spdx", JSON);
        assert!(!read(&Bitnami, "opt/bitnami/a/.spdx-a.spdx", b"garbage").problems.is_empty());
    }
}
