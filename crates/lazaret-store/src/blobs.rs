//! Blobs: which there are, which repository holds which, and whether the gate lets one out.

pub(crate) mod fs;
pub(crate) mod hash;
mod holders;
pub(crate) mod spool;

use std::fs::File;

use lazaret_model::{Digest, Repository};
use rusqlite::Connection;

use crate::{
    Priority, Store, StoreError, Work,
    db::{self, SERVED_STATES, Tx},
    queue, repositories,
};

/// How long after an upload, a mount or a manifest that names it a blob is safe from collection, in milliseconds.
/// As long as an upload session: a push that pauses between its blobs and its manifest finds them.
const LEASE: i64 = 24 * 3600 * 1000;

/// A blob that is here, whole.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BlobRow {
    pub digest: Digest,
    /// Bytes.
    pub size: u64,
}

/// What the serving matrix asks about a blob.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct BlobReach {
    /// Pushed to or mounted into the repository.
    pub in_repository: bool,
    /// Config or layer of a manifest of this repository, in whatever state.
    pub named: bool,
    /// Config or layer of a manifest of this repository whose state is served (approved, due, pre-gate).
    pub served: bool,
}

impl Store {
    /// Whether the blob is here, in any repository. Damaged ones are not.
    pub fn blob(&self, digest: &Digest) -> Result<Option<BlobRow>, StoreError> {
        let size = self.read(|c| live_size(c, digest))?;
        Ok(size.map(|size| BlobRow { digest: digest.clone(), size }))
    }

    /// The bytes and their length. A file that is gone or has another length than was recorded is an error, and from
    /// then on the blob counts as not there, so that clients push it again (registry.md, I3).
    pub fn open_blob(&self, digest: &Digest) -> Result<Option<(File, u64)>, StoreError> {
        let Some(size) = self.read(|c| live_size(c, digest))? else { return Ok(None) };
        let detail = match self.whole_file(digest, size)? {
            Ok(file) => return Ok(Some((file, size))),
            Err(detail) => detail,
        };
        // Looked at again under the write lock: a push that heals has named its file before it takes that.
        let healed = self.write(|tx| match self.whole_file(digest, size)? {
            Ok(file) => Ok(Some((file, size))),
            Err(_) => mark_damaged(tx, digest).map(|()| None),
        })?;
        healed.map(Some).ok_or_else(|| StoreError::corrupt(format!("blob {digest}"), detail))
    }

    /// The object's file when it has the length that was recorded, or what is wrong with it.
    fn whole_file(&self, digest: &Digest, size: u64) -> Result<Result<File, String>, StoreError> {
        Ok(match self.inner.files.open(digest)? {
            Some((file, length)) if length == size => Ok(file),
            Some((_, length)) => Err(format!("it has {length} bytes, {size} were stored; push it again")),
            None => Err("its file is missing; push it again".to_owned()),
        })
    }

    /// Whether the blob was pushed to or mounted into the repository and is whole.
    pub fn repository_has_blob(&self, repository: &Repository, digest: &Digest) -> Result<bool, StoreError> {
        self.read(|c| is_member(c, repository, digest))
    }

    /// Makes a blob of `from` a blob of `to`; `false` when `from` does not have it. The caller has checked that the
    /// principal may read it there.
    pub fn mount_blob(&self, from: &Repository, to: &Repository, digest: &Digest) -> Result<bool, StoreError> {
        self.write(|tx| {
            if !is_member(tx, from, digest)? {
                return Ok(false);
            }
            repositories::ensure(tx, to, "mount")?;
            join(tx, to, digest)?;
            lease(tx, digest)?;
            Ok(true)
        })
    }

    /// Takes a blob out of the repository; `false` when it was not in it. [`StoreError::Referenced`] while a manifest
    /// of the repository is made of it. The bytes stay until they are collected.
    pub fn delete_blob(&self, repository: &Repository, digest: &Digest) -> Result<bool, StoreError> {
        let text = digest.to_string();
        self.write(|tx| {
            let used = "SELECT 1 FROM manifest_blobs WHERE repository = ?1 AND digest = ?2 LIMIT 1";
            if db::one(tx, used, (repository.as_str(), &text), |_| Ok(()))?.is_some() {
                return Err(StoreError::Referenced { repository: repository.clone(), digest: digest.clone() });
            }
            let sql = "DELETE FROM repository_blobs WHERE repository = ?1 AND digest = ?2";
            Ok(db::execute(tx, sql, (repository.as_str(), &text))? > 0)
        })
    }

