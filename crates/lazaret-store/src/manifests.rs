//! Manifests with their edges. A manifest's bytes live in its row; its blobs and children are edges of their own.

mod delete;
mod put;

use std::collections::BTreeMap;

use lazaret_model::{Digest, ImageState, Repository, Timestamp};
use rusqlite::Row;

pub use put::{ManifestPut, PutError, PutOutcome};

use crate::{Store, StoreError, db};

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

impl ManifestKind {
    pub const ALL: [Self; 3] = [Self::Image, Self::Index, Self::Artifact];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Index => "index",
            Self::Artifact => "artifact",
        }
    }
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
    /// A manifest of the repository, in whatever state: whether it may be read is the caller's question.
    pub fn manifest(&self, repository: &Repository, digest: &Digest) -> Result<Option<ManifestRow>, StoreError> {
        let sql = "SELECT kind, state, effective, state_at, decision, subject, media_type, artifact_type, config, size,
                       pushed_at, pushed_by, annotations, bytes
                   FROM manifests WHERE repository = ?1 AND digest = ?2";
        let read = |row: &Row<'_>| {
            Ok(ManifestRow {
                repository: repository.clone(),
                digest: digest.clone(),
                kind: kind(row, 0)?,
                own_state: db::state(row, 1)?,
                state: db::state(row, 2)?,
                state_at: db::time(row, 3)?,
                decision: db::digest_option(row, 4)?,
                subject: db::digest_option(row, 5)?,
                media_type: row.get(6)?,
                artifact_type: row.get(7)?,
                config: db::digest_option(row, 8)?,
                size: db::count(row, 9)?,
                pushed_at: db::time(row, 10)?,
                pushed_by: row.get(11)?,
                annotations: annotations(row, 12)?,
                bytes: row.get(13)?,
            })
        };
        self.read(|c| db::one(c, sql, (repository.as_str(), digest.to_string()), read))
    }

    /// Up to `n` manifests of the repository, tagged or not, by digest, after `last`.
    pub fn manifests(
        &self,
        repository: &Repository,
        last: Option<&Digest>,
        n: usize,
    ) -> Result<Vec<ManifestHead>, StoreError> {
        let sql = "SELECT digest, media_type, size, kind, effective, decision, pushed_at, pushed_by
                   FROM manifests WHERE repository = ?1 AND digest > ?2 ORDER BY digest LIMIT ?3";
        let last = last.map(ToString::to_string).unwrap_or_default();
        let read = |row: &Row<'_>| {
            Ok(ManifestHead {
                digest: db::digest(row, 0)?,
                media_type: row.get(1)?,
                size: db::count(row, 2)?,
                kind: kind(row, 3)?,
                state: db::state(row, 4)?,
                decision: db::digest_option(row, 5)?,
                pushed_at: db::time(row, 6)?,
                pushed_by: row.get(7)?,
            })
        };
        self.read(|c| db::all(c, sql, (repository.as_str(), last, db::limit(n)), read))
    }

    /// Manifests of the repository whose subject is `subject`, by digest; the subject itself need not be there.
    pub fn referrers(&self, repository: &Repository, subject: &Digest) -> Result<Vec<ReferrerRow>, StoreError> {
        let sql = "SELECT digest, media_type, size, artifact_type, annotations, effective
                   FROM manifests WHERE repository = ?1 AND subject = ?2 ORDER BY digest";
        let read = |row: &Row<'_>| {
            Ok(ReferrerRow {
                digest: db::digest(row, 0)?,
                media_type: row.get(1)?,
                size: db::count(row, 2)?,
                artifact_type: row.get(3)?,
                annotations: annotations(row, 4)?,
                state: db::state(row, 5)?,
            })
        };
        self.read(|c| db::all(c, sql, (repository.as_str(), subject.to_string()), read))
    }

    /// Children of an index, in its order. A child may not have come yet, or have been deleted since.
    pub fn children(&self, repository: &Repository, index: &Digest) -> Result<Vec<Digest>, StoreError> {
        let sql = "SELECT child FROM manifest_children WHERE repository = ?1 AND parent = ?2 ORDER BY position";
        self.read(|c| db::all(c, sql, (repository.as_str(), index.to_string()), |row| db::digest(row, 0)))
    }

    /// Indexes of the repository that name the manifest.
    pub fn parents(&self, repository: &Repository, manifest: &Digest) -> Result<Vec<Digest>, StoreError> {
        self.read(|c| parents(c, repository, manifest))
    }

    /// Every image (no index, no artifact) of every repository: what is judged again when advisories change.
    pub fn image_keys(&self) -> Result<Vec<(Repository, Digest)>, StoreError> {
        let sql = "SELECT repository, digest FROM manifests WHERE kind = 'image' ORDER BY repository, digest";
        self.read(|c| db::all(c, sql, [], |row| Ok((db::repository(row, 0)?, db::digest(row, 1)?))))
    }
}

pub(crate) fn parents(
    c: &rusqlite::Connection,
    repository: &Repository,
    manifest: &Digest,
) -> Result<Vec<Digest>, StoreError> {
    let sql = "SELECT DISTINCT parent FROM manifest_children WHERE repository = ?1 AND child = ?2 ORDER BY parent";
    db::all(c, sql, (repository.as_str(), manifest.to_string()), |row| db::digest(row, 0))
}

fn kind(row: &Row<'_>, column: usize) -> rusqlite::Result<ManifestKind> {
    db::parsed(row, column, |text| ManifestKind::ALL.into_iter().find(|k| k.name() == text))
}

fn annotations(row: &Row<'_>, column: usize) -> rusqlite::Result<BTreeMap<String, String>> {
    db::parsed(row, column, |text| serde_json::from_str(text).ok())
}
