//! Storing a manifest: one transaction for manifest, edges, tag, audit row, state and job (architecture.md, "Push to
//! verdict").

use std::collections::BTreeMap;

use lazaret_model::{Digest, ImageState, Repository, Tag};

use super::{ManifestKind, parents};
use crate::{
    Priority, Store, StoreError, Work, audit_log, blobs,
    db::{self, Tx},
    queue, repositories, states, tags,
};

/// A manifest to be stored. The caller has parsed it and verified its digest.
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
    /// Children of an index that are evidence about an image, with that image.
    pub attested: Vec<(Digest, Digest)>,
    pub subject: Option<Digest>,
    pub artifact_type: Option<String>,
    pub annotations: BTreeMap<String, String>,
    /// An artifact that may take the state of what it is about: none of its blobs could be unpacked and run.
    pub evidence: bool,
    /// Id of who pushes.
    pub principal: String,
}

/// What became of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PutOutcome {
    /// What the gate goes by: `quarantined` when it is new (an artifact: its subject's), else what it was.
    pub state: ImageState,
    /// Whether the digest was not in the repository before.
    pub new: bool,
}

/// Why it was not stored. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum PutError {
    #[error("{} blob(s) that the manifest names are not in the repository", .0.len())]
    MissingBlobs(Vec<Digest>),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Store {
    /// Stores a manifest, points the tag to it, and enqueues its judgement. A digest that is there keeps its state
    /// (an image that is not served is judged again). Config and layers must be in the repository, children need not.
    #[expect(clippy::needless_pass_by_value, reason = "the push is over when it is stored: its bytes go with it")]
    pub fn put_manifest(&self, put: ManifestPut) -> Result<PutOutcome, PutError> {
        self.put(&put, |_| false)
    }

    /// [`Store::put_manifest`], but an image's layers need not be in the repository. It is incomplete until they are:
    /// each that comes has it judged again. Anything but an image is judged by nobody, so it must be whole.
    #[expect(clippy::needless_pass_by_value, reason = "the push is over when it is stored: its bytes go with it")]
    pub fn put_sparse_manifest(&self, put: ManifestPut) -> Result<PutOutcome, PutError> {
        self.put(&put, |digest| put.kind == ManifestKind::Image && put.config.as_ref() != Some(digest))
    }

    fn put(&self, put: &ManifestPut, may_miss: impl Fn(&Digest) -> bool) -> Result<PutOutcome, PutError> {
        self.write(|tx| {
            let missing = missing(tx, put)?;
            // Refused before anything was written: committing is as good as rolling back.
            if missing.iter().any(|digest| !may_miss(digest)) {
                return Ok(Err(PutError::MissingBlobs(missing)));
            }
            store(tx, put, &missing).map(Ok)
        })?
    }
}

/// Blobs that the manifest is made of and that are not in the repository (registry.md, I4). An index may be sparse:
/// what it names and is not here counts as quarantined, and judges the index again when it comes.
fn missing(tx: &Tx<'_>, put: &ManifestPut) -> Result<Vec<Digest>, StoreError> {
    let mut missing = Vec::new();
    for digest in blobs_of(put) {
        if !blobs::is_member(tx, &put.repository, digest)? && !missing.contains(digest) {
            missing.push(digest.clone());
        }
    }
    Ok(missing)
}

fn store(tx: &Tx<'_>, put: &ManifestPut, missing: &[Digest]) -> Result<PutOutcome, StoreError> {
    repositories::ensure(tx, &put.repository, &put.principal)?;
    let known = states::effective(tx, &put.repository, &put.digest)?;
    let state = match known {
        Some(state) => state,
        None => insert(tx, put)?,
    };
    for digest in blobs_of(put).filter(|digest| !missing.contains(digest)) {
        blobs::lease(tx, digest)?;
    }
    for (evidence, image) in &put.attested {
        states::attach(tx, &put.repository, evidence, image)?;
    }
    if let Some(tag) = &put.tag {
        tags::push(tx, &put.repository, tag, &put.digest, &put.principal)?;
    }
    if state.is_served() {
        tags::serve(tx, &put.repository, &put.digest)?;
    }
    let target = match &put.tag {
        Some(tag) => format!("{}:{tag}", put.repository),
        None => put.repository.to_string(),
    };
    let detail = serde_json::json!({
        "digest": put.digest, "kind": put.kind.name(), "media_type": put.media_type, "new": known.is_none(),
    });
    audit_log::append(tx, &put.principal, "push_manifest", &target, &detail.to_string())?;
    enqueue_judgement(tx, put, state, known.is_none())?;
    Ok(PutOutcome { state, new: known.is_none() })
}

