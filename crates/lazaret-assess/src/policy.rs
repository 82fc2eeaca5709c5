//! Policies: which rule denies, which warns, which observes.

use std::collections::BTreeMap;

use lazaret_model::{Level, Severity};
use serde::{Deserialize, Serialize};

use crate::{list::rules, rule::Levels};

/// A named set of rules with their levels. Rules that it does not name are not asked, but for `incomplete_scan`.
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
    /// `known_vulnerability` counts in full from this severity on; what is below warns at most. `None`: every severity
    /// counts in full, `unknown` included.
    pub vulnerability_severity: Option<Severity>,
    /// `known_vulnerability` counts in full only what has a fix; the rest warns at most.
    pub vulnerability_fixed_only: bool,
    /// `incomplete_scan`: of the bytes that can execute, how many in a hundred must belong to a known component.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identified_percent: Option<u8>,
}

/// A built-in profile.
struct Profile {
    name: &'static str,
    level: fn(Levels) -> Level,
    vulnerability_severity: Option<Severity>,
    vulnerability_fixed_only: bool,
    identified_percent: Option<u8>,
}

const PROFILES: [Profile; 3] = [
    Profile {
        name: "production",
        level: |levels| levels.production,
        vulnerability_severity: None,
        vulnerability_fixed_only: false,
        identified_percent: Some(95),
    },
    Profile {
        name: "staging",
        level: |levels| levels.staging,
        vulnerability_severity: Some(Severity::High),
        vulnerability_fixed_only: true,
        identified_percent: None,
    },
    Profile {
        name: "observe",
        level: |levels| levels.observe,
        vulnerability_severity: None,
        vulnerability_fixed_only: false,
        identified_percent: None,
    },
];

impl Policy {
    /// What a repository gets that names none.
    pub const DEFAULT: &'static str = "production";

    /// A built-in profile: `production` (everything denies), `staging` (vulnerabilities of severity high and critical
    /// with a fix deny, the rest warns), `observe` (everything is noted).
    pub fn named(name: &str) -> Option<Self> {
        let profile = PROFILES.iter().find(|profile| profile.name == name)?;
        Some(Self {
            name: name.to_owned(),
            rules: rules().iter().map(|rule| (rule.id().to_owned(), (profile.level)(rule.levels()))).collect(),
            options: PolicyOptions {
                vulnerability_severity: profile.vulnerability_severity,
                vulnerability_fixed_only: profile.vulnerability_fixed_only,
                identified_percent: profile.identified_percent,
            },
        })
    }

    /// Whether `new` asks less than `old`: the profiles stand in order, the strictest first. Unknown names ask nothing.
    pub fn is_laxer(new: &str, old: &str) -> bool {
        let place = |name| PROFILES.iter().position(|p| p.name == name).unwrap_or(PROFILES.len());
        place(new) > place(old)
    }

    /// Names of the built-in profiles.
    pub fn names() -> impl Iterator<Item = &'static str> {
        PROFILES.iter().map(|profile| profile.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn profiles() {
        let levels = |name: &str| Policy::named(name).unwrap().rules.into_iter().collect::<Vec<_>>();
        assert!(levels(Policy::DEFAULT).iter().all(|(_, level)| *level == Level::Deny));
        let observed = levels("observe");
        assert!(observed.iter().all(|(id, level)| (*level == Level::Observe) != (id == "incomplete_scan")));
        assert_eq!(observed.len(), rules().len());
        assert_eq!(Policy::named("platform"), None);
        assert_eq!(Policy::names().collect::<Vec<_>>(), ["production", "staging", "observe"]);
    }
}
