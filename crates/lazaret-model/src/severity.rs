//! Severity of a vulnerability, with the colour a person sees.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// Ordered from least to most severe. `Unknown` counts as minor, never as clean.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    #[default]
    Unknown,
    Negligible,
    Low,
    Medium,
    High,
    Critical,
}

impl Severity {
    pub const ALL: [Self; 6] = [Self::Critical, Self::High, Self::Medium, Self::Low, Self::Negligible, Self::Unknown];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Negligible => "negligible",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }

    /// `critical` (red), `major` (orange: high, medium), `minor` (yellow: low, negligible, unknown).
    pub const fn class(self) -> &'static str {
        match self {
            Self::Critical => "critical",
            Self::High | Self::Medium => "major",
            Self::Low | Self::Negligible | Self::Unknown => "minor",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Severity {
    type Err = ();
    /// Accepts the vendors' words too: `moderate` = medium, `important` = high, `unimportant` = negligible.
    fn from_str(text: &str) -> Result<Self, ()> {
        Ok(match text.to_ascii_lowercase().as_str() {
            "critical" => Self::Critical,
            "high" | "important" => Self::High,
            "medium" | "moderate" => Self::Medium,
            "low" | "minor" => Self::Low,
            "negligible" | "unimportant" | "none" => Self::Negligible,
            "unknown" => Self::Unknown,
            _ => return Err(()),
        })
    }
}
