//! Policies: which rule denies, which warns, which observes.

use std::collections::BTreeMap;

use lazaret_model::{Level, Severity};
use serde::{Deserialize, Serialize};

/// A named set of rules with their levels. Rules that it does not name are not asked.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Policy {
    pub name: String,
    /// Rule id to level.
    pub rules: BTreeMap<String, Level>,
    pub options: PolicyOptions,
}

/// What the rules can be told beside their level.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct PolicyOptions {
    /// `known_vulnerability` denies from this severity on; what is below warns. `None`: every severity denies,
    /// those that are not known included.
    pub vulnerability_severity: Option<Severity>,
    /// `known_vulnerability` denies only what has a fix; the rest warns.
    pub vulnerability_fixed_only: bool,
}

impl Policy {
    /// What a repository gets that names none.
    pub const DEFAULT: &'static str = "production";
    /// The built-in profiles.
    pub const NAMES: [&'static str; 3] = ["production", "staging", "observe"];
}

impl Policy {
    /// A built-in profile.
    pub fn named(name: &str) -> Option<Self> {
        Self::NAMES.contains(&name).then(|| Self {
            name: name.to_owned(),
            rules: BTreeMap::new(),
            options: PolicyOptions::default(),
        })
    }
}
