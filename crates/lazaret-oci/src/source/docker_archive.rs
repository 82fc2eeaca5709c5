//! What `docker save` writes: `manifest.json` beside configurations and layers (Docker image specification 1.2), with
//! layers as `<id>/layer.tar` (uncompressed, sometimes links to each other) or, since Docker 25, as OCI blobs.

use std::{collections::HashMap, io::Read, path::Path};

use lazaret_model::{Digest, Platform};
use serde::Deserialize;

use super::{
    Selection, Source, SourceError, SourceImage, SourceImages,
    archive::{Archive, Range},
    platform,
};
use crate::{Descriptor, Hasher, Limits, MAX_CONFIG, MAX_MANIFEST, image_facts, media_type, sha256};

/// A docker archive, opened: manifest and configurations read.
#[derive(Debug)]
pub(super) struct DockerArchive {
    name: String,
    archive: Archive,
    images: Vec<SourceImage>,
    layers: HashMap<Digest, Range>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Entry {
    config: String,
    repo_tags: Option<Vec<String>>,
    layers: Option<Vec<String>>,
}

impl DockerArchive {
    pub(super) fn open(path: &Path, tag: Option<&str>, limits: &Limits) -> Result<Self, SourceError> {
        Self::read_manifest(&format!("docker-archive:{}", path.display()), Archive::open(path, limits)?, tag)
    }

    /// An archive that a daemon sent; `name` is the source's.
    pub(super) fn exported(name: &str, archive: Archive) -> Result<Self, SourceError> {
        Self::read_manifest(name, archive, None)
    }

    fn read_manifest(name: &str, archive: Archive, tag: Option<&str>) -> Result<Self, SourceError> {
        let not_this =
            |reason: String| SourceError::NotThis { what: name.to_owned(), kind: "a docker archive", reason };
        let Some(bytes) = archive.document("manifest.json", MAX_MANIFEST)? else {
            let hint =
                if archive.find("index.json").is_some() { " (it is an OCI archive: write oci-archive:)" } else { "" };
            return Err(not_this(format!("it has no manifest.json{hint}")));
        };
        let mut entries: Vec<Entry> =
            serde_json::from_slice(&bytes).map_err(|e| not_this(format!("its manifest.json is not valid: {e}")))?;
        if let Some(tag) = tag {
            let tags: Vec<_> = entries.iter().flat_map(|e| e.repo_tags.clone().unwrap_or_default()).collect();
            entries.retain(|e| e.repo_tags.iter().flatten().any(|t| has_tag(t, tag)));
            if entries.is_empty() {
                return Err(SourceError::NoTag { wanted: tag.to_owned(), available: tags.join(", ") });
            }
        }
        let name = tag.map_or(name.to_owned(), |tag| format!("{name}:{tag}"));
        let mut opened = Self { name, archive, images: Vec::new(), layers: HashMap::new() };
        for entry in &entries {
            let image = opened.image(entry)?;
            if opened.images.iter().all(|i| i.facts.digest != image.facts.digest) {
                opened.images.push(image);
            }
        }
        if opened.images.is_empty() {
            return Err(SourceError::NoImage { what: opened.name });
        }
        Ok(opened)
    }

    fn missing(&self, what: &str) -> SourceError {
        SourceError::Missing { what: what.to_owned(), place: self.name.clone() }
    }

    fn image(&mut self, entry: &Entry) -> Result<SourceImage, SourceError> {
        let config = self.archive.document(&entry.config, MAX_CONFIG)?.ok_or_else(|| self.missing(&entry.config))?;
        let digest = sha256(&config);
        if let Some(expected) = named_digest(&entry.config).filter(|d| *d != digest) {
            let what = format!("{} in {}", entry.config, self.name);
            return Err(SourceError::DigestMismatch { what, expected, actual: digest });
        }
        let what = || format!("{} in {}", entry.config, self.name);
        // The number of diff ids is checked against the layers below; until then their digests are not known.
        let placeholders: Vec<_> = entry
            .layers
            .iter()
            .flatten()
            .map(|_| Descriptor::new(media_type::DOCKER_LAYER, digest.clone(), 0))
            .collect();
        let mut facts = image_facts(digest.clone(), "config", &placeholders, digest, &config)
            .map_err(|source| SourceError::Config { what: what(), source })?;
        let mut layers = Vec::new();
        for (name, diff_id) in entry.layers.iter().flatten().zip(&facts.diff_ids) {
            let range = self.archive.find(name).ok_or_else(|| self.missing(name))?;
            let layer = self.layer(name, range, diff_id)?;
            self.layers.insert(layer.digest.clone(), range);
            layers.push(layer);
        }
        facts.layers = layers.iter().map(|l| l.digest.clone()).collect();
        facts.layer_sizes = layers.iter().map(|l| l.size).collect();
        Ok(SourceImage { facts, layers })
    }

    /// A layer that is stored plain has the diff id for a digest. One that is compressed has it in its name, or is
    /// hashed here once.
    fn layer(&self, name: &str, range: Range, diff_id: &Digest) -> Result<Descriptor, SourceError> {
        let failed = |source| SourceError::Io { what: format!("{name} in {}", self.name), source };
        let mut magic = Vec::new();
        self.archive.reader(Range { size: range.size.min(4), ..range }).read_to_end(&mut magic).map_err(failed)?;
        let kind = match magic.as_slice() {
            [0x1f, 0x8b, ..] => media_type::DOCKER_LAYER_GZIP,
            [0x28, 0xb5, 0x2f, 0xfd] => media_type::OCI_LAYER_ZSTD,
            _ => return Ok(Descriptor::new(media_type::DOCKER_LAYER, diff_id.clone(), range.size)),
        };
        if let Some(digest) = named_digest(name) {
            return Ok(Descriptor::new(kind, digest, range.size));
        }
        let mut hash = Hasher::new(lazaret_model::Algorithm::Sha256);
        let mut reader = self.archive.reader(range);
        let mut buffer = vec![0; 1 << 18];
        loop {
            match reader.read(&mut buffer).map_err(failed)? {
                0 => return Ok(Descriptor::new(kind, hash.finish(), range.size)),
                count => hash.update(&buffer[..count]),
            }
        }
    }
}

/// The digest that a name promises: `<hex>.json`, `blobs/sha256/<hex>`.
fn named_digest(name: &str) -> Option<Digest> {
    let hex = name.strip_prefix("blobs/sha256/").or_else(|| name.strip_suffix(".json"))?;
    Digest::parse(&format!("sha256:{hex}")).ok()
}

/// `1.0` and `app:1.0` both mean `registry/team/app:1.0`.
fn has_tag(full: &str, wanted: &str) -> bool {
    full == wanted || full.strip_suffix(wanted).is_some_and(|rest| rest.ends_with(['/', ':']))
}

impl Source for DockerArchive {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn images(&self, selection: &Selection) -> Result<SourceImages, SourceError> {
        let platforms: Vec<Platform> = self.images.iter().map(|i| i.facts.platform.clone()).collect();
        let chosen = platform::choose(&platforms, selection)?;
        let images = chosen.into_iter().filter_map(|i| self.images.get(i).cloned()).collect();
        Ok(SourceImages { index: None, images, problems: Vec::new() })
    }

    fn open_layer(&self, image: &SourceImage, index: usize) -> Result<Box<dyn Read + Send>, SourceError> {
        let digest = super::layer_digest(image, index, &self.name)?;
        let range = self.layers.get(digest).ok_or_else(|| self.missing(&format!("layer {digest}")))?;
        Ok(Box::new(self.archive.reader(*range)))
    }
}
