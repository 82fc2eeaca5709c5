//! SPDX 3.0 JSON-LD in its compact form. An element that is not as the standard has it is a problem; the others are read.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::PLACE;
use crate::sbom::{
    MAX_COMPONENTS, SbomError,
    document::{Component, Document, Kind, Place, is_image, tree},
};

const FORMAT: &str = "SPDX 3";

#[derive(Deserialize)]
struct Spdx<'a> {
    #[serde(rename = "@graph", borrow)]
    graph: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
struct Typed {
    #[serde(rename = "type", alias = "@type")]
    kind: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Collection {
    #[serde(default)]
    root_element: Vec<String>,
}

#[derive(Deserialize)]
struct Tool {
    name: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Package {
    #[serde(alias = "@id")]
    spdx_id: String,
    name: Option<String>,
    #[serde(rename = "software_packageVersion")]
    version: Option<String>,
    #[serde(rename = "software_packageUrl")]
    purl: Option<String>,
    #[serde(rename = "software_primaryPurpose")]
    purpose: Option<String>,
    #[serde(default)]
    external_identifier: Vec<Identifier>,
    #[serde(default)]
    extension: Vec<Extension>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Identifier {
    external_identifier_type: String,
    identifier: String,
}

#[derive(Deserialize)]
struct Extension {
    #[serde(rename = "extension_cdxProperty", default)]
    properties: Vec<Property>,
}

#[derive(Deserialize)]
struct Property {
    #[serde(rename = "extension_cdxPropName")]
    name: String,
    #[serde(rename = "extension_cdxPropValue", default)]
    value: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct License {
    #[serde(alias = "@id")]
    spdx_id: String,
    #[serde(rename = "simplelicensing_licenseExpression")]
    expression: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Relationship {
    from: String,
    #[serde(rename = "relationshipType")]
    kind: String,
    to: Vec<String>,
}

pub(crate) fn read(text: &str) -> Result<Document, SbomError> {
    let spdx: Spdx<'_> = serde_json::from_str(text).map_err(|e| SbomError::malformed(FORMAT, &e))?;
    let mut graph = Graph::default();
    for (index, raw) in spdx.graph.into_iter().enumerate() {
        if let Err(error) = graph.node(raw.get()) {
            graph.problems.push(format!("element {} cannot be read: {error}", index + 1));
        }
        if graph.packages.len() > MAX_COMPONENTS {
            graph.problems.push(format!("packages after the first {MAX_COMPONENTS} are not read"));
            break;
        }
    }
    Ok(graph.document())
}

#[derive(Default)]
struct Graph {
    packages: Vec<Package>,
    licenses: HashMap<String, String>,
    relationships: Vec<Relationship>,
    /// Of the bill, else of the document.
    roots: Vec<String>,
    tool: String,
    problems: Vec<String>,
}

impl Graph {
    fn node(&mut self, text: &str) -> serde_json::Result<()> {
        let Typed { kind } = serde_json::from_str(text)?;
        match kind.as_str() {
            "software_Package" => self.packages.push(serde_json::from_str(text)?),
            "Relationship" | "LifecycleScopedRelationship" => self.relationships.push(serde_json::from_str(text)?),
            "simplelicensing_LicenseExpression" => {
                let License { spdx_id, expression } = serde_json::from_str(text)?;
                self.licenses.insert(spdx_id, expression);
            }
            "software_Sbom" | "Bom" => {
                let Collection { root_element } = serde_json::from_str(text)?;
                self.roots.splice(..0, root_element);
            }
            "SpdxDocument" => self.roots.extend(serde_json::from_str::<Collection>(text)?.root_element),
            "Tool" | "SoftwareAgent" => {
                let Tool { name } = serde_json::from_str(text)?;
                if kind == "Tool" || self.tool.is_empty() {
                    self.tool = name.unwrap_or_default();
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn document(mut self) -> Document {
        let root = self.roots.iter().find_map(|id| self.packages.iter().position(|package| package.spdx_id == *id));
        let mut components = Vec::with_capacity(self.packages.len() + 1);
        match root {
            Some(root) => self.packages[..=root].rotate_right(1),
            None => components.push(Component { kind: Kind::Other, ..Component::default() }),
        }
        let offset = components.len();
        let mut positions = HashMap::with_capacity(self.packages.len());
        for (index, package) in self.packages.into_iter().enumerate() {
            positions.insert(package.spdx_id.clone(), index + offset);
            components.push(component(package, &mut self.problems));
        }
        if let Some(first) = components.first_mut().filter(|c| c.kind == Kind::Package && c.purl.is_empty()) {
            first.kind = Kind::Other;
        }
        let mut parents = vec![None; components.len()];
        for Relationship { from, kind, to } in &self.relationships {
            let Some(from) = positions.get(from) else { continue };
            match kind.as_str() {
                "contains" => to.iter().filter_map(|to| positions.get(to)).for_each(|to| parents[*to] = Some(*from)),
                "hasDeclaredLicense" => {
                    let license = to.iter().find_map(|to| self.licenses.get(to));
                    if let (Some(component), Some(license)) = (components.get_mut(*from), license) {
                        component.license = Some(license.clone());
                    }
                }
                _ => {}
            }
        }
        Document { root: tree(components, &parents), tool: self.tool, problems: self.problems }
    }
}

fn component(of: Package, problems: &mut Vec<String>) -> Component {
    let identifier = |kinds: &[&str]| {
        let found = of.external_identifier.iter().find(|i| kinds.contains(&i.external_identifier_type.as_str()));
        found.map(|identifier| identifier.identifier.clone())
    };
    let mut component = Component {
        name: of.name.unwrap_or_default(),
        version: of.version.unwrap_or_default(),
        purl: of.purl.or_else(|| identifier(&["packageUrl", "purl"])).unwrap_or_default(),
        cpe: identifier(&["cpe23", "cpe22"]),
        ..Component::default()
    };
    component.kind = match of.purpose.as_deref() {
        Some("container") => Kind::Image,
        Some("operatingSystem") => Kind::System,
        None if is_image(&component.purl) => Kind::Image,
        Some("file" | "other") if component.purl.is_empty() => Kind::Other,
        _ => Kind::Package,
    };
    let properties = of.extension.into_iter().flat_map(|extension| extension.properties);
    component.properties.0 = properties.map(|property| (property.name, property.value)).collect();
    let places: Vec<_> =
        component.properties.all(PLACE).map(serde_json::from_str::<(String, Option<String>)>).collect();
    for place in places {
        match place {
            Ok((path, layer)) => component.places.push(Place { path, layer }),
            Err(error) => problems.push(format!("an evidence of {} cannot be read: {error}", component.name)),
        }
    }
    component
}