    /// Where a blob stands in a repository, by one query over indexes. An artifact, whose state is its subject's and
    /// whose bytes nobody judged, does not open a blob that an image which is not served is made of; and nothing opens
    /// the bytes of a manifest that is not served itself, pushed as a blob too.
    pub fn blob_reach(&self, repository: &Repository, digest: &Digest) -> Result<BlobReach, StoreError> {
        let sql = format!(
            "SELECT EXISTS (
                 SELECT 1 FROM repository_blobs r JOIN blobs b ON b.digest = r.digest
                 WHERE r.repository = ?1 AND r.digest = ?2 AND b.state = 'live'),
             EXISTS (SELECT 1 FROM manifest_blobs n WHERE n.repository = ?1 AND n.digest = ?2),
             EXISTS (
                 SELECT 1 FROM manifest_blobs e
                 JOIN manifests m ON m.repository = e.repository AND m.digest = e.manifest
                 WHERE e.repository = ?1 AND e.digest = ?2 AND m.effective IN {SERVED_STATES}
                   AND (m.kind <> 'artifact' OR NOT EXISTS (
                     SELECT 1 FROM manifest_blobs o
                     JOIN manifests i ON i.repository = o.repository AND i.digest = o.manifest
                     WHERE o.repository = ?1 AND o.digest = ?2
                       AND i.kind = 'image' AND i.effective NOT IN {SERVED_STATES})))
             AND NOT EXISTS (
                 SELECT 1 FROM manifests s
                 WHERE s.repository = ?1 AND s.digest = ?2 AND s.effective NOT IN {SERVED_STATES})"
        );
        let params = (repository.as_str(), digest.to_string());
        let read = |row: &rusqlite::Row<'_>| {
            Ok(BlobReach { in_repository: row.get(0)?, named: row.get(1)?, served: row.get(2)? })
        };
        Ok(self.read(|c| db::one(c, &sql, params, read))?.unwrap_or_default())
    }

    /// Says that the stored bytes do not have this digest: the blob is not served or mounted until it is pushed again.
    pub fn blob_damaged(&self, digest: &Digest) -> Result<(), StoreError> {
        self.write(|tx| mark_damaged(tx, digest))
    }
}

fn mark_damaged(tx: &Tx<'_>, digest: &Digest) -> Result<(), StoreError> {
    tracing::error!(blob.digest = %digest, "a stored blob is damaged");
    db::execute(tx, "UPDATE blobs SET state = 'damaged' WHERE digest = ?1", [digest.to_string()])?;
    Ok(())
}

/// Records a published blob with its membership and lease.
pub(crate) fn record(tx: &Tx<'_>, repository: &Repository, blob: &BlobRow) -> Result<(), StoreError> {
    db::execute(
        tx,
        "INSERT INTO blobs (digest, size, created_at) VALUES (?1, ?2, ?3)
         ON CONFLICT (digest) DO UPDATE SET size = excluded.size, state = 'live',
             generation = blobs.generation + CASE WHEN blobs.state = 'live' THEN 0 ELSE 1 END",
        (blob.digest.to_string(), db::integer(blob.size), tx.now.as_millis()),
    )?;
    repositories::ensure(tx, repository, "upload")?;
    join(tx, repository, &blob.digest)?;
    lease(tx, &blob.digest)
}

/// Keeps a blob from collection for a while.
pub(crate) fn lease(tx: &Tx<'_>, digest: &Digest) -> Result<(), StoreError> {
    db::execute(
        tx,
        "INSERT INTO blob_leases (digest, until_at) VALUES (?1, ?2)
         ON CONFLICT (digest) DO UPDATE SET until_at = excluded.until_at
         WHERE excluded.until_at > blob_leases.until_at",
        (digest.to_string(), tx.now.as_millis().saturating_add(LEASE)),
    )?;
    Ok(())
}

/// Whether a repository holds a blob, whole.
pub(crate) fn is_member(c: &Connection, repository: &Repository, digest: &Digest) -> Result<bool, StoreError> {
    let sql = "SELECT 1 FROM repository_blobs r JOIN blobs b ON b.digest = r.digest
               WHERE r.repository = ?1 AND r.digest = ?2 AND b.state = 'live'";
    Ok(db::one(c, sql, (repository.as_str(), digest.to_string()), |_| Ok(()))?.is_some())
}

/// Makes the blob one of the repository. An image that was pushed before this layer of it is judged again.
fn join(tx: &Tx<'_>, repository: &Repository, digest: &Digest) -> Result<(), StoreError> {
    let new = db::execute(
        tx,
        "INSERT INTO repository_blobs (repository, digest, added_at) VALUES (?1, ?2, ?3)
         ON CONFLICT (repository, digest) DO NOTHING",
        (repository.as_str(), digest.to_string(), tx.now.as_millis()),
    )?;
    if new > 0 {
        for digest in holders::images_of(tx, repository, digest)? {
            let work = Work::JudgeImage { repository: repository.clone(), digest };
            queue::enqueue(tx, &work, Priority::Push)?;
        }
    }
    Ok(())
}

fn live_size(c: &Connection, digest: &Digest) -> Result<Option<u64>, StoreError> {
    let sql = "SELECT size FROM blobs WHERE digest = ?1 AND state = 'live'";
    db::one(c, sql, [digest.to_string()], |row| db::count(row, 0))
}
