//! An image as a component and back: facts, what its inventory knows beside packages, operating system, packages.

mod wire;

use lazaret_model::{Identified, ImageFacts, Inventory, OsRelease, Platform};
use serde::{Serialize, de::DeserializeOwned};

use super::{NotOurs, digest, package, some_digest};
use crate::sbom::{
    SbomImage,
    document::{Component, Kind, Properties},
};

pub(super) fn component(image: &SbomImage) -> Component {
    let SbomImage { facts, inventory } = image;
    let mut properties = Properties::default();
    write_facts(facts, &mut properties);
    write_inventory(inventory, &mut properties);
    let system = inventory.os.as_ref().map(system);
    let packages = inventory.packages.iter().map(package::component);
    Component {
        kind: Kind::Image,
        name: facts.digest.to_string(),
        version: facts.digest.to_string(),
        properties,
        parts: system.into_iter().chain(packages).collect(),
        ..Component::default()
    }
}

pub(super) fn image(component: &Component) -> Result<SbomImage, NotOurs> {
    let mut inventory = read_inventory(&component.properties)?;
    for part in &component.parts {
        match part.kind {
            Kind::System => inventory.os = Some(release(part)?),
            _ => inventory.packages.push(package::package(part)?),
        }
    }
    Ok(SbomImage { facts: read_facts(component)?, inventory })
}

fn write_facts(facts: &ImageFacts, to: &mut Properties) {
    to.add("digest_kind", &facts.digest_kind);
    to.add("config", facts.config.to_string());
    to.add("platform", json(&wire::platform(&facts.platform)));
    to.add("user", &facts.user);
    to.add_all("exposed_port", &facts.exposed_ports);
    to.add_all("env", &facts.env);
    to.add_all("entrypoint", &facts.entrypoint);
    to.add_all("cmd", &facts.cmd);
    to.add_all("label", facts.labels.iter().map(|(name, value)| json(&(name, value))));
    to.add_some("created", facts.created.as_ref());
    to.add_all("diff_id", &facts.diff_ids);
    to.add_all("layer", &facts.layers);
    to.add_all("layer_size", &facts.layer_sizes);
    to.add_all("history", facts.history.iter().map(|entry| json(&wire::History::from(entry))));
    to.add_some("base_layers", facts.base_layers);
}

fn read_facts(component: &Component) -> Result<ImageFacts, NotOurs> {
    let of = &component.properties;
    let texts = |name| of.all(name).map(str::to_owned).collect();
    let digests = |name| of.all(name).map(|text| digest(Some(text), name)).collect::<Result<Vec<_>, _>>();
    let platform: wire::Platform = parse(of.one("platform"), "platform")?;
    let labels: Vec<(String, String)> = parse_all(of, "label")?;
    let history: Vec<wire::History> = parse_all(of, "history")?;
    Ok(ImageFacts {
        digest: digest(Some(&component.version), "digest")?,
        digest_kind: text(of, "digest_kind")?,
        config: digest(of.one("config"), "config")?,
        platform: Platform { os: platform.os, architecture: platform.architecture, variant: platform.variant },
        user: text(of, "user")?,
        exposed_ports: texts("exposed_port"),
        env: texts("env"),
        entrypoint: texts("entrypoint"),
        cmd: texts("cmd"),
        labels: labels.into_iter().collect(),
        created: of.one("created").map(str::to_owned),
        diff_ids: digests("diff_id")?,
        layers: digests("layer")?,
        layer_sizes: numbers(of, "layer_size")?,
        history: history.into_iter().map(TryInto::try_into).collect::<Result<_, _>>()?,
        base_layers: numbers(of, "base_layers")?.into_iter().next(),
    })
}

