//! Allow, deny or incomplete, with reasons.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Incomplete is never allow.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Allow,
    Deny,
    Incomplete,
}

impl Outcome {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Deny => "deny",
            Self::Incomplete => "incomplete",
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// How strict a rule is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    Observe,
    Warn,
    Deny,
}

/// What a rule has to say.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Reason {
    /// Id of the rule, named for the fault: `known_vulnerability`.
    pub rule: String,
    pub message: String,
}

/// The answer for one image under one policy.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Verdict {
    pub outcome: Outcome,
    /// Why it is not allowed; empty for allow.
    pub reasons: Vec<Reason>,
    /// Faults at level warn.
    pub warnings: Vec<Reason>,
    /// Faults at level observe.
    pub observations: Vec<Reason>,
}
