//! SPDX 3.0.1 JSON-LD.

use std::collections::BTreeMap;

use serde::Serialize;

use super::PLACE;
use crate::sbom::{
    Head,
    document::{Component, Document, Kind, PREFIX},
};

const CREATION: &str = "_:creation";

#[derive(Serialize)]
struct Spdx<'a> {
    #[serde(rename = "@context")]
    context: &'static str,
    #[serde(rename = "@graph")]
    graph: Vec<Node<'a>>,
}

#[derive(Serialize)]
#[serde(tag = "type")]
enum Node<'a> {
    CreationInfo(CreationInfo<'a>),
    SoftwareAgent(Named),
    Tool(Named),
    SpdxDocument(Collection<'a>),
    #[serde(rename = "software_Sbom")]
    Sbom(Collection<'a>),
    #[serde(rename = "software_Package")]
    Package(Box<Package<'a>>),
    #[serde(rename = "simplelicensing_LicenseExpression")]
    License(License<'a>),
    Relationship(Relationship),
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CreationInfo<'a> {
    #[serde(rename = "@id")]
    id: &'static str,
    spec_version: &'static str,
    created: &'a str,
    created_by: [String; 1],
    created_using: [String; 1],
}

/// What every element has.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Element {
    spdx_id: String,
    creation_info: &'static str,
}

#[derive(Serialize)]
struct Named {
    #[serde(flatten)]
    element: Element,
    name: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Collection<'a> {
    #[serde(flatten)]
    element: Element,
    name: &'a str,
    profile_conformance: [&'static str; 4],
    root_element: [String; 1],
    #[serde(rename = "element")]
    elements: Vec<String>,
    #[serde(rename = "software_sbomType", skip_serializing_if = "Option::is_none")]
    kind: Option<[&'static str; 1]>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Package<'a> {
    #[serde(flatten)]
    element: Element,
    name: &'a str,
    #[serde(rename = "software_packageVersion", skip_serializing_if = "str::is_empty")]
    version: &'a str,
    #[serde(rename = "software_packageUrl", skip_serializing_if = "str::is_empty")]
    purl: &'a str,
    #[serde(rename = "software_primaryPurpose")]
    purpose: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    external_identifier: Vec<Identifier<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    verified_using: Vec<Hash<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    extension: Vec<Extension<'a>>,
}

#[derive(Serialize)]
#[serde(tag = "type", rename = "ExternalIdentifier", rename_all = "camelCase")]
struct Identifier<'a> {
    external_identifier_type: &'static str,
    identifier: &'a str,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "camelCase")]
struct Hash<'a> {
    algorithm: &'static str,
    hash_value: &'a str,
}

#[derive(Serialize)]
#[serde(tag = "type", rename = "extension_CdxPropertiesExtension")]
struct Extension<'a> {
    #[serde(rename = "extension_cdxProperty")]
    properties: Vec<Property<'a>>,
}

#[derive(Serialize)]
#[serde(tag = "type", rename = "extension_CdxPropertyEntry")]
struct Property<'a> {
    #[serde(rename = "extension_cdxPropName")]
    name: std::borrow::Cow<'a, str>,
    #[serde(rename = "extension_cdxPropValue")]
    value: std::borrow::Cow<'a, str>,
}

#[derive(Serialize)]
struct License<'a> {
    #[serde(flatten)]
    element: Element,
    #[serde(rename = "simplelicensing_licenseExpression")]
    expression: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Relationship {
    #[serde(flatten)]
    element: Element,
    from: String,
    #[serde(rename = "relationshipType")]
    kind: &'static str,
    to: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    completeness: Option<&'static str>,
}

pub(crate) fn write(document: &Document, head: &Head) -> String {
    let base = format!("urn:uuid:{}#", head.uuid);
    let mut writer = Writer { base, complete: head.complete, ..Writer::default() };
    writer.add(&document.root);
    writer.declare_licenses();
    let root = writer.component(0);
    let mut elements: Vec<_> = (0..writer.packages.len()).map(|number| writer.component(number)).collect();
    elements.extend((0..writer.licenses.len()).map(|number| writer.id("license", number)));
    elements.extend((0..writer.relationships.len()).map(|number| writer.id("relationship", number)));
    let element = |name: &str| Element { spdx_id: format!("{}{name}", writer.base), creation_info: CREATION };
    let id = |name: &str| format!("{}{name}", writer.base);
    let collection = |of: &str, root: String, elements, kind| Collection {
        element: element(of),
        name: &document.root.name,
        profile_conformance: ["core", "software", "simpleLicensing", "extension"],
        root_element: [root],
        elements,
        kind,
    };
    let mut graph = vec![
        Node::CreationInfo(CreationInfo {
            id: CREATION,
            spec_version: "3.0.1",
            created: &head.created,
            created_by: [id("agent")],
            created_using: [id("tool")],
        }),
        Node::SoftwareAgent(Named { element: element("agent"), name: "lazaret" }),
        Node::Tool(Named { element: element("tool"), name: concat!("lazaret ", env!("CARGO_PKG_VERSION")) }),
        Node::SpdxDocument(collection("document", id("sbom"), vec![id("agent"), id("tool"), id("sbom")], None)),
        Node::Sbom(collection("sbom", root, elements, Some(["analyzed"]))),
    ];
    let licenses: BTreeMap<usize, &str> = writer.licenses.iter().map(|(text, number)| (*number, *text)).collect();
    let license = |(number, expression): (usize, &'_ str)| (writer.id("license", number), expression.to_owned());
    let licenses: Vec<_> = licenses.into_iter().map(license).collect();
    graph.extend(writer.packages.into_iter().map(|package| Node::Package(Box::new(package))));
    graph.extend(licenses.iter().map(|(spdx_id, expression)| {
        let element = Element { spdx_id: spdx_id.clone(), creation_info: CREATION };
        Node::License(License { element, expression })
    }));
    graph.extend(writer.relationships.into_iter().map(Node::Relationship));
    let spdx = Spdx { context: "https://spdx.org/rdf/3.0.1/spdx-context.jsonld", graph };
    // Plain structs with text keys: nothing here can fail to be written.
    serde_json::to_string_pretty(&spdx).unwrap_or_default() + "\n"
}

#[derive(Default)]
struct Writer<'a> {
    base: String,
    complete: bool,
    packages: Vec<Package<'a>>,
    relationships: Vec<Relationship>,
    /// Number of each licence expression, in the order of the first package that declares it.
    licenses: BTreeMap<&'a str, usize>,
    /// Components by the licence that they declare.
    declared: BTreeMap<usize, Vec<usize>>,
}

impl<'a> Writer<'a> {
    fn id(&self, what: &str, number: usize) -> String {
        format!("{}{what}-{number}", self.base)
    }

    fn component(&self, number: usize) -> String {
        self.id("component", number)
    }

    /// The component, then what it contains.
    fn add(&mut self, of: &'a Component) -> usize {
        let number = self.packages.len();
        self.packages.push(package(of, self.component(number)));
        if let Some(license) = &of.license {
            let next = self.licenses.len();
            let license = *self.licenses.entry(license).or_insert(next);
            self.declared.entry(license).or_default().push(number);
        }
        let parts: Vec<_> = of.parts.iter().map(|part| self.add(part)).collect();
        if !parts.is_empty() {
            let to = parts.into_iter().map(|part| self.component(part)).collect();
            let completeness = if self.complete { "complete" } else { "incomplete" };
            self.relate(number, "contains", to, Some(completeness));
        }
        number
    }

    fn declare_licenses(&mut self) {
        for (license, components) in std::mem::take(&mut self.declared) {
            for component in components {
                self.relate(component, "hasDeclaredLicense", vec![self.id("license", license)], None);
            }
        }
    }

    fn relate(&mut self, from: usize, how: &'static str, to: Vec<String>, completeness: Option<&'static str>) {
        let spdx_id = self.id("relationship", self.relationships.len());
        let element = Element { spdx_id, creation_info: CREATION };
        let from = self.component(from);
        self.relationships.push(Relationship { element, from, kind: how, to, completeness });
    }
}

fn package(of: &Component, spdx_id: String) -> Package<'_> {
    let hash = of.version.strip_prefix("sha256:").filter(|_| of.kind == Kind::Image);
    let cpe = of.cpe.as_deref().map(|cpe| Identifier {
        external_identifier_type: if cpe.starts_with("cpe:2.3:") { "cpe23" } else { "cpe22" },
        identifier: cpe,
    });
    let mut properties: Vec<_> =
        of.properties.0.iter().map(|(name, value)| Property { name: name.into(), value: value.into() }).collect();
    properties.extend(of.places.iter().map(|place| Property {
        name: format!("{PREFIX}{PLACE}").into(),
        value: serde_json::json!([place.path, place.layer]).to_string().into(),
    }));
    Package {
        element: Element { spdx_id, creation_info: CREATION },
        name: &of.name,
        version: &of.version,
        purl: &of.purl,
        purpose: match of.kind {
            Kind::Image => "container",
            Kind::System => "operatingSystem",
            Kind::Package => "library",
            Kind::Other => "other",
        },
        external_identifier: cpe.into_iter().collect(),
        verified_using: hash.map(|hash_value| Hash { algorithm: "sha256", hash_value }).into_iter().collect(),
        extension: if properties.is_empty() { Vec::new() } else { vec![Extension { properties }] },
    }
}