fn write_inventory(inventory: &Inventory, to: &mut Properties) {
    to.add("os_packages", inventory.os_packages.to_string());
    to.add_all("ssh_server", &inventory.ssh_servers);
    to.add_all("problem", inventory.problems.iter().map(|problem| json(&wire::Problem::from(problem))));
    if let Some(identified) = &inventory.identified {
        // The share as text: no reader rounds it.
        let share = identified.share.to_string();
        to.add("identified", json(&wire::Identified { bytes: identified.bytes, of: identified.of, share }));
        to.add_all("unknown_file", identified.unknown.iter().map(|file| json(&wire::Unknown::from(file))));
    }
    to.add_all("secret", inventory.secrets.iter().map(|secret| json(&wire::Secret::from(secret))));
    to.add_all("malware", inventory.malware.iter().map(|malware| json(&wire::Malware::from(malware))));
    to.add_all("modified", inventory.modified.iter().map(|file| json(&wire::Modified::from(file))));
    to.add_all("detector", &inventory.detectors);
    to.add("entries", inventory.entries.to_string());
}

fn read_inventory(of: &Properties) -> Result<Inventory, NotOurs> {
    let texts = |name| of.all(name).map(str::to_owned).collect();
    let identified = of.one("identified").map(|text| identified(of, text)).transpose()?;
    Ok(Inventory {
        os: None,
        os_packages: of.one("os_packages") == Some("true"),
        packages: Vec::new(),
        ssh_servers: texts("ssh_server"),
        problems: each::<wire::Problem, _>(of, "problem")?,
        identified,
        secrets: each::<wire::Secret, _>(of, "secret")?,
        malware: each::<wire::Malware, _>(of, "malware")?,
        modified: each::<wire::Modified, _>(of, "modified")?,
        detectors: texts("detector"),
        entries: numbers(of, "entries")?.into_iter().next().ok_or_else(|| invalid("entries"))?,
    })
}

fn identified(of: &Properties, text: &str) -> Result<Identified, NotOurs> {
    let known: wire::Identified = parse(Some(text), "identified")?;
    let unknown: Vec<wire::Unknown> = parse_all(of, "unknown_file")?;
    Ok(Identified {
        bytes: known.bytes,
        of: known.of,
        share: known.share.parse().map_err(|_| invalid("identified"))?,
        unknown: unknown.into_iter().map(Into::into).collect(),
    })
}

fn system(os: &OsRelease) -> Component {
    let mut properties = Properties::default();
    properties.add("pretty_name", &os.pretty_name);
    properties.add_some("codename", os.codename.as_ref());
    properties.add_some("stream", os.stream.as_ref());
    properties.add("path", &os.path);
    Component {
        kind: Kind::System,
        name: os.id.clone(),
        version: os.version_id.clone(),
        properties,
        ..Component::default()
    }
}

fn release(component: &Component) -> Result<OsRelease, NotOurs> {
    let of = &component.properties;
    Ok(OsRelease {
        id: component.name.clone(),
        version_id: component.version.clone(),
        codename: of.one("codename").map(str::to_owned),
        pretty_name: text(of, "pretty_name")?,
        stream: of.one("stream").map(str::to_owned),
        path: text(of, "path")?,
    })
}

fn invalid(name: &str) -> NotOurs {
    NotOurs::Property(name.to_owned())
}

fn text(of: &Properties, name: &str) -> Result<String, NotOurs> {
    of.one(name).map(str::to_owned).ok_or_else(|| invalid(name))
}

fn numbers<T: std::str::FromStr>(of: &Properties, name: &str) -> Result<Vec<T>, NotOurs> {
    of.all(name).map(|text| text.parse().map_err(|_| invalid(name))).collect()
}

fn json(value: &impl Serialize) -> String {
    // Plain structs with text keys: nothing here can fail to be written.
    serde_json::to_string(value).unwrap_or_default()
}

fn parse<T: DeserializeOwned>(text: Option<&str>, name: &str) -> Result<T, NotOurs> {
    text.and_then(|text| serde_json::from_str(text).ok()).ok_or_else(|| invalid(name))
}

fn parse_all<T: DeserializeOwned>(of: &Properties, name: &str) -> Result<Vec<T>, NotOurs> {
    of.all(name).map(|text| parse(Some(text), name)).collect()
}

fn each<W: DeserializeOwned, T: TryFrom<W, Error = NotOurs>>(of: &Properties, name: &str) -> Result<Vec<T>, NotOurs> {
    parse_all::<W>(of, name)?.into_iter().map(TryInto::try_into).collect()
}
