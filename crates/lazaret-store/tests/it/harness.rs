//! A store in a temporary directory with a clock that the test sets.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use lazaret_model::{Clock, Digest, ImageState, Repository, Tag, Timestamp};
use lazaret_store::{ManifestKind, ManifestPut, PutOutcome, Store};
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

pub(crate) const HOUR: i64 = 3_600_000;

pub(crate) struct TestClock(AtomicI64);

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst)).unwrap()
    }
}

pub(crate) struct Fixture {
    pub(crate) store: Store,
    pub(crate) clock: Arc<TestClock>,
    pub(crate) dir: TempDir,
}

impl Fixture {
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let clock = Arc::new(TestClock(AtomicI64::new(1_790_000_000_000)));
        let store = Store::open(dir.path(), clock.clone()).unwrap();
        Self { store, clock, dir }
    }

    /// Another handle on the same directory, as another process has one.
    pub(crate) fn second(&self) -> Store {
        Store::open(self.dir.path(), self.clock.clone()).unwrap()
    }

    /// As a restart does: every handle is gone first.
    pub(crate) fn reopen(self) -> Self {
        let Self { store, clock, dir } = self;
        drop(store);
        let store = Store::open(dir.path(), clock.clone()).unwrap();
        Self { store, clock, dir }
    }

    pub(crate) fn advance(&self, millis: i64) {
        self.clock.0.fetch_add(millis, Ordering::SeqCst);
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Pushes a blob whole.
    pub(crate) fn blob(&self, repository: &str, bytes: &[u8]) -> Digest {
        let repository = repo(repository);
        let session = self.store.begin_upload(&repository, "ci").unwrap();
        let mut upload = self.store.open_upload(&repository, &session.id).unwrap();
        upload.write(bytes).unwrap();
        upload.finish(&digest(bytes)).unwrap().digest
    }

    /// Pushes an image named `name` with a config and a layer of its own, and a tag.
    pub(crate) fn image(&self, repository: &str, name: &str, tag: Option<&str>) -> Digest {
        let config = self.blob(repository, format!("config of {name}").as_bytes());
        let layer = self.blob(repository, format!("layer of {name}").as_bytes());
        let mut put = manifest(repository, name, ManifestKind::Image, tag);
        put.config = Some(config);
        put.blobs = vec![layer];
        let digest = put.digest.clone();
        self.store.put_manifest(put).unwrap();
        digest
    }

    pub(crate) fn index(&self, repository: &str, name: &str, children: &[&Digest]) -> Digest {
        let mut put = manifest(repository, name, ManifestKind::Index, None);
        put.manifests = children.iter().map(|d| (*d).clone()).collect();
        let digest = put.digest.clone();
        self.store.put_manifest(put).unwrap();
        digest
    }

    pub(crate) fn artifact(&self, repository: &str, name: &str, subject: &Digest, tag: Option<&str>) -> Digest {
        let mut put = manifest(repository, name, ManifestKind::Artifact, tag);
        put.subject = Some(subject.clone());
        put.artifact_type = Some("application/vnd.example.signature".to_owned());
        let digest = put.digest.clone();
        self.store.put_manifest(put).unwrap();
        digest
    }

    pub(crate) fn put(&self, put: ManifestPut) -> PutOutcome {
        self.store.put_manifest(put).unwrap()
    }

    pub(crate) fn set(&self, repository: &str, digest: &Digest, state: ImageState) -> ImageState {
        self.store.set_state(&repo(repository), digest, state, None, "worker", "test").unwrap()
    }

    pub(crate) fn state(&self, repository: &str, digest: &Digest) -> ImageState {
        self.store.manifest(&repo(repository), digest).unwrap().unwrap().state
    }
}

pub(crate) fn manifest(repository: &str, name: &str, kind: ManifestKind, tag: Option<&str>) -> ManifestPut {
    let bytes = format!("manifest {name}").into_bytes();
    ManifestPut {
        repository: repo(repository),
        tag: tag.map(|t| Tag::parse(t).unwrap()),
        digest: digest(&bytes),
        media_type: "application/vnd.oci.image.manifest.v1+json".to_owned(),
        bytes,
        kind,
        config: None,
        blobs: Vec::new(),
        manifests: Vec::new(),
        attested: Vec::new(),
        subject: None,
        artifact_type: None,
        annotations: BTreeMap::new(),
        evidence: kind == ManifestKind::Artifact,
        principal: "sp-ci".to_owned(),
    }
}

pub(crate) fn repo(name: &str) -> Repository {
    Repository::parse(name).unwrap()
}

pub(crate) fn tag(name: &str) -> Tag {
    Tag::parse(name).unwrap()
}

pub(crate) fn digest(bytes: &[u8]) -> Digest {
    Digest::from_sha256(Sha256::digest(bytes).into())
}

/// Bytes that do not repeat soon.
pub(crate) fn noise(len: usize, seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut bytes = Vec::with_capacity(len + 8);
    while bytes.len() < len {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes.truncate(len);
    bytes
}
