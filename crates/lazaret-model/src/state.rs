//! States of an image in a repository (product.md, "States").

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ImageState {
    Quarantined,
    Approved,
    Blocked,
    Due,
    Overdue,
    Revoked,
    PreGate,
}

impl ImageState {
    pub const ALL: [Self; 7] =
        [Self::Quarantined, Self::Approved, Self::Blocked, Self::Due, Self::Overdue, Self::Revoked, Self::PreGate];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Quarantined => "quarantined",
            Self::Approved => "approved",
            Self::Blocked => "blocked",
            Self::Due => "due",
            Self::Overdue => "overdue",
            Self::Revoked => "revoked",
            Self::PreGate => "pre-gate",
        }
    }

    /// Whether a plain reader may have its bytes: approved, due (with a warning), pre-gate.
    pub const fn is_served(self) -> bool {
        matches!(self, Self::Approved | Self::Due | Self::PreGate)
    }
}

impl fmt::Display for ImageState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for ImageState {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|s| s.name() == text).ok_or(())
    }
}
