//! SPDX JSON of 2.2 and 2.3. A package that is not as the standard has it is a problem; the others are read.

use std::collections::{BTreeMap, HashMap};

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{ANNOTATION, PLACE, is_no_license};
use crate::sbom::{
    MAX_COMPONENTS, SbomError,
    document::{Component, Document, Kind, Place, is_image, tree},
};

const FORMAT: &str = "SPDX";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Spdx<'a> {
    #[serde(rename = "spdxVersion")]
    version: String,
    name: Option<String>,
    creation_info: Option<CreationInfo>,
    document_describes: Option<Vec<String>>,
    #[serde(borrow)]
    packages: Option<Vec<&'a RawValue>>,
    #[serde(borrow)]
    relationships: Option<Vec<&'a RawValue>>,
}

#[derive(Deserialize)]
struct CreationInfo {
    creators: Option<Vec<String>>,
}

/// A package as either encoding spells it.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
pub(super) struct PackageIn {
    #[serde(rename = "SPDXID")]
    pub(super) id: String,
    pub(super) name: Option<String>,
    pub(super) version_info: Option<String>,
    pub(super) primary_package_purpose: Option<String>,
    pub(super) license_declared: Option<String>,
    pub(super) license_concluded: Option<String>,
    pub(super) source_info: Option<String>,
    #[serde(default)]
    pub(super) external_refs: Vec<ExternalRef>,
    #[serde(default)]
    pub(super) attribution_texts: Vec<String>,
    #[serde(default)]
    pub(super) annotations: Vec<Annotation>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ExternalRef {
    pub(super) reference_type: String,
    pub(super) reference_locator: String,
}

#[derive(Deserialize)]
pub(super) struct Annotation {
    pub(super) comment: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Relationship {
    pub(super) spdx_element_id: String,
    #[serde(rename = "relationshipType")]
    pub(super) kind: String,
    pub(super) related_spdx_element: Option<String>,
}

/// What both encodings give.
#[derive(Default)]
pub(super) struct Parsed {
    pub(super) name: String,
    pub(super) creators: Vec<String>,
    pub(super) describes: Vec<String>,
    pub(super) packages: Vec<PackageIn>,
    pub(super) relationships: Vec<Relationship>,
    pub(super) problems: Vec<String>,
}

pub(crate) fn read(text: &str) -> Result<Document, SbomError> {
    let spdx: Spdx<'_> = serde_json::from_str(text).map_err(|e| SbomError::malformed(FORMAT, &e))?;
    let mut parsed = Parsed {
        name: spdx.name.unwrap_or_default(),
        creators: spdx.creation_info.and_then(|info| info.creators).unwrap_or_default(),
        describes: spdx.document_describes.unwrap_or_default(),
        ..Parsed::default()
    };
    parsed.check_version(&spdx.version);
    for (index, raw) in spdx.packages.unwrap_or_default().into_iter().enumerate() {
        match serde_json::from_str(raw.get()) {
            Ok(_) if index >= MAX_COMPONENTS => {
                parsed.problems.push(format!("packages after the first {MAX_COMPONENTS} are not read"));
                break;
            }
            Ok(package) => parsed.packages.push(package),
            Err(error) => parsed.problems.push(format!("package {} cannot be read: {error}", index + 1)),
        }
    }
    for raw in spdx.relationships.unwrap_or_default().into_iter().take(2 * MAX_COMPONENTS) {
        match serde_json::from_str(raw.get()) {
            Ok(relationship) => parsed.relationships.push(relationship),
            Err(error) => parsed.problems.push(format!("a relationship cannot be read: {error}")),
        }
    }
    Ok(parsed.document())
}

impl Parsed {
    pub(super) fn check_version(&mut self, version: &str) {
        if !matches!(version, "SPDX-2.2" | "SPDX-2.3") {
            self.problems.push(format!("{version} is read as SPDX-2.3"));
        }
    }

