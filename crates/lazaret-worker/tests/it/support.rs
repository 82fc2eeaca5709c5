//! A store in a temporary folder, a clock that can be set, and images made in memory.

use std::{
    io::Write,
    sync::{Arc, Mutex},
};

use flate2::{Compression, write::GzEncoder};
use lazaret_advisory::AdvisoryDb;
use lazaret_assess::{CurrentJudge, Judge, JudgeSettings, SigningKey, generate_key};
use lazaret_inventory::DetectorSet;
use lazaret_model::{Clock, Digest, ImageState, Repository, Tag, Timestamp};
use lazaret_oci::{Limits, media_type, sha256};
use lazaret_store::{ManifestKind, ManifestPut, Store};
use lazaret_worker::{Context, Layers, run_pending};
use serde_json::json;

pub(crate) struct SetClock(Mutex<Timestamp>);

impl Clock for SetClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

pub(crate) struct House {
    pub(crate) context: Context,
    pub(crate) repository: Repository,
    _dir: tempfile::TempDir,
}

impl House {
    pub(crate) fn new(accept_starter: bool) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let clock = Arc::new(SetClock(Mutex::new(Timestamp::parse("2026-11-24T00:00:00Z").unwrap())));
        let store = Store::open(dir.path(), clock.clone()).unwrap();
        let key = SigningKey::from_pkcs8(&generate_key().unwrap()).unwrap();
        let context = Context {
            judge: Arc::new(CurrentJudge::new(Arc::new(judge(accept_starter)))),
            layers: Arc::new(Layers::new(store.clone(), Limits::default())),
            limits: Limits::default(),
            looks: DetectorSet::standard(),
            key: Arc::new(key),
            default_policy: "production".to_owned(),
            store,
            clock,
        };
        Self { context, repository: Repository::parse("team/app").unwrap(), _dir: dir }
    }

    pub(crate) fn put_blob(&self, bytes: &[u8]) -> Digest {
        let store = &self.context.store;
        let row = store.begin_upload(&self.repository, "ci").unwrap();
        let mut upload = store.open_upload(&self.repository, &row.id).unwrap();
        upload.write(bytes).unwrap();
        let digest = sha256(bytes);
        upload.finish(&digest).unwrap();
        digest
    }

    /// Pushes an image with one layer of these files; `user` of the config.
    pub(crate) fn push_image(&self, user: &str, files: &[(&str, &str)]) -> Digest {
        self.push_image_with(user, files, 0)
    }

    /// The same; the manifest gives the layer so many bytes more than it has.
    pub(crate) fn push_image_with(&self, user: &str, files: &[(&str, &str)], too_many: usize) -> Digest {
        let tar = tar(files);
        let layer = gzip(&tar);
        let layer_digest = self.put_blob(&layer);
        let config = json!({
            "architecture": "amd64", "os": "linux", "config": {"User": user},
            "rootfs": {"type": "layers", "diff_ids": [sha256(&tar)]},
        });
        let config = serde_json::to_vec(&config).unwrap();
        let config_digest = self.put_blob(&config);
        let manifest = json!({
            "schemaVersion": 2, "mediaType": media_type::OCI_MANIFEST,
            "config": {"mediaType": media_type::OCI_CONFIG, "digest": config_digest, "size": config.len()},
            "layers": [{"mediaType": media_type::OCI_LAYER_GZIP, "digest": layer_digest, "size": layer.len() + too_many}],
        });
        self.put_manifest(
            ManifestKind::Image,
            media_type::OCI_MANIFEST,
            serde_json::to_vec(&manifest).unwrap(),
            vec![layer_digest],
            Some(config_digest),
            Vec::new(),
        )
    }

    pub(crate) fn push_index(&self, children: &[(Digest, &str)]) -> Digest {
        let entries: Vec<_> = children
            .iter()
            .map(|(digest, architecture)| {
                json!({"mediaType": media_type::OCI_MANIFEST, "digest": digest, "size": 1,
                       "platform": {"os": if *architecture == "unknown" { "unknown" } else { "linux" },
                                    "architecture": architecture}})
            })
            .collect();
        let index = json!({"schemaVersion": 2, "mediaType": media_type::OCI_INDEX, "manifests": entries});
        let digests = children.iter().map(|(d, _)| d.clone()).collect();
        let bytes = serde_json::to_vec(&index).unwrap();
        self.put_manifest(ManifestKind::Index, media_type::OCI_INDEX, bytes, Vec::new(), None, digests)
    }

    fn put_manifest(
        &self,
        kind: ManifestKind,
        media_type: &str,
        bytes: Vec<u8>,
        blobs: Vec<Digest>,
        config: Option<Digest>,
        manifests: Vec<Digest>,
    ) -> Digest {
        let digest = sha256(&bytes);
        let put = ManifestPut {
            repository: self.repository.clone(),
            tag: Some(Tag::parse("latest").unwrap()),
            digest: digest.clone(),
            media_type: media_type.to_owned(),
            bytes,
            kind,
            config,
            blobs,
            manifests,
            attested: Vec::new(),
            subject: None,
            artifact_type: None,
            annotations: std::collections::BTreeMap::new(),
            evidence: kind == ManifestKind::Artifact,
            principal: "ci".to_owned(),
        };
        self.context.store.put_manifest(put).unwrap();
        digest
    }

    pub(crate) fn run(&self) {
        run_pending(&self.context).unwrap();
    }

    pub(crate) fn state(&self, digest: &Digest) -> ImageState {
        self.context.store.manifest(&self.repository, digest).unwrap().unwrap().state
    }
}

pub(crate) fn judge(accept_starter: bool) -> Judge {
    let settings = JudgeSettings { accept_starter, ..JudgeSettings::default() };
    Judge::new(Arc::new(AdvisoryDb::starter().unwrap()), settings)
}

pub(crate) fn tar(files: &[(&str, &str)]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (path, content) in files {
        let mut header = tar::Header::new_ustar();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        builder.append_data(&mut header, path, content.as_bytes()).unwrap();
    }
    builder.into_inner().unwrap()
}

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut writer = GzEncoder::new(Vec::new(), Compression::fast());
    writer.write_all(bytes).unwrap();
    writer.finish().unwrap()
}

/// A package that no advisory names.
pub(crate) const CLEAN: (&str, &str) =
    ("app/node_modules/lazaret-test-clean/package.json", r#"{"name":"lazaret-test-clean","version":"1.0.0"}"#);
/// A package of the starter set.
pub(crate) const LODASH: (&str, &str) =
    ("app/node_modules/lodash/package.json", r#"{"name":"lodash","version":"4.17.11"}"#);
