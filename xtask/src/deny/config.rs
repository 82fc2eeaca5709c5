//! `deny.toml`, the part of cargo-deny's format that we use. An unknown key is a fault, so that no rule is silently ignored.

use anyhow::{Context, Result};
use serde::Deserialize;
use std::path::Path;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Config {
    pub(super) licenses: Licences,
    pub(super) bans: Bans,
    pub(super) sources: Sources,
    pub(super) advisories: Advisories,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct Licences {
    /// SPDX ids, `WITH` exceptions written out, that any crate may have.
    pub(super) allow: Vec<String>,
    #[serde(default)]
    pub(super) exceptions: Vec<LicenceException>,
}

/// More licences for one crate.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LicenceException {
    #[serde(rename = "crate")]
    pub(super) name: String,
    pub(super) allow: Vec<String>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Bans {
    pub(super) multiple_versions: Level,
    pub(super) wildcards: Level,
    #[serde(default)]
    pub(super) allow_wildcard_paths: bool,
    pub(super) deny: Vec<Ban>,
}

/// A crate that must not be in the graph, except as a dependency of its `wrappers`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Ban {
    #[serde(rename = "crate")]
    pub(super) name: String,
    pub(super) reason: String,
    #[serde(default)]
    pub(super) wrappers: Vec<String>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Sources {
    pub(super) unknown_registry: Level,
    pub(super) unknown_git: Level,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct Advisories {
    #[serde(default)]
    pub(super) ignore: Vec<Ignored>,
}

/// An advisory that does not concern us, and why.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Ignored {
    pub(super) id: String,
    pub(super) reason: String,
}

#[derive(Deserialize, Clone, Copy, PartialEq, Eq, Default)]
#[serde(rename_all = "lowercase")]
pub(super) enum Level {
    Allow,
    Warn,
    #[default]
    Deny,
}

pub(super) fn read(path: &Path) -> Result<Config> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    toml::from_str(&text).with_context(|| format!("{} is not understood", path.display()))
}
