//! syft's own JSON (`syft -o json`), read. An artifact that is not as syft writes it is a problem; the others are read.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::sbom::{
    MAX_COMPONENTS, SbomError,
    document::{Component, Document, Kind, Place},
};

const FORMAT: &str = "syft";

#[derive(Deserialize)]
struct Syft<'a> {
    #[serde(borrow)]
    artifacts: Vec<&'a RawValue>,
    source: Option<Source>,
    distro: Option<Distro>,
    descriptor: Option<Descriptor>,
}

#[derive(Deserialize)]
struct Source {
    name: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Distro {
    id: Option<String>,
    /// Before schema 3, in place of `id`.
    name: Option<String>,
    #[serde(rename = "versionID")]
    version_id: Option<String>,
    version: Option<String>,
    pretty_name: Option<String>,
    version_codename: Option<String>,
}

#[derive(Deserialize)]
struct Descriptor {
    name: String,
    version: Option<String>,
}

#[derive(Deserialize)]
struct Artifact {
    name: String,
    version: Option<String>,
    purl: Option<String>,
    #[serde(default)]
    cpes: Vec<Cpe>,
    #[serde(default)]
    locations: Vec<Location>,
    #[serde(default)]
    licenses: Vec<License>,
    metadata: Option<Metadata>,
}

/// Since schema 16 with the way it was made.
#[derive(Deserialize)]
#[serde(untagged)]
enum Cpe {
    Text(String),
    Made { cpe: String },
}

#[derive(Deserialize)]
struct Location {
    path: String,
    #[serde(rename = "layerID")]
    layer: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum License {
    Text(String),
    Known {
        value: Option<String>,
        #[serde(rename = "spdxExpression")]
        expression: Option<String>,
    },
}

/// Only what names the source package; other kinds of metadata have none of these, or not as text.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    #[serde(default, deserialize_with = "text")]
    source: Option<String>,
    #[serde(default, deserialize_with = "text")]
    source_version: Option<String>,
    #[serde(default, deserialize_with = "text")]
    origin_package: Option<String>,
    #[serde(default, deserialize_with = "text")]
    source_rpm: Option<String>,
}

fn text<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Value {
        Text(String),
        Other(serde::de::IgnoredAny),
    }
    Ok(match Value::deserialize(from)? {
        Value::Text(text) => Some(text),
        Value::Other(_) => None,
    })
}

pub(crate) fn read(text: &str) -> Result<Document, SbomError> {
    let syft: Syft<'_> = serde_json::from_str(text).map_err(|e| SbomError::malformed(FORMAT, &e))?;
    let mut problems = Vec::new();
    let mut parts: Vec<_> = syft.distro.and_then(system).into_iter().collect();
    for (index, raw) in syft.artifacts.into_iter().enumerate() {
        if index >= MAX_COMPONENTS {
            problems.push(format!("artifacts after the first {MAX_COMPONENTS} are not read"));
            break;
        }
        match serde_json::from_str(raw.get()) {
            Ok(artifact) => parts.push(component(artifact)),
            Err(error) => problems.push(format!("artifact {} cannot be read: {error}", index + 1)),
        }
    }
    let name = syft.source.and_then(|source| source.name).unwrap_or_default();
    let root = Component { kind: Kind::Image, name, parts, ..Component::default() };
    let tool = syft.descriptor.map(|tool| [tool.name, tool.version.unwrap_or_default()].join(" "));
    Ok(Document { root, tool: tool.unwrap_or_else(|| "syft".to_owned()).trim().to_owned(), problems })
}

fn system(distro: Distro) -> Option<Component> {
    let name = distro.id.or(distro.name).filter(|name| !name.is_empty())?;
    let mut system = Component {
        kind: Kind::System,
        name,
        version: distro.version_id.or(distro.version).unwrap_or_default(),
        ..Component::default()
    };
    for (key, value) in [("prettyName", distro.pretty_name), ("versionCodename", distro.version_codename)] {
        if let Some(value) = value {
            system.properties.0.push((format!("syft:distro:{key}"), value));
        }
    }
    Some(system)
}

fn component(artifact: Artifact) -> Component {
    let cpe = artifact.cpes.into_iter().next().map(|cpe| match cpe {
        Cpe::Text(cpe) | Cpe::Made { cpe } => cpe,
    });
    let licenses = artifact.licenses.into_iter().filter_map(|license| match license {
        License::Text(text) => Some(text),
        License::Known { value, expression } => expression.filter(|text| !text.is_empty()).or(value),
    });
    let licenses: Vec<_> = licenses.collect();
    let metadata = artifact.metadata.unwrap_or_default();
    let mut component = Component {
        name: artifact.name,
        version: artifact.version.unwrap_or_default(),
        purl: artifact.purl.unwrap_or_default(),
        cpe,
        license: (!licenses.is_empty()).then(|| licenses.join(" AND ")),
        places: artifact.locations.into_iter().map(|at| Place { path: at.path, layer: at.layer }).collect(),
        ..Component::default()
    };
    for (key, value) in [
        ("source", metadata.source),
        ("sourceVersion", metadata.source_version),
        ("originPackage", metadata.origin_package),
        ("sourceRpm", metadata.source_rpm),
    ] {
        if let Some(value) = value {
            component.properties.0.push((format!("syft:metadata:{key}"), value));
        }
    }
    component
}