/// Writes row and edges of a digest that is new here; returns the state that the gate goes by.
fn insert(tx: &Tx<'_>, put: &ManifestPut) -> Result<ImageState, StoreError> {
    let repository = put.repository.as_str();
    let digest = put.digest.to_string();
    let text = |digest: &Option<Digest>| digest.as_ref().map(ToString::to_string);
    let (own, decision) = states::remembered(tx, &put.repository, &put.digest)?;
    let follows = match follows(put) {
        Some(subject) if holds_image(tx, put)? || states::follows_back(tx, &put.repository, &subject, &put.digest)? => {
            None
        }
        other => other,
    };
    let effective = states::effective_of(tx, &put.repository, own, follows.as_ref())?;
    let annotations = serde_json::to_string(&put.annotations)
        .map_err(|e| StoreError::corrupt(format!("annotations of {digest}"), e.to_string()))?;
    db::execute(
        tx,
        "INSERT INTO manifests (repository, digest, kind, state, effective, state_at, decision, follows, subject,
             media_type, artifact_type, config, size, pushed_at, pushed_by, annotations, bytes)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?6, ?14, ?15, ?16)",
        rusqlite::params![
            repository,
            digest,
            put.kind.name(),
            own.name(),
            effective.name(),
            tx.now.as_millis(),
            text(&decision),
            text(&follows),
            text(&put.subject),
            put.media_type,
            put.artifact_type,
            text(&put.config),
            db::integer(put.bytes.len() as u64),
            put.principal,
            annotations,
            put.bytes,
        ],
    )?;
    let edge = "INSERT INTO manifest_blobs (repository, manifest, position, digest) VALUES (?1, ?2, ?3, ?4)";
    for (position, blob) in (0_i64..).zip(blobs_of(put)) {
        db::execute(tx, edge, (repository, &digest, position, blob.to_string()))?;
    }
    let edge = "INSERT INTO manifest_children (repository, parent, position, child) VALUES (?1, ?2, ?3, ?4)";
    for (position, child) in (0_i64..).zip(&put.manifests) {
        db::execute(tx, edge, (repository, &digest, position, child.to_string()))?;
    }
    // Artifacts may have come before their subject.
    states::refresh_followers(tx, &put.repository, &put.digest)?;
    Ok(effective)
}

/// A new image or index is judged; one that is there and not served is judged again, and only a person lifts a
/// revocation. Indexes that name a new manifest (they came first, or it was deleted) are judged again too.
fn enqueue_judgement(tx: &Tx<'_>, put: &ManifestPut, state: ImageState, new: bool) -> Result<(), StoreError> {
    let (repository, digest) = (put.repository.clone(), put.digest.clone());
    if new || !(state.is_served() || state == ImageState::Revoked) {
        match put.kind {
            ManifestKind::Image => queue::enqueue(tx, &Work::JudgeImage { repository, digest }, Priority::Push)?,
            ManifestKind::Index => queue::enqueue(tx, &Work::JudgeIndex { repository, digest }, Priority::Push)?,
            ManifestKind::Artifact => {}
        }
    }
    if new {
        for parent in parents(tx, &put.repository, &put.digest)? {
            let work = Work::JudgeIndex { repository: put.repository.clone(), digest: parent };
            queue::enqueue(tx, &work, Priority::Push)?;
        }
    }
    Ok(())
}

/// Configuration first, then the layers.
fn blobs_of(put: &ManifestPut) -> impl Iterator<Item = &Digest> {
    put.config.iter().chain(&put.blobs)
}

/// Whether an index names an image or another index: then it is judged by its children, whatever its tag. What is not
/// here yet may turn out to be one.
fn holds_image(tx: &Tx<'_>, put: &ManifestPut) -> Result<bool, StoreError> {
    let sql = "SELECT 1 FROM manifests WHERE repository = ?1 AND digest = ?2 AND kind = 'artifact'";
    for child in &put.manifests {
        if db::one(tx, sql, (put.repository.as_str(), child.to_string()), |_| Ok(()))?.is_none() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whose state it takes (gate.md 7): evidence its subject's; evidence, or an index of such, that is pushed as a
/// fallback tag of referrers (`sha256-<hex>`, also with a suffix such as `.sig`) that of the digest the tag names.
/// Never an image: it would leave quarantine by the name of its tag.
fn follows(put: &ManifestPut) -> Option<Digest> {
    match put.kind {
        ManifestKind::Image => None,
        ManifestKind::Artifact if !put.evidence => None,
        ManifestKind::Artifact if put.subject.is_some() => put.subject.clone(),
        ManifestKind::Artifact | ManifestKind::Index => put.tag.as_ref().and_then(fallback_subject),
    }
}

fn fallback_subject(tag: &Tag) -> Option<Digest> {
    let (algorithm, rest) = tag.as_str().split_once('-')?;
    let hex = rest.split('.').next()?;
    Digest::parse(&format!("{algorithm}:{hex}")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fallback_tags_name_their_subject() {
        let hex = "0a".repeat(32);
        let subject = |tag: &str| fallback_subject(&Tag::parse(tag).unwrap()).map(|d| d.to_string());
        assert_eq!(subject(&format!("sha256-{hex}")), Some(format!("sha256:{hex}")));
        assert_eq!(subject(&format!("sha256-{hex}.sig")), Some(format!("sha256:{hex}")));
        assert_eq!(subject("sha256-0a0a"), None);
        assert_eq!(subject("v1.0-rc1"), None);
    }
}
