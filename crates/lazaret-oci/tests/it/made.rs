//! Images made in memory.

use std::{
    collections::BTreeMap,
    io::Write,
    path::{Path, PathBuf},
};

use lazaret_oci::{media_type, sha256};
use serde_json::{Value, json};

/// Files of a layout, by name.
#[derive(Default)]
pub(crate) struct Layout {
    pub(crate) files: BTreeMap<String, Vec<u8>>,
    pub(crate) manifests: Vec<Value>,
}

pub(crate) fn tar_of(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = tar::Builder::new(Vec::new());
    for (name, body) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(body.len() as u64);
        header.set_mode(0o644);
        archive.append_data(&mut header, name, *body).unwrap();
    }
    archive.into_inner().unwrap()
}

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    writer.write_all(bytes).unwrap();
    writer.finish().unwrap()
}

pub(crate) fn config(architecture: &str, layers: &[Vec<u8>]) -> Vec<u8> {
    let diff_ids: Vec<_> = layers.iter().map(|l| sha256(l)).collect();
    json!({ "os": "linux", "architecture": architecture, "config": { "User": "7" },
        "rootfs": { "type": "layers", "diff_ids": diff_ids } })
    .to_string()
    .into_bytes()
}

impl Layout {
    pub(crate) fn blob(&mut self, kind: &str, bytes: &[u8]) -> Value {
        let digest = sha256(bytes);
        self.files.insert(format!("blobs/sha256/{}", digest.hex()), bytes.to_vec());
        json!({ "mediaType": kind, "digest": digest, "size": bytes.len() })
    }

    /// A manifest of one gzip and one zstd layer; its descriptor.
    pub(crate) fn image(&mut self, architecture: &str) -> Value {
        let layers = [tar_of(&[("etc/os-release", b"ID=x")]), tar_of(&[(&format!("opt/{architecture}"), &[7; 9000])])];
        let config = self.blob(media_type::OCI_CONFIG, &config(architecture, &layers));
        let gzip = self.blob(media_type::OCI_LAYER_GZIP, &gzip(&layers[0]));
        let zstd = self.blob(media_type::OCI_LAYER_ZSTD, &zstd::encode_all(&layers[1][..], 3).unwrap());
        let manifest = json!({ "schemaVersion": 2, "config": config, "layers": [gzip, zstd] });
        self.blob(media_type::OCI_MANIFEST, manifest.to_string().as_bytes())
    }

    pub(crate) fn index(&mut self, manifests: &[Value]) -> Value {
        let index = json!({ "schemaVersion": 2, "mediaType": media_type::OCI_INDEX, "manifests": manifests });
        self.blob(media_type::OCI_INDEX, index.to_string().as_bytes())
    }

    fn finished(&self) -> BTreeMap<String, Vec<u8>> {
        let mut files = self.files.clone();
        files.insert("oci-layout".to_owned(), br#"{"imageLayoutVersion":"1.0.0"}"#.to_vec());
        let index = json!({ "schemaVersion": 2, "manifests": self.manifests });
        files.insert("index.json".to_owned(), index.to_string().into_bytes());
        files
    }

    pub(crate) fn write_directory(&self, root: &Path) -> PathBuf {
        for (name, bytes) in self.finished() {
            let path = root.join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
        }
        root.to_owned()
    }

    /// With a prefix before every name (`./` as some tools write).
    pub(crate) fn write_archive(&self, path: &Path, prefix: &str) -> PathBuf {
        let files = self.finished();
        let named: Vec<_> = files.iter().map(|(name, bytes)| (format!("{prefix}{name}"), bytes)).collect();
        let mut archive = tar::Builder::new(Vec::new());
        for (name, bytes) in named {
            let mut header = tar::Header::new_ustar();
            // Past the builder, which would take the `./` away.
            header.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes());
            header.set_size(bytes.len() as u64);
            header.set_cksum();
            archive.append(&header, bytes.as_slice()).unwrap();
        }
        std::fs::write(path, archive.into_inner().unwrap()).unwrap();
        path.to_owned()
    }
}

pub(crate) fn on(mut descriptor: Value, platform: &str) -> Value {
    let (os, architecture) = platform.split_once('/').unwrap();
    descriptor["platform"] = json!({ "os": os, "architecture": architecture });
    descriptor
}

pub(crate) fn tagged(mut descriptor: Value, tag: &str) -> Value {
    descriptor["annotations"] = json!({ "org.opencontainers.image.ref.name": tag });
    descriptor
}
