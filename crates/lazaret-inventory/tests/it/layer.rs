//! Building layers and reading them back.

use std::{io::Cursor, sync::Arc};

use lazaret_inventory::{DetectorSet, LayerInventory, LayerScan, coalesce, scan_layer};
use lazaret_model::{Digest, ImageFacts, Inventory, Platform};
use lazaret_oci::{LayerSpec, Limits, sha256};

/// A layer under construction.
#[derive(Default)]
pub(crate) struct Layer(Vec<(String, Content)>);

enum Content {
    File(Vec<u8>, u32),
    Directory,
    Link(String, bool),
}

impl Layer {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn file(mut self, path: &str, content: impl AsRef<[u8]>) -> Self {
        self.0.push((path.to_owned(), Content::File(content.as_ref().to_vec(), 0o644)));
        self
    }

    pub(crate) fn program(mut self, path: &str, content: impl AsRef<[u8]>) -> Self {
        self.0.push((path.to_owned(), Content::File(content.as_ref().to_vec(), 0o755)));
        self
    }

    pub(crate) fn directory(mut self, path: &str) -> Self {
        self.0.push((path.to_owned(), Content::Directory));
        self
    }

    pub(crate) fn symlink(mut self, path: &str, target: &str) -> Self {
        self.0.push((path.to_owned(), Content::Link(target.to_owned(), true)));
        self
    }

    pub(crate) fn hard_link(mut self, path: &str, target: &str) -> Self {
        self.0.push((path.to_owned(), Content::Link(target.to_owned(), false)));
        self
    }

    pub(crate) fn npm(self, path: &str, name: &str, version: &str) -> Self {
        self.file(path, format!(r#"{{"name":"{name}","version":"{version}"}}"#))
    }

    pub(crate) fn tar(&self) -> Vec<u8> {
        let mut tar = tar::Builder::new(Vec::new());
        for (path, content) in &self.0 {
            let mut header = tar::Header::new_gnu();
            header.set_mode(0o755);
            header.set_size(0);
            match content {
                Content::File(bytes, mode) => {
                    header.set_size(bytes.len() as u64);
                    header.set_mode(*mode);
                    tar.append_data(&mut header, path, bytes.as_slice()).unwrap();
                }
                Content::Directory => {
                    header.set_entry_type(tar::EntryType::Directory);
                    tar.append_data(&mut header, path, [].as_slice()).unwrap();
                }
                Content::Link(target, symbolic) => {
                    let kind = if *symbolic { tar::EntryType::Symlink } else { tar::EntryType::Link };
                    header.set_entry_type(kind);
                    tar.append_link(&mut header, path, target).unwrap();
                }
            }
        }
        tar.into_inner().unwrap()
    }
}

pub(crate) fn read(tar: &[u8]) -> LayerInventory {
    let spec = LayerSpec {
        digest: Some(sha256(tar)),
        size: Some(tar.len() as u64),
        diff_id: Some(sha256(tar)),
        media_type: "application/vnd.oci.image.layer.v1.tar".to_owned(),
    };
    let set = DetectorSet::standard();
    let scan = scan_layer(&mut Cursor::new(tar), &spec, &Limits::default(), &set, &|_| {});
    assert!(scan.layer.verified, "{:?}", scan.layer.problems);
    // what a cache gives back is the same
    let text = serde_json::to_string(&scan).unwrap();
    assert_eq!(serde_json::from_str::<LayerScan>(&text).unwrap(), scan);
    scan.into_layer(&set)
}

pub(crate) fn facts(diff_ids: Vec<Digest>) -> ImageFacts {
    ImageFacts {
        digest: sha256(b"image"),
        digest_kind: "manifest".to_owned(),
        config: sha256(b"config"),
        platform: Platform { os: "linux".to_owned(), architecture: "amd64".to_owned(), variant: None },
        user: String::new(),
        exposed_ports: Vec::new(),
        env: Vec::new(),
        entrypoint: Vec::new(),
        cmd: Vec::new(),
        labels: std::collections::BTreeMap::new(),
        created: None,
        layers: diff_ids.clone(),
        layer_sizes: vec![0; diff_ids.len()],
        diff_ids,
        history: Vec::new(),
        base_layers: None,
    }
}

/// The inventory of layers that lie over each other, lowest first, with their diff ids.
pub(crate) fn flatten(layers: &[Layer]) -> (Inventory, Vec<Digest>) {
    let read: Vec<_> = layers.iter().map(|layer| Arc::new(read(&layer.tar()))).collect();
    let diff_ids: Vec<_> = read.iter().map(|layer| layer.diff_id.clone().unwrap()).collect();
    (coalesce(&facts(diff_ids.clone()), &read, &DetectorSet::standard()), diff_ids)
}

/// `name version @introduced[-removed]`, layers counted from 1.
pub(crate) fn listed(layers: &[Layer]) -> Vec<String> {
    let (inventory, diff_ids) = flatten(layers);
    let number = |digest: &Option<Digest>| 1 + diff_ids.iter().position(|id| Some(id) == digest.as_ref()).unwrap();
    inventory
        .packages
        .iter()
        .map(|package| {
            let removed =
                package.removed_in.as_ref().map_or(String::new(), |id| format!("-{}", number(&Some(id.clone()))));
            format!("{} {} @{}{removed}", package.name, package.version, number(&package.layer))
        })
        .collect()
}
