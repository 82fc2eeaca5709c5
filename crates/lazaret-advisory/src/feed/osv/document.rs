//! The parts of an OSV document that are read. <https://ossf.github.io/osv-schema/>
//! Lists may be absent or null; unknown fields are passed over.

use serde::Deserialize;

use crate::name;

#[derive(Deserialize)]
pub(super) struct Document {
    pub id: String,
    pub withdrawn: Option<String>,
    aliases: Option<Vec<String>>,
    upstream: Option<Vec<String>>,
    summary: Option<String>,
    details: Option<String>,
    pub severity: Option<Vec<Score>>,
    pub affected: Option<Vec<Affected>>,
    pub database_specific: Option<Specific>,
}

#[derive(Deserialize)]
pub(super) struct Affected {
    pub package: Option<Package>,
    pub ranges: Option<Vec<Range>>,
    pub versions: Option<Vec<String>>,
    pub severity: Option<Vec<Score>>,
    database_specific: Option<Specific>,
    ecosystem_specific: Option<Specific>,
}

#[derive(Deserialize)]
pub(super) struct Package {
    pub ecosystem: String,
    pub name: String,
}

#[derive(Deserialize)]
pub(super) struct Range {
    #[serde(rename = "type")]
    pub kind: String,
    #[serde(default)]
    pub events: Vec<Event>,
}

/// Normally one of the four; some PyPA records put two into one object.
#[derive(Deserialize, Default)]
pub(super) struct Event {
    pub introduced: Option<String>,
    pub fixed: Option<String>,
    pub last_affected: Option<String>,
    pub limit: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Score {
    #[serde(rename = "type")]
    pub kind: String,
    pub score: String,
}

/// The two free-form objects; their fields have any type.
#[derive(Deserialize)]
pub(super) struct Specific {
    severity: Option<serde_json::Value>,
    informational: Option<serde_json::Value>,
    last_known_affected_version_range: Option<serde_json::Value>,
}

impl Specific {
    /// GHSA's word: LOW, MODERATE, HIGH, CRITICAL.
    pub(super) fn severity(&self) -> Option<&str> {
        self.severity.as_ref()?.as_str()
    }
}

impl Document {
    /// Ids that the document declares to be the same vulnerability. `related` is not among them.
    pub(super) fn aliases(&self) -> Vec<String> {
        let ids = self.aliases.iter().chain(&self.upstream).flatten();
        let mut ids: Vec<_> =
            ids.map(|id| id.trim().to_owned()).filter(|id| !id.is_empty() && *id != self.id).collect();
        ids.sort();
        ids.dedup();
        ids
    }

    pub(super) fn summary(&self) -> String {
        let text = self.summary.as_deref().filter(|text| !text.trim().is_empty());
        name::one_line(text.or(self.details.as_deref()).unwrap_or(""))
    }
}

impl Affected {
    /// RustSec: `unmaintained`, `unsound`, `notice` are no vulnerabilities.
    pub(super) fn is_informational(&self) -> bool {
        let specific = self.database_specific.iter().chain(&self.ecosystem_specific);
        specific
            .filter_map(|s| s.informational.as_ref())
            .any(|value| value.as_str().is_some_and(|word| !word.is_empty()))
    }

    /// GHSA: the upper bound where no patched version is known, e.g. `<= 1.2.3`.
    pub(super) fn last_known(&self) -> Option<&str> {
        self.database_specific.as_ref()?.last_known_affected_version_range.as_ref()?.as_str()
    }
}
