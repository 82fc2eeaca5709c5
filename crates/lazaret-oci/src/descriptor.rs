//! Descriptors (OCI image-spec, descriptor.md).

use std::collections::BTreeMap;

use lazaret_model::{Digest, Platform};

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
}
