//! CycloneDX JSON, 1.2 to 1.6. A component that is not as the standard has it is a problem; the others are read.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::Raw;
use crate::sbom::{
    MAX_COMPONENTS, SbomError,
    document::{Component, Document, Place, Properties},
};

const FORMAT: &str = "CycloneDX";
/// Components within components.
const MAX_DEPTH: usize = 8;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Bom<'a> {
    spec_version: String,
    #[serde(borrow)]
    metadata: Option<Metadata<'a>>,
    #[serde(borrow)]
    components: Option<Vec<&'a RawValue>>,
}

#[derive(Deserialize)]
struct Metadata<'a> {
    #[serde(borrow)]
    component: Option<&'a RawValue>,
    #[serde(borrow)]
    tools: Option<&'a RawValue>,
    properties: Option<Vec<Property>>,
}

/// Up to 1.4 a list, later components.
#[derive(Deserialize)]
#[serde(untagged)]
enum Tools {
    List(Vec<Tool>),
    Components { components: Vec<Tool> },
}

#[derive(Deserialize)]
struct Tool {
    name: String,
    version: Option<String>,
}

#[derive(Deserialize)]
struct ComponentIn<'a> {
    #[serde(rename = "type")]
    kind: Option<String>,
    group: Option<String>,
    name: Option<String>,
    version: Option<String>,
    purl: Option<String>,
    cpe: Option<String>,
    licenses: Option<Vec<LicenseChoice>>,
    evidence: Option<Evidence>,
    properties: Option<Vec<Property>>,
    #[serde(borrow)]
    components: Option<Vec<&'a RawValue>>,
}

#[derive(Deserialize)]
struct Property {
    name: String,
    value: Option<String>,
}

#[derive(Deserialize)]
struct LicenseChoice {
    expression: Option<String>,
    license: Option<License>,
}

#[derive(Deserialize)]
struct License {
    id: Option<String>,
    name: Option<String>,
}

#[derive(Deserialize)]
struct Evidence {
    occurrences: Option<Vec<Occurrence>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Occurrence {
    location: String,
    additional_context: Option<String>,
}

pub(crate) fn read(text: &str) -> Result<Document, SbomError> {
    let bom: Bom<'_> = serde_json::from_str(text).map_err(|e| SbomError::malformed(FORMAT, &e))?;
    let mut reader = Reader::default();
    if !matches!(bom.spec_version.as_str(), "1.2" | "1.3" | "1.4" | "1.5" | "1.6") {
        reader.problems.push(format!("CycloneDX {} is read as 1.6", bom.spec_version));
    }
    let metadata = bom.metadata;
    let tool = metadata.as_ref().and_then(|metadata| metadata.tools).map(tool).unwrap_or_default();
    let mut root = match metadata.as_ref().and_then(|metadata| metadata.component) {
        Some(raw) => reader.component(raw, 0).unwrap_or_default(),
        None => Component { kind: crate::sbom::document::Kind::Other, ..Component::default() },
    };
    root.properties.0.extend(metadata.and_then(|m| m.properties).into_iter().flatten().map(pair));
    let parts = reader.components(bom.components, 0);
    root.parts.extend(parts);
    Ok(Document { root, tool, problems: reader.problems })
}

#[derive(Default)]
struct Reader {
    count: usize,
    problems: Vec<String>,
}

impl Reader {
    fn components(&mut self, raw: Option<Vec<&RawValue>>, depth: usize) -> Vec<Component> {
        let raw = raw.unwrap_or_default();
        if depth > MAX_DEPTH && !raw.is_empty() {
            self.problems.push(format!("components more than {MAX_DEPTH} deep are not read"));
            return Vec::new();
        }
        raw.into_iter().filter_map(|raw| self.component(raw, depth)).collect()
    }

    fn component(&mut self, raw: &RawValue, depth: usize) -> Option<Component> {
        self.count += 1;
        if self.count > MAX_COMPONENTS {
            if self.count == MAX_COMPONENTS + 1 {
                self.problems.push(format!("components after the first {MAX_COMPONENTS} are not read"));
            }
            return None;
        }
        let of: ComponentIn<'_> = match serde_json::from_str(raw.get()) {
            Ok(of) => of,
            Err(error) => {
                self.problems.push(format!("component {} cannot be read: {error}", self.count));
                return None;
            }
        };
        let places = of.evidence.and_then(|evidence| evidence.occurrences).into_iter().flatten();
        let component = Component {
            name: of.name.unwrap_or_default(),
            version: of.version.unwrap_or_default(),
            purl: of.purl.unwrap_or_default(),
            cpe: of.cpe,
            license: license(of.licenses.unwrap_or_default()),
            places: places.map(|o| Place { path: o.location, layer: o.additional_context }).collect(),
            properties: Properties(of.properties.into_iter().flatten().map(pair).collect()),
            parts: self.components(of.components, depth + 1),
            ..Component::default()
        };
        Some(Raw { kind: of.kind.unwrap_or_default(), group: of.group.unwrap_or_default(), component }.understood())
    }
}

fn pair(property: Property) -> (String, String) {
    (property.name, property.value.unwrap_or_default())
}

fn license(choices: Vec<LicenseChoice>) -> Option<String> {
    let one = |choice: LicenseChoice| {
        choice.expression.or_else(|| choice.license.and_then(|license| license.id.or(license.name)))
    };
    let all: Vec<_> = choices.into_iter().filter_map(one).collect();
    (!all.is_empty()).then(|| all.join(" AND "))
}

fn tool(raw: &RawValue) -> String {
    let tools = match serde_json::from_str(raw.get()) {
        Ok(Tools::List(tools) | Tools::Components { components: tools }) => tools,
        Err(_) => Vec::new(),
    };
    let tool = tools.into_iter().next();
    tool.map(|tool| [tool.name, tool.version.unwrap_or_default()].join(" ").trim().to_owned()).unwrap_or_default()
}
