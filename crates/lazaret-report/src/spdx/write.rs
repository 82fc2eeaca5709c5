//! SPDX 2.3 JSON.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::{ANNOTATION, PLACE, is_no_license};
use crate::sbom::{
    Head,
    document::{Component, Document, Kind, PREFIX},
};

const TOOL: &str = concat!("Tool: lazaret-", env!("CARGO_PKG_VERSION"));
const NO_ASSERTION: &str = "NOASSERTION";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Spdx<'a> {
    #[serde(rename = "spdxVersion")]
    version: &'static str,
    data_license: &'static str,
    #[serde(rename = "SPDXID")]
    id: &'static str,
    name: &'a str,
    document_namespace: String,
    creation_info: CreationInfo<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    comment: Option<&'static str>,
    packages: Vec<Package<'a>>,
    relationships: Vec<Relationship>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    has_extracted_licensing_infos: Vec<ExtractedLicense>,
}

#[derive(Serialize)]
struct CreationInfo<'a> {
    created: &'a str,
    creators: [&'static str; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Package<'a> {
    #[serde(rename = "SPDXID")]
    id: String,
    name: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    version_info: &'a str,
    primary_package_purpose: &'static str,
    download_location: &'static str,
    files_analyzed: bool,
    license_concluded: &'static str,
    license_declared: &'a str,
    copyright_text: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    checksums: Vec<Checksum<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    external_refs: Vec<ExternalRef<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    annotations: Vec<Annotation<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Checksum<'a> {
    algorithm: &'static str,
    checksum_value: &'a str,
}

#[derive(Serialize)]
struct ExternalRef<'a> {
    #[serde(rename = "referenceCategory")]
    category: &'static str,
    #[serde(rename = "referenceType")]
    kind: &'static str,
    #[serde(rename = "referenceLocator")]
    locator: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Annotation<'a> {
    #[serde(rename = "annotationDate")]
    date: &'a str,
    #[serde(rename = "annotationType")]
    kind: &'static str,
    annotator: &'static str,
    comment: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Relationship {
    spdx_element_id: String,
    #[serde(rename = "relationshipType")]
    kind: &'static str,
    related_spdx_element: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ExtractedLicense {
    license_id: String,
    extracted_text: &'static str,
}

pub(crate) fn write(document: &Document, head: &Head) -> String {
    let mut writer = Writer { created: &head.created, packages: Vec::new(), relationships: Vec::new() };
    writer.relate("SPDXRef-DOCUMENT", "DESCRIBES", id(0));
    writer.add(&document.root);
    let licenses: BTreeSet<_> =
        writer.packages.iter().flat_map(|package| references(package.license_declared)).collect();
    let extracted = |license: &str| ExtractedLicense {
        license_id: license.to_owned(),
        extracted_text: "The package names this licence; its text is in the package.",
    };
    let spdx = Spdx {
        version: "SPDX-2.3",
        data_license: "CC0-1.0",
        id: "SPDXRef-DOCUMENT",
        name: &document.root.name,
        document_namespace: format!("urn:uuid:{}", head.uuid),
        creation_info: CreationInfo { created: &head.created, creators: [TOOL] },
        comment: (!head.complete).then_some("Not all of the image was understood: see the problems in its annotation."),
        has_extracted_licensing_infos: licenses.into_iter().map(extracted).collect(),
        packages: writer.packages,
        relationships: writer.relationships,
    };
    // Plain structs with text keys: nothing here can fail to be written.
    serde_json::to_string_pretty(&spdx).unwrap_or_default() + "\n"
}

fn id(number: usize) -> String {
    format!("SPDXRef-component-{number}")
}

/// The licences of an expression that are not in SPDX's list.
fn references(expression: &str) -> impl Iterator<Item = &str> {
    let words = expression.split(|c: char| c.is_whitespace() || matches!(c, '(' | ')'));
    words.filter(|word| word.starts_with("LicenseRef-"))
}

struct Writer<'a> {
    created: &'a str,
    packages: Vec<Package<'a>>,
    relationships: Vec<Relationship>,
}

impl<'a> Writer<'a> {
    fn relate(&mut self, from: &str, how: &'static str, to: String) {
        self.relationships.push(Relationship { spdx_element_id: from.to_owned(), kind: how, related_spdx_element: to });
    }

    /// The component, then what it contains.
    fn add(&mut self, of: &'a Component) {
        let own = id(self.packages.len());
        let hash = of.version.strip_prefix("sha256:").filter(|_| of.kind == Kind::Image);
        let license = of.license.as_deref().filter(|license| !is_no_license(license));
        self.packages.push(Package {
            id: own.clone(),
            name: &of.name,
            version_info: &of.version,
            primary_package_purpose: match of.kind {
                Kind::Image => "CONTAINER",
                Kind::System => "OPERATING_SYSTEM",
                Kind::Package => "LIBRARY",
                Kind::Other => "OTHER",
            },
            download_location: NO_ASSERTION,
            files_analyzed: false,
            license_concluded: NO_ASSERTION,
            license_declared: license.unwrap_or(NO_ASSERTION),
            copyright_text: NO_ASSERTION,
            checksums: hash.map(|hash| Checksum { algorithm: "SHA256", checksum_value: hash }).into_iter().collect(),
            external_refs: external_refs(of),
            annotations: annotation(of, self.created).into_iter().collect(),
        });
        for part in &of.parts {
            self.relate(&own, "CONTAINS", id(self.packages.len()));
            self.add(part);
        }
    }
}

fn external_refs(of: &Component) -> Vec<ExternalRef<'_>> {
    let purl = Some(of.purl.as_str()).filter(|purl| !purl.is_empty()).map(|purl| ExternalRef {
        category: "PACKAGE-MANAGER",
        kind: "purl",
        locator: purl,
    });
    let cpe = of.cpe.as_deref().map(|cpe| ExternalRef {
        category: "SECURITY",
        kind: if cpe.starts_with("cpe:2.3:") { "cpe23Type" } else { "cpe22Type" },
        locator: cpe,
    });
    purl.into_iter().chain(cpe).collect()
}

/// Every property in one annotation, as a JSON object of lists.
fn annotation<'a>(of: &Component, created: &'a str) -> Option<Annotation<'a>> {
    let mut properties: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, value) in &of.properties.0 {
        properties.entry(name.clone()).or_default().push(value.clone());
    }
    let places = of.places.iter().map(|place| serde_json::json!([place.path, place.layer]).to_string());
    properties.entry(format!("{PREFIX}{PLACE}")).or_default().extend(places);
    if let Some(license) = of.license.as_ref().filter(|license| is_no_license(license)) {
        properties.entry(format!("{PREFIX}license")).or_default().push(license.clone());
    }
    properties.retain(|_, values| !values.is_empty());
    let comment = format!("{ANNOTATION}{}", serde_json::to_string(&properties).unwrap_or_default());
    let annotation = Annotation { date: created, kind: "OTHER", annotator: TOOL, comment };
    (!properties.is_empty()).then_some(annotation)
}