    /// The package that the document describes holds the others, unless relationships say otherwise.
    pub(super) fn document(mut self) -> Document {
        let described = self.relationships.iter().find_map(|relationship| {
            let to = relationship.related_spdx_element.as_ref();
            to.filter(|_| {
                matches!(relationship.kind.as_str(), "DESCRIBES" | "DESCRIBE")
                    && relationship.spdx_element_id == "SPDXRef-DOCUMENT"
            })
        });
        let described = described.or(self.describes.first());
        let root = described.and_then(|id| self.packages.iter().position(|package| package.id == *id));
        let mut components = Vec::with_capacity(self.packages.len() + 1);
        match root {
            // the order of the others is that of the inventory
            Some(root) => self.packages[..=root].rotate_right(1),
            None => components.push(Component { kind: Kind::Other, name: self.name.clone(), ..Component::default() }),
        }
        let offset = components.len();
        let mut positions = HashMap::with_capacity(self.packages.len());
        for (index, package) in self.packages.into_iter().enumerate() {
            positions.insert(package.id.clone(), index + offset);
            components.push(component(package, &mut self.problems));
        }
        if let Some(first) = components.first_mut().filter(|c| c.kind == Kind::Package && c.purl.is_empty()) {
            first.kind = Kind::Other;
        }
        let mut parents = vec![None; components.len()];
        for relationship in self.relationships.iter().filter(|r| r.kind == "CONTAINS") {
            let to = relationship.related_spdx_element.as_ref().and_then(|id| positions.get(id));
            if let (Some(from), Some(to)) = (positions.get(&relationship.spdx_element_id), to) {
                parents[*to] = Some(*from);
            }
        }
        let tool = self.creators.iter().find_map(|creator| creator.strip_prefix("Tool: ")).unwrap_or_default();
        Document { root: tree(components, &parents), tool: tool.to_owned(), problems: self.problems }
    }
}

fn component(of: PackageIn, problems: &mut Vec<String>) -> Component {
    let reference = |kinds: &[&str]| {
        let found = of.external_refs.iter().find(|reference| kinds.contains(&reference.reference_type.as_str()));
        found.map(|reference| reference.reference_locator.clone())
    };
    let license = [of.license_declared.as_ref(), of.license_concluded.as_ref()];
    let mut component = Component {
        name: of.name.unwrap_or_default(),
        version: of.version_info.unwrap_or_default(),
        purl: reference(&["purl"]).unwrap_or_default(),
        cpe: reference(&["cpe23Type", "cpe22Type", "http://spdx.org/rdf/references/cpe23Type"]),
        license: license.into_iter().flatten().find(|license| !is_no_license(license)).cloned(),
        ..Component::default()
    };
    // before SPDX had purposes, trivy said it in the identifier
    let named = |what: &str| of.id.strip_prefix("SPDXRef-").is_some_and(|id| id.starts_with(what));
    component.kind = match of.primary_package_purpose.as_deref() {
        Some("CONTAINER") => Kind::Image,
        Some("OPERATING_SYSTEM" | "OPERATING-SYSTEM") => Kind::System,
        Some("FILE" | "OTHER") if component.purl.is_empty() => Kind::Other,
        None if named("OperatingSystem-") => Kind::System,
        None if named("ContainerImage-") || is_image(&component.purl) => Kind::Image,
        _ if named("Application-") && component.purl.is_empty() => Kind::Other,
        _ => Kind::Package,
    };
    for annotation in &of.annotations {
        match annotation.comment.strip_prefix(ANNOTATION) {
            Some(json) => ours(json, &mut component, problems),
            None => trivy(&annotation.comment, &mut component),
        }
    }
    for text in &of.attribution_texts {
        trivy(text, &mut component);
    }
    // as trivy writes it: `built package from: glibc 2.36-9+deb12u4`
    if let Some((name, version)) = of
        .source_info
        .as_deref()
        .and_then(|text| text.strip_prefix("built package from: "))
        .and_then(|t| t.split_once(' '))
    {
        for (key, value) in [("SrcName", name), ("SrcVersion", version)] {
            component.properties.0.push((format!("aquasecurity:trivy:{key}"), value.to_owned()));
        }
    }
    component
}

/// `Name: value`, one of trivy's.
fn trivy(text: &str, component: &mut Component) {
    if let Some((name, value)) = text.split_once(": ").filter(|(name, _)| !name.contains(' ')) {
        component.properties.0.push((format!("aquasecurity:trivy:{name}"), value.to_owned()));
    }
}

/// The properties of an annotation of ours.
fn ours(json: &str, component: &mut Component, problems: &mut Vec<String>) {
    let Ok(properties) = serde_json::from_str::<BTreeMap<String, Vec<String>>>(json) else {
        return problems.push(format!("an annotation of {} cannot be read", component.name));
    };
    for (name, values) in properties {
        component.properties.0.extend(values.into_iter().map(|value| (name.clone(), value)));
    }
    let places: Vec<_> =
        component.properties.all(PLACE).map(serde_json::from_str::<(String, Option<String>)>).collect();
    for place in places {
        match place {
            Ok((path, layer)) => component.places.push(Place { path, layer }),
            Err(error) => problems.push(format!("an evidence of {} cannot be read: {error}", component.name)),
        }
    }
    if let Some(license) = component.properties.one("license") {
        component.license = Some(license.to_owned());
    }
}
