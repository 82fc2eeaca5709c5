//! Descriptors (OCI image-spec, descriptor.md).

use std::collections::BTreeMap;

use lazaret_model::{Digest, Platform};
use serde::Deserialize;

use crate::json::{ANY, Shape};

/// A typed reference to content by digest and size.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Descriptor {
    pub media_type: String,
    pub digest: Digest,
    /// Bytes of the content.
    pub size: u64,
    pub platform: Option<Platform>,
    pub artifact_type: Option<String>,
    pub annotations: BTreeMap<String, String>,
    /// Where else the content may be had (Docker foreign layers).
    pub urls: Vec<String>,
}

impl Descriptor {
    /// With nothing but the three required fields.
    pub fn new(media_type: impl Into<String>, digest: Digest, size: u64) -> Self {
        Self {
            media_type: media_type.into(),
            digest,
            size,
            platform: None,
            artifact_type: None,
            annotations: BTreeMap::new(),
            urls: Vec::new(),
        }
    }

    /// Whether this child of an index is an attestation that buildkit put beside the images
    /// (platform `unknown/unknown`, or annotated as one).
    pub fn is_attestation(&self) -> bool {
        self.platform.as_ref().is_some_and(Platform::is_unknown)
            || self.annotations.contains_key("vnd.docker.reference.type")
    }

    /// Whether this layer is kept elsewhere and never pushed (Docker's foreign layers, OCI's non-distributable ones).
    /// A scan cannot look into it unless it is here all the same.
    pub fn is_foreign(&self) -> bool {
        !self.urls.is_empty()
            && (self.media_type.contains(".nondistributable.") || self.media_type.contains(".foreign."))
    }
}

/// Keys of a descriptor that have a meaning.
pub(crate) const SHAPE: Shape = Shape(&[
    ("mediaType", &ANY),
    ("digest", &ANY),
    ("size", &ANY),
    ("platform", &PLATFORM),
    ("artifactType", &ANY),
    ("annotations", &ANY),
    ("urls", &ANY),
]);

const PLATFORM: Shape = Shape(&[("os", &ANY), ("architecture", &ANY), ("variant", &ANY)]);

/// As written. Lists and maps may be `null`, which is how Go writes an empty one.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Wire {
    media_type: String,
    digest: Digest,
    size: u64,
    platform: Option<WirePlatform>,
    artifact_type: Option<String>,
    annotations: Option<BTreeMap<String, String>>,
    urls: Option<Vec<String>>,
}

#[derive(Debug, Deserialize)]
struct WirePlatform {
    #[serde(default)]
    os: String,
    #[serde(default)]
    architecture: String,
    variant: Option<String>,
}

impl From<Wire> for Descriptor {
    fn from(wire: Wire) -> Self {
        let platform = wire.platform.filter(|p| !(p.os.is_empty() && p.architecture.is_empty())).map(|p| Platform {
            os: p.os,
            architecture: p.architecture,
            variant: p.variant.filter(|v| !v.is_empty()),
        });
        Self {
            media_type: wire.media_type,
            digest: wire.digest,
            size: wire.size,
            platform,
            artifact_type: wire.artifact_type.filter(|t| !t.is_empty()),
            annotations: wire.annotations.unwrap_or_default(),
            urls: wire.urls.unwrap_or_default(),
        }
    }
}
