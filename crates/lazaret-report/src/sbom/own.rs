//! Our own bills: an inventory goes in, and the same inventory comes out.

mod image;
mod package;

use lazaret_model::{Digest, Timestamp};
use sha2::{Digest as _, Sha256};

use super::{
    Sbom, SbomImage,
    document::{Component, Document, Kind, Properties},
};

/// Value of the property that says that a bill is ours. Rises when one that was written before reads otherwise.
const SCHEMA: &str = "lazaret.sbom/1";

/// What a bill of ours has and is not readable as one.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotOurs {
    #[error("{0:?} is missing or not as we write it")]
    Property(String),
    #[error("it was changed after it was written")]
    Changed,
}

/// What every format says of the document as a whole.
pub(crate) struct Head {
    /// Derived from the content: `xxxxxxxx-xxxx-8xxx-...` (RFC 9562, version 8).
    pub(crate) uuid: String,
    /// `2026-11-24T08:00:00Z`: to the second, as SPDX has it.
    pub(crate) created: String,
    /// Whether every part of every image was understood.
    pub(crate) complete: bool,
}

impl Head {
    pub(super) fn new(document: &Document, sbom: &Sbom, now: Timestamp) -> Self {
        let mut hasher = Sha256::new();
        for (name, value) in &document.root.properties.0 {
            hasher.update(name);
            hasher.update([0]);
            hasher.update(value);
            hasher.update([0]);
        }
        hasher.update(&sbom.name);
        let hash = hasher.finalize();
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&hash[..16]);
        bytes[6] = bytes[6] & 0x0f | 0x80;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        let hex: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let uuid = [&hex[..4], &hex[4..6], &hex[6..8], &hex[8..10], &hex[10..]].map(<[String]>::concat).join("-");
        Self {
            uuid,
            created: seconds(now),
            complete: sbom.images.iter().all(|image| image.inventory.problems.is_empty()),
        }
    }
}

/// A moment without its fraction of a second.
fn seconds(now: Timestamp) -> String {
    Timestamp::from_millis(now.as_millis().div_euclid(1000) * 1000).unwrap_or(now).to_string()
}

/// The form of a bill. One image is the root itself; otherwise the root holds the images.
pub(super) fn document(sbom: &Sbom) -> Document {
    let mut images = sbom.images.iter().map(image::component);
    let mut root = match (&sbom.index, sbom.images.len()) {
        (None, 1) => images.next().unwrap_or_default(),
        _ => {
            let mut properties = Properties::default();
            properties.add("images", sbom.images.len().to_string());
            let version = sbom.index.as_ref().map(Digest::to_string).unwrap_or_default();
            Component { kind: Kind::Image, version, properties, parts: images.collect(), ..Component::default() }
        }
    };
    root.name.clone_from(&sbom.name);
    root.properties.add("schema", SCHEMA);
    root.properties.add("content", content(sbom.index.as_ref(), &sbom.images).to_string());
    Document { root, tool: format!("lazaret {}", env!("CARGO_PKG_VERSION")), problems: Vec::new() }
}

/// Whether the bill says that it is ours.
pub(super) fn is_ours(document: &Document) -> bool {
    document.root.properties.one("schema") == Some(SCHEMA)
}

/// The bill that [`document`] was given.
pub(super) fn sbom(document: &Document) -> Result<Sbom, NotOurs> {
    let root = &document.root;
    let (index, images) = match root.properties.one("images") {
        None => (None, vec![image::image(root)?]),
        Some(_) => {
            let index = some_digest(Some(&root.version).filter(|text| !text.is_empty()), "index")?;
            (index, root.parts.iter().map(image::image).collect::<Result<_, _>>()?)
        }
    };
    if root.properties.one("content") != Some(&content(index.as_ref(), &images).to_string()) {
        return Err(NotOurs::Changed);
    }
    Ok(Sbom { name: root.name.clone(), index, images })
}

/// SHA-256 of what a bill says: what a converter or a hand dropped is noticed.
fn content(index: Option<&Digest>, images: &[SbomImage]) -> Digest {
    let mut hasher = Sha256::new();
    // Plain structs with text keys: nothing here can fail to be written.
    hasher.update(serde_json::to_vec(&index).unwrap_or_default());
    for SbomImage { facts, inventory } in images {
        hasher.update(serde_json::to_vec(&(facts, inventory)).unwrap_or_default());
    }
    Digest::from_sha256(hasher.finalize().into())
}

fn digest(text: Option<&str>, name: &str) -> Result<Digest, NotOurs> {
    text.and_then(|text| Digest::parse(text).ok()).ok_or_else(|| NotOurs::Property(name.to_owned()))
}

fn some_digest<T: AsRef<str>>(text: Option<T>, name: &str) -> Result<Option<Digest>, NotOurs> {
    text.map(|text| digest(Some(text.as_ref()), name)).transpose()
}
