//! CycloneDX 1.6 JSON.

use serde::Serialize;

use super::MAVEN;
use crate::sbom::{Head, document};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Bom<'a> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    #[serde(rename = "bomFormat")]
    format: &'static str,
    spec_version: &'static str,
    serial_number: String,
    version: u32,
    metadata: Metadata<'a>,
    components: Vec<Component<'a>>,
    dependencies: Vec<Dependency>,
    compositions: [Composition; 1],
}

#[derive(Serialize)]
struct Metadata<'a> {
    timestamp: &'a str,
    tools: Tools,
    component: Component<'a>,
}

#[derive(Serialize)]
struct Tools {
    components: [Tool; 1],
}

#[derive(Serialize)]
struct Tool {
    #[serde(rename = "type")]
    kind: &'static str,
    name: &'static str,
    version: &'static str,
}

#[derive(Serialize)]
struct Component<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(rename = "bom-ref")]
    bom_ref: String,
    #[serde(skip_serializing_if = "str::is_empty")]
    group: &'a str,
    name: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    version: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    hashes: Vec<Hash<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    licenses: Vec<License<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cpe: Option<&'a str>,
    #[serde(skip_serializing_if = "str::is_empty")]
    purl: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    components: Vec<Self>,
    #[serde(skip_serializing_if = "Option::is_none")]
    evidence: Option<Evidence<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    properties: Vec<Property<'a>>,
}

#[derive(Serialize)]
struct Hash<'a> {
    alg: &'static str,
    content: &'a str,
}

#[derive(Serialize)]
struct License<'a> {
    expression: &'a str,
}

#[derive(Serialize)]
struct Evidence<'a> {
    occurrences: Vec<Occurrence<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Occurrence<'a> {
    location: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    additional_context: Option<&'a str>,
}

#[derive(Serialize)]
struct Property<'a> {
    name: &'a str,
    value: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Dependency {
    #[serde(rename = "ref")]
    of: String,
    depends_on: Vec<String>,
}

#[derive(Serialize)]
struct Composition {
    aggregate: &'static str,
    assemblies: [String; 1],
}

pub(crate) fn write(document: &document::Document, head: &Head) -> String {
    let mut refs = Refs::default();
    let mut root = refs.component(&document.root);
    let components = std::mem::take(&mut root.components);
    let top = root.bom_ref.clone();
    let bom = Bom {
        schema: "http://cyclonedx.org/schema/bom-1.6.schema.json",
        format: "CycloneDX",
        spec_version: "1.6",
        serial_number: format!("urn:uuid:{}", head.uuid),
        version: 1,
        metadata: Metadata {
            timestamp: &head.created,
            tools: Tools {
                components: [Tool { kind: "application", name: "lazaret", version: env!("CARGO_PKG_VERSION") }],
            },
            component: root,
        },
        components,
        dependencies: refs.dependencies,
        compositions: [Composition {
            aggregate: if head.complete { "complete" } else { "incomplete" },
            assemblies: [top],
        }],
    };
    // Plain structs with text keys: nothing here can fail to be written.
    serde_json::to_string_pretty(&bom).unwrap_or_default() + "\n"
}

/// Numbers the components, from the root.
#[derive(Default)]
struct Refs {
    next: usize,
    dependencies: Vec<Dependency>,
}

impl Refs {
    fn component<'a>(&mut self, of: &'a document::Component) -> Component<'a> {
        let bom_ref = format!("component-{}", self.next);
        self.next += 1;
        let slot = self.dependencies.len();
        if !of.parts.is_empty() {
            self.dependencies.push(Dependency { of: bom_ref.clone(), depends_on: Vec::new() });
        }
        let components: Vec<_> = of.parts.iter().map(|part| self.component(part)).collect();
        if let Some(dependency) = self.dependencies.get_mut(slot) {
            dependency.depends_on.extend(components.iter().map(|part| part.bom_ref.clone()));
        }
        let (group, name) = match of.name.split_once(':') {
            Some((group, name)) if of.purl.starts_with(MAVEN) && !group.is_empty() && !name.is_empty() => (group, name),
            _ => ("", of.name.as_str()),
        };
        let hash = of.version.strip_prefix("sha256:").filter(|_| of.kind == document::Kind::Image);
        Component {
            kind: match of.kind {
                document::Kind::Image => "container",
                document::Kind::System => "operating-system",
                document::Kind::Package => "library",
                document::Kind::Other => "file",
            },
            bom_ref,
            group,
            name,
            version: &of.version,
            hashes: hash.map(|content| Hash { alg: "SHA-256", content }).into_iter().collect(),
            licenses: of.license.iter().map(|expression| License { expression }).collect(),
            cpe: of.cpe.as_deref(),
            purl: &of.purl,
            components,
            evidence: (!of.places.is_empty())
                .then(|| Evidence { occurrences: of.places.iter().map(occurrence).collect() }),
            properties: of.properties.0.iter().map(|(name, value)| Property { name, value }).collect(),
        }
    }
}

fn occurrence(place: &document::Place) -> Occurrence<'_> {
    Occurrence { location: &place.path, additional_context: place.layer.as_deref() }
}
