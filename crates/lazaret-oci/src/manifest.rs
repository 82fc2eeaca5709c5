//! Manifests and indexes (OCI image-spec, manifest.md and image-index.md; Docker schema 2).

use std::collections::BTreeMap;

use lazaret_model::Digest;
use serde::{Deserialize, de::IgnoredAny};

use crate::{
    Descriptor, descriptor,
    json::{self, ANY, Shape},
    media_type,
};

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
    /// Reads a manifest. `content_type` is what it was sent as, when that is known. Fields that are not known are
    /// accepted; what two readers could take for different things is not.
    pub fn parse(bytes: &[u8], content_type: Option<&str>) -> Result<Self, ManifestError> {
        if bytes.len() > MAX_MANIFEST {
            return Err(ManifestError::TooLarge(bytes.len()));
        }
        if !json::is_shallow(bytes) {
            return Err(ManifestError::TooDeep);
        }
        let wire: Wire = serde_json::from_slice(bytes).map_err(|e| ManifestError::Json(e.to_string()))?;
        json::check_keys(bytes, &SHAPE).map_err(|e| ManifestError::Ambiguous(e.to_string()))?;
        wire.resolve(content_type)
    }

    pub fn media_type(&self) -> &str {
        match self {
            Self::Image(image) => &image.media_type,
            Self::Index(index) => &index.media_type,
        }
    }

    /// Digests that must be there for this to be whole: configuration and layers, or manifests. In order, repeated
    /// ones once; without foreign layers, which clients do not push.
    pub fn children(&self) -> Vec<Digest> {
        let mut all = Vec::new();
        match self {
            Self::Image(image) => all.extend(
                std::iter::once(&image.config)
                    .chain(image.layers.iter().filter(|l| !l.is_foreign()))
                    .map(|d| &d.digest),
            ),
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

const DESCRIPTORS: Shape = Shape(&[("[]", &descriptor::SHAPE)]);

const SHAPE: Shape = Shape(&[
    ("schemaVersion", &ANY),
    ("mediaType", &ANY),
    ("artifactType", &ANY),
    ("config", &descriptor::SHAPE),
    ("layers", &DESCRIPTORS),
    ("manifests", &DESCRIPTORS),
    ("subject", &descriptor::SHAPE),
    ("annotations", &ANY),
    ("fsLayers", &ANY),
]);

/// Both shapes in one, so that a document that is both is seen to be.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire {
    schema_version: Option<i64>,
    media_type: Option<String>,
    artifact_type: Option<String>,
    config: Option<descriptor::Wire>,
    layers: Option<Vec<descriptor::Wire>>,
    manifests: Option<Vec<descriptor::Wire>>,
    subject: Option<descriptor::Wire>,
    annotations: Option<BTreeMap<String, String>>,
    fs_layers: Option<IgnoredAny>,
}

impl Wire {
    fn resolve(self, content_type: Option<&str>) -> Result<Manifest, ManifestError> {
        let body = self.media_type.clone().filter(|t| !t.is_empty());
        // Parameters (`; charset=utf-8`) are not part of the type.
        let sent = content_type.map(|t| t.split(';').next().unwrap_or(t).trim().to_ascii_lowercase());
        let is_schema1 =
            |t: &String| matches!(t.as_str(), media_type::DOCKER_SCHEMA1 | media_type::DOCKER_SCHEMA1_SIGNED);
        if self.schema_version == Some(1) || body.iter().chain(&sent).any(is_schema1) {
            return Err(ManifestError::Schema1);
        }
        if let Some(version) = self.schema_version.filter(|v| *v != 2) {
            return Err(ManifestError::SchemaVersion(version));
        }
        if let (Some(body), Some(sent)) = (&body, &sent)
            && body != sent
        {
            return Err(ManifestError::MediaTypes { body: body.clone(), sent: sent.clone() });
        }
        let parts = self.config.is_some() || self.layers.is_some();
        if self.fs_layers.is_some() || (self.manifests.is_some() && parts) {
            return Err(ManifestError::Ambiguous("it has the fields of more than one kind of manifest".to_owned()));
        }
        let shape = if self.manifests.is_some() { media_type::OCI_INDEX } else { media_type::OCI_MANIFEST };
        let media_type = body.or(sent).unwrap_or_else(|| shape.to_owned());
        if media_type::is_index(&media_type) {
            if parts {
                return Err(ManifestError::Ambiguous(
                    "it is sent as an index but has the fields of an image".to_owned(),
                ));
            }
            return Ok(Manifest::Index(Index {
                media_type,
                artifact_type: self.artifact_type.filter(|t| !t.is_empty()),
                manifests: self.manifests.unwrap_or_default().into_iter().map(Into::into).collect(),
                subject: self.subject.map(Into::into),
                annotations: self.annotations.unwrap_or_default(),
            }));
        }
        if !media_type::is_image_manifest(&media_type) {
            return Err(ManifestError::Unsupported(media_type));
        }
        if self.manifests.is_some() {
            return Err(ManifestError::Ambiguous("it is sent as an image but has the fields of an index".to_owned()));
        }
        Ok(Manifest::Image(ImageManifest {
            media_type,
            artifact_type: self.artifact_type.filter(|t| !t.is_empty()),
            config: self
                .config
                .ok_or_else(|| ManifestError::Json("it has neither `config` nor `manifests`".to_owned()))?
                .into(),
            layers: self.layers.unwrap_or_default().into_iter().map(Into::into).collect(),
            subject: self.subject.map(Into::into),
            annotations: self.annotations.unwrap_or_default(),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn descriptor(kind: &str, extra: &str) -> String {
        format!(r#"{{"mediaType":"{kind}","digest":"sha256:{}","size":7{extra}}}"#, "ab".repeat(32))
    }

    fn image(extra: &str) -> String {
        let (config, layer) = (descriptor(media_type::OCI_CONFIG, ""), descriptor(media_type::OCI_LAYER_GZIP, ""));
        format!(r#"{{"schemaVersion":2,"config":{config},"layers":[{layer},{layer}]{extra}}}"#)
    }

    fn parse(text: &str) -> Result<Manifest, ManifestError> {
        Manifest::parse(text.as_bytes(), None)
    }

    #[test]
    fn an_image() {
        let Ok(Manifest::Image(manifest)) = parse(&image(r#","annotations":null,"unknown":[{"config":1}]"#)) else {
            panic!()
        };
        assert!(manifest.is_image());
        assert_eq!((manifest.media_type.as_str(), manifest.layers.len()), (media_type::OCI_MANIFEST, 2));
        assert_eq!(Manifest::Image(manifest).children().len(), 1, "equal digests are one child");
        let docker = parse(&image(&format!(r#","mediaType":"{}""#, media_type::DOCKER_MANIFEST))).unwrap();
        assert_eq!(docker.media_type(), media_type::DOCKER_MANIFEST);
    }

    #[test]
    fn an_index() {
        let child = descriptor(
            media_type::OCI_MANIFEST,
            r#","platform":{"os":"linux","architecture":"arm64","variant":"v8","os.features":[]}"#,
        );
        let attestation =
            descriptor(media_type::OCI_MANIFEST, r#","platform":{"os":"unknown","architecture":"unknown"}"#);
        let text = format!(r#"{{"schemaVersion":2,"manifests":[{child},{attestation}]}}"#);
        let Ok(Manifest::Index(index)) = parse(&text) else { panic!() };
        assert_eq!(index.manifests[0].platform.as_ref().map(ToString::to_string).unwrap(), "linux/arm64/v8");
        assert!(!index.manifests[0].is_attestation() && index.manifests[1].is_attestation());
        let empty = Manifest::parse(br#"{"schemaVersion":2,"manifests":null}"#, Some(media_type::OCI_INDEX)).unwrap();
        assert!(empty.children().is_empty());
    }

    #[test]
    fn a_foreign_layer_keeps_its_urls() {
        let layer = descriptor(media_type::DOCKER_FOREIGN_LAYER, r#","urls":["https://example.com/layer"]"#);
        let config = descriptor(media_type::DOCKER_CONFIG, "");
        let Ok(Manifest::Image(manifest)) =
            parse(&format!(r#"{{"schemaVersion":2,"config":{config},"layers":[{layer}]}}"#))
        else {
            panic!()
        };
        assert_eq!(manifest.layers[0].urls, ["https://example.com/layer"]);
        assert_eq!(
            Manifest::Image(manifest.clone()).children(),
            [manifest.config.digest],
            "foreign layers are not pushed"
        );
    }

    #[test]
    fn media_types_must_agree() {
        let text = image(&format!(r#","mediaType":"{}""#, media_type::OCI_MANIFEST));
        assert!(
            Manifest::parse(text.as_bytes(), Some("application/vnd.oci.image.manifest.v1+json; charset=utf-8")).is_ok()
        );
        let other = Manifest::parse(text.as_bytes(), Some(media_type::DOCKER_MANIFEST));
        assert!(matches!(other, Err(ManifestError::MediaTypes { .. })));
        let plain = Manifest::parse(image("").as_bytes(), Some("application/json"));
        assert!(matches!(plain, Err(ManifestError::Unsupported(_))));
    }

    #[test]
    fn ambiguous_ones_are_refused() {
        let child = descriptor(media_type::OCI_MANIFEST, "");
        for text in [
            image(&format!(r#","manifests":[{child}]"#)),
            image(r#","Layers":[]"#),
            image(r#","fsLayers":[]"#),
            image(&format!(r#","mediaType":"{}""#, media_type::OCI_INDEX)),
            format!(r#"{{"schemaVersion":2,"mediaType":"{}","manifests":[{child}]}}"#, media_type::OCI_MANIFEST),
            image("").replacen("\"digest\"", "\"Digest\":\"x\",\"digest\"", 1),
        ] {
            assert!(matches!(parse(&text), Err(ManifestError::Ambiguous(_))), "{text}: {:?}", parse(&text));
        }
        assert!(parse(&image(r#","layers":[]"#)).unwrap_err().to_string().contains("duplicate field"));
    }

    #[test]
    fn malformed_ones_are_refused() {
        assert!(matches!(Manifest::parse(&vec![b' '; MAX_MANIFEST + 1], None), Err(ManifestError::TooLarge(_))));
        assert_eq!(parse(&"[".repeat(10_000)), Err(ManifestError::TooDeep));
        assert_eq!(
            parse(&image(&format!(r#","x":{}{}"#, "[".repeat(10_000), "]".repeat(10_000)))),
            Err(ManifestError::TooDeep)
        );
        assert_eq!(parse(r#"{"schemaVersion":1,"fsLayers":[]}"#), Err(ManifestError::Schema1));
        assert_eq!(parse(r#"{"schemaVersion":3}"#), Err(ManifestError::SchemaVersion(3)));
        for (text, why) in [
            ("{}".to_owned(), "neither"),
            ("nonsense".to_owned(), "line 1"),
            (image("").replacen(":7", ":-7", 1), "-7"),
            (image("").replacen(":7", ":18446744073709551616", 1), "invalid type"),
            (image("").replacen("sha256:ab", "sha256:AB", 1), "lower-case"),
            (image("").replacen("sha256:", "md5:", 1), "algorithm"),
            (image("").replacen("\"mediaType\"", "\"x\"", 1), "mediaType"),
        ] {
            let error = parse(&text).unwrap_err().to_string();
            assert!(error.contains(why), "{text}: {error}");
        }
    }
}
