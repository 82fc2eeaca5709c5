//! What another scanner reported, in one form whatever the tool.

use serde_json::Value;

use super::{grype, purl::Purl, syft, trivy};
use crate::package_key::PackageKey;

/// A report of another tool.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Other {
    /// `trivy`, `syft`, `grype`.
    pub tool: &'static str,
    pub version: String,
    pub packages: Vec<OtherPackage>,
    /// Whether `packages` are all that the tool saw, not only those with a finding.
    pub all_packages: bool,
    /// `None` where the report is not about vulnerabilities, or has none at all: then it may not have asked.
    pub findings: Option<Vec<OtherFinding>>,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct OtherPackage {
    pub(crate) key: PackageKey,
    /// Name as the tool writes it.
    pub name: String,
    pub version: String,
    pub purl: String,
    /// Without a leading `/`.
    pub paths: Vec<String>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OtherFinding {
    /// First the id that the tool gives, then its other ids.
    pub ids: Vec<String>,
    pub package: OtherPackage,
    pub severity: String,
    pub fixed: Option<String>,
}

/// Why a file is no report that can be compared.
#[derive(Debug, thiserror::Error)]
pub enum OtherError {
    #[error("the report is not JSON")]
    Json(#[from] serde_json::Error),
    #[error(
        "the report is not Trivy's JSON (SchemaVersion 2), Syft's JSON (schema 16) or Grype's JSON; \
             make it with `--format json` or `-o json`"
    )]
    Form,
}

impl Other {
    /// The tool is known by what is in the report.
    pub fn read(bytes: &[u8]) -> Result<Self, OtherError> {
        let json: Value = serde_json::from_slice(bytes)?;
        let is_list = |key: &str| json.get(key).is_some_and(Value::is_array);
        if is_list("matches") {
            Ok(grype::read(&json))
        } else if is_list("artifacts") {
            Ok(syft::read(&json))
        } else if json.get("SchemaVersion").is_some() {
            Ok(trivy::read(&json))
        } else {
            Err(OtherError::Form)
        }
    }
}

impl OtherPackage {
    /// By its purl, else by the tool's word for the kind of package.
    pub(super) fn new(purl: &str, kind: &str, name: &str, version: &str, paths: Vec<String>) -> Self {
        let parsed = Purl::parse(purl);
        let (key, version) = match &parsed {
            Some(parsed) if parsed.version.is_empty() => (PackageKey::new(&parsed.kind, &parsed.name), version),
            Some(parsed) => (PackageKey::new(&parsed.kind, &parsed.name), parsed.version.as_str()),
            None => (PackageKey::new(kind, name), version),
        };
        Self { key, name: name.to_owned(), version: version.to_owned(), purl: purl.to_owned(), paths }
    }

    /// The purl type.
    pub fn kind(&self) -> &str {
        &self.key.kind
    }
}

/// A text of an object; empty where there is none.
pub(super) fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// A list of an object; empty where there is none.
pub(super) fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value.get(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

pub(super) fn path(text: &str) -> String {
    text.trim_start_matches('/').to_owned()
}
