//! Manifests and indexes (OCI image-spec, manifest.md and image-index.md; Docker schema 2).

use std::collections::BTreeMap;

use lazaret_model::Digest;

use crate::{Descriptor, media_type};

/// Largest manifest that is accepted, in bytes (distribution-spec: at least 4 MiB should be).
pub const MAX_MANIFEST: usize = 4 << 20;

/// A manifest, understood. Its bytes are kept by who has them; they are never written anew from this.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Manifest {
    Image(ImageManifest),
    Index(Index),
}

/// One image, or one artifact in the shape of an image.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ImageManifest {
    pub media_type: String,
    pub artifact_type: Option<String>,
    pub config: Descriptor,
    pub layers: Vec<Descriptor>,
    pub subject: Option<Descriptor>,
    pub annotations: BTreeMap<String, String>,
}

/// A list of manifests, most often one for each platform.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Index {
    pub media_type: String,
    pub artifact_type: Option<String>,
    pub manifests: Vec<Descriptor>,
    pub subject: Option<Descriptor>,
    pub annotations: BTreeMap<String, String>,
}

/// Why bytes are no manifest.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ManifestError {
    #[error("manifest has {0} bytes; at most {MAX_MANIFEST} are accepted")]
    TooLarge(usize),
    #[error("manifest is not valid JSON of its kind: {0}")]
    Json(String),
    #[error("manifest is nested too deeply (more than 127 levels)")]
    TooDeep,
    #[error("manifest has the media type {body:?} in its body but was sent as {sent:?}; send both alike")]
    MediaTypes { body: String, sent: String },
    #[error("media type {0:?} is not a manifest that is supported (OCI manifest and index, Docker schema 2 are)")]
    Unsupported(String),
    #[error("manifest is Docker schema 1, which is not supported; push it again with a newer client")]
    Schema1,
    #[error("manifest is ambiguous: {0}")]
    Ambiguous(String),
    #[error("manifest schemaVersion must be 2, not {0}")]
    SchemaVersion(i64),
}

impl ImageManifest {
    /// Whether it is a container image: its configuration has an image's media type.
    pub fn is_image(&self) -> bool {
        media_type::is_image_config(&self.config.media_type)
    }
}

impl Manifest {
    /// Reads a manifest. `content_type` is what it was sent as, when that is known.
    pub fn parse(bytes: &[u8], _content_type: Option<&str>) -> Result<Self, ManifestError> {
        if bytes.len() > MAX_MANIFEST {
            return Err(ManifestError::TooLarge(bytes.len()));
        }
        Err(ManifestError::Unsupported(String::new()))
    }

    pub fn media_type(&self) -> &str {
        match self {
            Self::Image(image) => &image.media_type,
            Self::Index(index) => &index.media_type,
        }
    }

    /// Digests that must be there for this to be whole: configuration and layers, or manifests. In order,
    /// repeated ones once.
    pub fn children(&self) -> Vec<Digest> {
        let mut all = Vec::new();
        match self {
            Self::Image(image) => all.extend(std::iter::once(&image.config).chain(&image.layers).map(|d| &d.digest)),
            Self::Index(index) => all.extend(index.manifests.iter().map(|d| &d.digest)),
        }
        let mut seen = std::collections::HashSet::new();
        all.into_iter().filter(|d| seen.insert(*d)).cloned().collect()
    }

    pub fn subject(&self) -> Option<&Descriptor> {
        match self {
            Self::Image(image) => image.subject.as_ref(),
            Self::Index(index) => index.subject.as_ref(),
        }
    }
}
