//! What an image's configuration says, in the form that rules read.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};

use crate::Digest;

/// `os/architecture[/variant]` (OCI image-spec, image-index.md).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Platform {
    pub os: String,
    pub architecture: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
}

impl Platform {
    /// `linux/amd64`, `linux/arm64/v8`.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('/');
        let os = parts.next().filter(|p| !p.is_empty())?.to_owned();
        let architecture = parts.next().filter(|p| !p.is_empty())?.to_owned();
        let variant = parts.next().map(str::to_owned);
        parts.next().is_none().then_some(Self { os, architecture, variant })
    }

    /// Whether this is the pseudo platform of attestation children.
    pub fn is_unknown(&self) -> bool {
        self.os == "unknown" && self.architecture == "unknown"
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.os, self.architecture)?;
        self.variant.as_ref().map_or(Ok(()), |v| write!(f, "/{v}"))
    }
}

/// One `history` entry of the configuration: a Dockerfile step.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct HistoryEntry {
    pub created_by: String,
    pub empty_layer: bool,
    /// Diff id of the layer that this step made.
    pub layer: Option<Digest>,
}

/// Facts of an image that rules judge beside its packages.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ImageFacts {
    /// Manifest digest, or the config digest for a docker archive.
    pub digest: Digest,
    /// `manifest` or `config`.
    pub digest_kind: String,
    pub config: Digest,
    pub platform: Platform,
    /// `User` of the config; empty means root.
    pub user: String,
    /// `ExposedPorts`, as written (`22/tcp`).
    pub exposed_ports: Vec<String>,
    /// `NAME=value` lines.
    pub env: Vec<String>,
    pub entrypoint: Vec<String>,
    pub cmd: Vec<String>,
    pub labels: BTreeMap<String, String>,
    /// RFC 3339 as written in the config.
    pub created: Option<String>,
    /// In order, lowest first.
    pub diff_ids: Vec<Digest>,
    /// Digest of each layer blob, same order; for a docker archive the diff ids.
    pub layers: Vec<Digest>,
    /// Compressed size of each layer in bytes, same order.
    pub layer_sizes: Vec<u64>,
    pub history: Vec<HistoryEntry>,
    /// How many of the lowest layers belong to the base image, where that is known.
    pub base_layers: Option<usize>,
}
