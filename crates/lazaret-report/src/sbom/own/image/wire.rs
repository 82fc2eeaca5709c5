//! What stands as JSON in the value of a property: these forms change apart from the model.

use lazaret_model as model;
use serde::{Deserialize, Serialize};

use super::{NotOurs, invalid, some_digest};
use crate::sbom::document::word;

#[derive(Serialize, Deserialize)]
pub(super) struct Platform {
    pub(super) os: String,
    pub(super) architecture: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) variant: Option<String>,
}

pub(super) fn platform(of: &model::Platform) -> Platform {
    Platform { os: of.os.clone(), architecture: of.architecture.clone(), variant: of.variant.clone() }
}

#[derive(Serialize, Deserialize)]
pub(super) struct History {
    created_by: String,
    empty_layer: bool,
    layer: Option<String>,
}

impl From<&model::HistoryEntry> for History {
    fn from(of: &model::HistoryEntry) -> Self {
        Self { created_by: of.created_by.clone(), empty_layer: of.empty_layer, layer: layer(of.layer.as_ref()) }
    }
}

impl TryFrom<History> for model::HistoryEntry {
    type Error = NotOurs;
    fn try_from(of: History) -> Result<Self, NotOurs> {
        let layer = some_digest(of.layer, "history")?;
        Ok(Self { created_by: of.created_by, empty_layer: of.empty_layer, layer })
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct Problem {
    kind: String,
    path: String,
    message: String,
}

impl From<&model::Problem> for Problem {
    fn from(of: &model::Problem) -> Self {
        Self { kind: of.kind.name().to_owned(), path: of.path.clone(), message: of.message.clone() }
    }
}

impl TryFrom<Problem> for model::Problem {
    type Error = NotOurs;
    fn try_from(of: Problem) -> Result<Self, NotOurs> {
        let kind = word(&of.kind).ok_or_else(|| invalid("problem"))?;
        Ok(Self { kind, path: of.path, message: of.message })
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct Identified {
    pub(super) bytes: u64,
    pub(super) of: u64,
    pub(super) share: String,
}

#[derive(Serialize, Deserialize)]
pub(super) struct Unknown {
    path: String,
    bytes: u64,
}

impl From<&model::UnknownFile> for Unknown {
    fn from(of: &model::UnknownFile) -> Self {
        Self { path: of.path.clone(), bytes: of.bytes }
    }
}

impl From<Unknown> for model::UnknownFile {
    fn from(of: Unknown) -> Self {
        Self { path: of.path, bytes: of.bytes }
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct Secret {
    rule: String,
    title: String,
    severity: String,
    path: String,
    line: u64,
    excerpt: String,
    layer: Option<String>,
    removed_in: Option<String>,
}

impl From<&model::Secret> for Secret {
    fn from(of: &model::Secret) -> Self {
        Self {
            rule: of.rule.clone(),
            title: of.title.clone(),
            severity: of.severity.name().to_owned(),
            path: of.path.clone(),
            line: of.line,
            excerpt: of.excerpt.clone(),
            layer: layer(of.layer.as_ref()),
            removed_in: layer(of.removed_in.as_ref()),
        }
    }
}

impl TryFrom<Secret> for model::Secret {
    type Error = NotOurs;
    fn try_from(of: Secret) -> Result<Self, NotOurs> {
        Ok(Self {
            severity: word(&of.severity).ok_or_else(|| invalid("secret"))?,
            layer: some_digest(of.layer, "secret")?,
            removed_in: some_digest(of.removed_in, "secret")?,
            rule: of.rule,
            title: of.title,
            path: of.path,
            line: of.line,
            excerpt: of.excerpt,
        })
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct Malware {
    name: String,
    path: String,
    evidence: String,
    layer: Option<String>,
    removed_in: Option<String>,
}

impl From<&model::Malware> for Malware {
    fn from(of: &model::Malware) -> Self {
        Self {
            name: of.name.clone(),
            path: of.path.clone(),
            evidence: of.evidence.clone(),
            layer: layer(of.layer.as_ref()),
            removed_in: layer(of.removed_in.as_ref()),
        }
    }
}

impl TryFrom<Malware> for model::Malware {
    type Error = NotOurs;
    fn try_from(of: Malware) -> Result<Self, NotOurs> {
        let (layer, removed_in) = (some_digest(of.layer, "malware")?, some_digest(of.removed_in, "malware")?);
        Ok(Self { name: of.name, path: of.path, evidence: of.evidence, layer, removed_in })
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct Modified {
    path: String,
    package: String,
    expected: String,
    actual: String,
    layer: Option<String>,
}

impl From<&model::ModifiedFile> for Modified {
    fn from(of: &model::ModifiedFile) -> Self {
        Self {
            path: of.path.clone(),
            package: of.package.clone(),
            expected: of.expected.clone(),
            actual: of.actual.clone(),
            layer: layer(of.layer.as_ref()),
        }
    }
}

impl TryFrom<Modified> for model::ModifiedFile {
    type Error = NotOurs;
    fn try_from(of: Modified) -> Result<Self, NotOurs> {
        let layer = some_digest(of.layer, "modified")?;
        Ok(Self { path: of.path, package: of.package, expected: of.expected, actual: of.actual, layer })
    }
}

fn layer(digest: Option<&model::Digest>) -> Option<String> {
    digest.map(ToString::to_string)
}
