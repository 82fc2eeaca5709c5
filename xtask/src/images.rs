//! Small images made in memory, so that the tests mean something where no shared folder is.
//!
//! `Sample` is an image as a registry client holds it; `oci_archive` and `docker_archive` write it as skopeo, podman and
//! docker read it.

use crate::client::{Registry, digest};
use anyhow::Result;
use flate2::{Compression, write::GzEncoder};
use serde_json::{Value, json};
use std::io::Write;
use std::path::Path;

pub(crate) const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
pub(crate) const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const CONFIG: &str = "application/vnd.oci.image.config.v1+json";

/// What a sample is judged to be.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fitness {
    /// No OS, nobody known to be vulnerable, not root: approved at any date.
    Fit,
    /// Runs as root, with a password in its environment: blocked at any date.
    Unfit,
}

/// How a layer is compressed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Packing {
    Gzip,
    Zstd,
}

/// An image with one layer.
pub(crate) struct Sample {
    pub(crate) manifest: Vec<u8>,
    pub(crate) config: Vec<u8>,
    pub(crate) layer: Vec<u8>,
    /// The layer's tar.
    tar: Vec<u8>,
}

impl Sample {
    /// An image for `architecture`; `seed` makes its bytes, and so its digests, its own.
    pub(crate) fn new(fitness: Fitness, packing: Packing, architecture: &str, seed: &str) -> Result<Self> {
        let tar = tar(&[("srv/hello.txt", format!("hello from {seed} for {architecture}\n").as_bytes())])?;
        let layer = match packing {
            Packing::Gzip => gzip(&tar)?,
            Packing::Zstd => zstd::encode_all(tar.as_slice(), 3)?,
        };
        let diff_id = digest(&tar);
        Ok(Self { tar, ..Self::around(fitness, packing, architecture, seed, layer, &diff_id)? })
    }

    /// An image around a layer that is already packed, and that may be broken.
    pub(crate) fn of_layer(fitness: Fitness, packing: Packing, layer: Vec<u8>, diff_id: &str) -> Result<Self> {
        Self::around(fitness, packing, "amd64", "a layer of its own", layer, diff_id)
    }

    fn around(
        fitness: Fitness,
        packing: Packing,
        architecture: &str,
        seed: &str,
        layer: Vec<u8>,
        diff_id: &str,
    ) -> Result<Self> {
        let kind = match packing {
            Packing::Gzip => "application/vnd.oci.image.layer.v1.tar+gzip",
            Packing::Zstd => "application/vnd.oci.image.layer.v1.tar+zstd",
        };
        let run = match fitness {
            Fitness::Fit => json!({"User": "65532", "Entrypoint": ["/srv/hello"]}),
            Fitness::Unfit => json!({"Env": ["DB_PASSWORD=hunter2-not-a-real-one"], "Entrypoint": ["/srv/hello"]}),
        };
        let config = serde_json::to_vec(&json!({
            "architecture": architecture, "os": "linux", "config": run,
            "rootfs": {"type": "layers", "diff_ids": [diff_id]},
            "history": [{"created_by": format!("COPY hello.txt /srv/ # {seed}")}],
        }))?;
        let manifest = serde_json::to_vec(&json!({
            "schemaVersion": 2, "mediaType": MANIFEST,
            "config": descriptor(CONFIG, &config), "layers": [descriptor(kind, &layer)],
        }))?;
        Ok(Self { manifest, config, layer, tar: Vec::new() })
    }

    /// Pushes it under `reference`; gives its digest.
    pub(crate) fn push(&self, registry: &Registry, repository: &str, reference: &str) -> Result<String> {
        registry.push_blob(repository, &self.layer)?;
        registry.push_blob(repository, &self.config)?;
        registry.push_manifest(repository, reference, MANIFEST, &self.manifest)
    }
}

/// An index of images, by architecture.
pub(crate) fn index(children: &[(&str, &Sample)]) -> Result<Vec<u8>> {
    let manifests: Vec<Value> = children
        .iter()
        .map(|(architecture, child)| {
            let mut entry = descriptor(MANIFEST, &child.manifest);
            entry["platform"] = json!({"architecture": architecture, "os": "linux"});
            entry
        })
        .collect();
    Ok(serde_json::to_vec(&json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": manifests}))?)
}

/// Writes an OCI archive with one image, or with an index of several.
pub(crate) fn oci_archive(path: &Path, children: &[(&str, &Sample)]) -> Result<()> {
    let index = index(children)?;
    let top = match children {
        [(_, only)] => descriptor(MANIFEST, &only.manifest),
        _ => descriptor(INDEX, &index),
    };
    let top = serde_json::to_vec(&json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": [top]}))?;
    let mut files =
        vec![("oci-layout".to_owned(), br#"{"imageLayoutVersion":"1.0.0"}"#.to_vec()), ("index.json".to_owned(), top)];
    let parts = children.iter().flat_map(|(_, child)| [&child.manifest, &child.config, &child.layer]);
    let parts = parts.chain((children.len() > 1).then_some(&index));
    files.extend(parts.map(|bytes| (format!("blobs/{}", digest(bytes).replace(':', "/")), bytes.clone())));
    write_tar(path, &files)
}

/// Writes what `docker save` writes for one image named `name`.
pub(crate) fn docker_archive(path: &Path, name: &str, sample: &Sample) -> Result<()> {
    let config = digest(&sample.config).replace("sha256:", "");
    let list = json!([{"Config": format!("{config}.json"), "RepoTags": [name], "Layers": ["layer/layer.tar"]}]);
    let files = [
        (format!("{config}.json"), sample.config.clone()),
        ("layer/layer.tar".to_owned(), sample.tar.clone()),
        ("manifest.json".to_owned(), serde_json::to_vec(&list)?),
    ];
    write_tar(path, &files)
}

fn write_tar(path: &Path, files: &[(String, Vec<u8>)]) -> Result<()> {
    let files: Vec<(&str, &[u8])> = files.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
    Ok(std::fs::write(path, tar(&files)?)?)
}

/// A tar of regular files, the same bytes each time.
pub(crate) fn tar(files: &[(&str, &[u8])]) -> Result<Vec<u8>> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, bytes) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        header.set_mtime(1_700_000_000);
        builder.append_data(&mut header, name, *bytes)?;
    }
    Ok(builder.into_inner()?)
}

pub(crate) fn gzip(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::new(6));
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?)
}

/// A descriptor of `bytes`.
pub(crate) fn descriptor(kind: &str, bytes: &[u8]) -> Value {
    json!({"mediaType": kind, "digest": digest(bytes), "size": bytes.len()})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_is_its_own_and_the_same_each_time() {
        let make = |seed| Sample::new(Fitness::Fit, Packing::Zstd, "amd64", seed).unwrap();
        assert_eq!(digest(&make("a").manifest), digest(&make("a").manifest));
        assert_ne!(digest(&make("a").manifest), digest(&make("b").manifest));
        assert_ne!(digest(&make("a").layer), digest(&make("b").layer));
        assert!(make("a").layer.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]));
    }
}
