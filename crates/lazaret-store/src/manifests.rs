use std::collections::BTreeMap;

use lazaret_model::{Digest, ImageState, Repository, Tag, Timestamp};

use crate::{Store, StoreError, store::later};

/// What a manifest is to the gate.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum ManifestKind {
    /// Has an image configuration; judged.
    Image,
    /// Names other manifests; judged by its image children.
    Index,
    /// Anything else: takes its subject's state, quarantined without one.
    Artifact,
}

/// A manifest to be stored. The caller has parsed and verified it.
#[derive(Clone, Debug)]
pub struct ManifestPut {
    pub repository: Repository,
    pub tag: Option<Tag>,
    pub digest: Digest,
    pub media_type: String,
    pub bytes: Vec<u8>,
    pub kind: ManifestKind,
    pub config: Option<Digest>,
    /// Layers, without those that name other places (`urls`).
    pub blobs: Vec<Digest>,
    /// Children of an index.
    pub manifests: Vec<Digest>,
    pub subject: Option<Digest>,
    pub artifact_type: Option<String>,
    pub annotations: BTreeMap<String, String>,
    /// Id of who pushes.
    pub principal: String,
}

/// What became of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PutOutcome {
    /// `quarantined` when it is new, else what it was.
    pub state: ImageState,
    /// Whether the digest was not in the repository before.
    pub new: bool,
}

/// Why it was not stored.
#[derive(Debug, thiserror::Error)]
pub enum PutError {
    #[error("{} blob(s) that the manifest names are not in the repository", .0.len())]
    MissingBlobs(Vec<Digest>),
    #[error("{} manifest(s) that the index names are not in the repository", .0.len())]
    MissingManifests(Vec<Digest>),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A stored manifest with its bytes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ManifestRow {
    pub repository: Repository,
    pub digest: Digest,
    pub media_type: String,
    pub bytes: Vec<u8>,
    pub size: u64,
    pub kind: ManifestKind,
    /// What the gate goes by: the subject's state for an artifact, else its own.
    pub state: ImageState,
    /// The state that was set for this very digest.
    pub own_state: ImageState,
    pub state_at: Timestamp,
    /// Latest decision.
    pub decision: Option<Digest>,
    pub config: Option<Digest>,
    pub subject: Option<Digest>,
    pub artifact_type: Option<String>,
    pub annotations: BTreeMap<String, String>,
    pub pushed_at: Timestamp,
    pub pushed_by: String,
}

/// A stored manifest without its bytes, for lists.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ManifestHead {
    pub digest: Digest,
    pub media_type: String,
    pub size: u64,
    pub kind: ManifestKind,
    /// What the gate goes by.
    pub state: ImageState,
    pub decision: Option<Digest>,
    pub pushed_at: Timestamp,
    pub pushed_by: String,
}

/// A manifest whose `subject` is the one asked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReferrerRow {
    pub digest: Digest,
    pub media_type: String,
    pub size: u64,
    pub artifact_type: Option<String>,
    pub annotations: BTreeMap<String, String>,
    /// What the gate goes by.
    pub state: ImageState,
}

impl Store {
    pub fn put_manifest(&self, _put: ManifestPut) -> Result<PutOutcome, PutError> {
        Err(later().into())
    }
    pub fn manifest(&self, _repository: &Repository, _digest: &Digest) -> Result<Option<ManifestRow>, StoreError> {
        Err(later())
    }
    pub fn manifests(&self, _r: &Repository, _last: Option<&Digest>, _n: usize) -> Result<Vec<ManifestHead>, StoreError> {
        Err(later())
    }
    pub fn referrers(&self, _repository: &Repository, _subject: &Digest) -> Result<Vec<ReferrerRow>, StoreError> {
        Err(later())
    }
    pub fn children(&self, _repository: &Repository, _index: &Digest) -> Result<Vec<Digest>, StoreError> {
        Err(later())
    }
    pub fn parents(&self, _repository: &Repository, _manifest: &Digest) -> Result<Vec<Digest>, StoreError> {
        Err(later())
    }
    pub fn delete_manifest(&self, _r: &Repository, _digest: &Digest, _actor: &str) -> Result<bool, StoreError> {
        Err(later())
    }
    /// Every image (no index, no artifact) of every repository: what is judged again when advisories change.
    pub fn image_keys(&self) -> Result<Vec<(Repository, Digest)>, StoreError> {
        Err(later())
    }
}
