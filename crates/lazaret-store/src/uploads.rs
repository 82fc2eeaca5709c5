//! Upload sessions: a row and a spool file that outlive the request and the process.

mod session;
mod sweep;

use lazaret_model::{Digest, Repository, Timestamp};
use rand::TryRngCore;

pub use session::{FinishError, Upload};
pub use sweep::SweepReport;

use crate::{
    BlobRow, Store, StoreError,
    db::{self, Tx},
};

/// How long a session, and what is left of a finished one, is kept after the last byte, in milliseconds.
pub(crate) const SESSION_TTL: i64 = 24 * 3600 * 1000;

/// An upload session that is open.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UploadRow {
    pub id: String,
    pub repository: Repository,
    /// Bytes received; the next byte that is wanted.
    pub offset: u64,
    pub principal: String,
    pub created: Timestamp,
    pub expires: Timestamp,
}

/// What an open session resumes from.
pub(crate) struct Saved {
    pub(crate) row: UploadRow,
    pub(crate) hash_offset: u64,
    pub(crate) hash_state: Option<Vec<u8>>,
}

impl Store {
    /// Begins a session at offset 0. It lives for 24 h after the last checkpoint.
    pub fn begin_upload(&self, repository: &Repository, principal: &str) -> Result<UploadRow, StoreError> {
        let mut random = [0; 16];
        rand::rngs::OsRng.try_fill_bytes(&mut random).map_err(|_| StoreError::Random)?;
        let id = hex::encode(random);
        self.inner.spool.create(&id)?;
        self.write(|tx| {
            let row = UploadRow {
                id: id.clone(),
                repository: repository.clone(),
                offset: 0,
                principal: principal.to_owned(),
                created: tx.now,
                expires: later(tx.now),
            };
            db::execute(
                tx,
                "INSERT INTO uploads (id, repository, principal, created_at, expires_at) VALUES (?1, ?2, ?3, ?4, ?5)",
                (&row.id, repository.as_str(), principal, row.created.as_millis(), row.expires.as_millis()),
            )?;
            Ok(row)
        })
    }

    /// An open session of that repository. `offset` is what a resumed upload will report.
    pub fn upload(&self, repository: &Repository, id: &str) -> Result<Option<UploadRow>, StoreError> {
        let Some(saved) = self.saved_upload(repository, id)? else { return Ok(None) };
        let offset = self.inner.spool.len(&saved.row.id)?;
        Ok(Some(UploadRow { offset, ..saved.row }))
    }

    /// Takes the session for writing. [`StoreError::NoUpload`] and [`StoreError::UploadInUse`] say why not.
    pub fn open_upload(&self, repository: &Repository, id: &str) -> Result<Upload, StoreError> {
        let unknown = || StoreError::NoUpload { id: id.to_owned() };
        self.saved_upload(repository, id)?.ok_or_else(unknown)?;
        let held = self.inner.spool.hold(id)?.ok_or_else(|| StoreError::UploadInUse { id: id.to_owned() })?;
        // Again, now that nobody else moves it.
        let Some(saved) = self.saved_upload(repository, id)? else {
            self.inner.spool.remove(id)?;
            return Err(unknown());
        };
        Upload::resume(self.clone(), held, saved)
    }

    /// Ends a session and drops its bytes; `false` when it was not open. A request that still writes to it fails.
    pub fn cancel_upload(&self, repository: &Repository, id: &str) -> Result<bool, StoreError> {
        let gone = self.write(|tx| {
            let sql = "DELETE FROM uploads WHERE id = ?1 AND repository = ?2 AND finished_digest IS NULL";
            Ok(db::execute(tx, sql, (id, repository.as_str()))? > 0)
        })?;
        if gone {
            self.inner.spool.remove(id)?;
        }
        Ok(gone)
    }

    /// The blob that a session became, so that a repeated `PUT` of it can be answered as the first was (for 24 h).
    pub fn finished_upload(&self, repository: &Repository, id: &str) -> Result<Option<BlobRow>, StoreError> {
        self.read(|c| {
            db::one(
                c,
                "SELECT b.digest, b.size FROM uploads u JOIN blobs b ON b.digest = u.finished_digest
                 WHERE u.id = ?1 AND u.repository = ?2 AND b.state = 'live'",
                (id, repository.as_str()),
                |row| Ok(BlobRow { digest: db::digest(row, 0)?, size: db::count(row, 1)? }),
            )
        })
    }

    fn saved_upload(&self, repository: &Repository, id: &str) -> Result<Option<Saved>, StoreError> {
        let now = self.now();
        self.read(|c| {
            db::one(
                c,
                "SELECT id, repository, principal, created_at, expires_at, hash_offset, hash_state FROM uploads
                 WHERE id = ?1 AND repository = ?2 AND finished_digest IS NULL AND expires_at > ?3",
                (id, repository.as_str(), now.as_millis()),
                |row| {
                    let hash_offset = db::count(row, 5)?;
                    let row_ = UploadRow {
                        id: row.get(0)?,
                        repository: db::repository(row, 1)?,
                        offset: hash_offset,
                        principal: row.get(2)?,
                        created: db::time(row, 3)?,
                        expires: db::time(row, 4)?,
                    };
                    Ok(Saved { row: row_, hash_offset, hash_state: row.get(6)? })
                },
            )
        })
    }
}

/// Remembers how far the durable bytes of a session go. `false` when it is not open any more.
fn checkpoint(tx: &Tx<'_>, id: &str, offset: u64, midstate: &[u8]) -> Result<bool, StoreError> {
    let changed = db::execute(
        tx,
        "UPDATE uploads SET hash_offset = ?2, hash_state = ?3, expires_at = ?4
         WHERE id = ?1 AND finished_digest IS NULL",
        (id, db::integer(offset), midstate, later(tx.now).as_millis()),
    )?;
    Ok(changed > 0)
}

/// Turns an open session into a finished one. `false` when it is not open any more.
fn close(tx: &Tx<'_>, id: &str, digest: &Digest) -> Result<bool, StoreError> {
    let changed = db::execute(
        tx,
        "UPDATE uploads SET finished_digest = ?2, hash_state = NULL, expires_at = ?3
         WHERE id = ?1 AND finished_digest IS NULL",
        (id, digest.to_string(), later(tx.now).as_millis()),
    )?;
    Ok(changed > 0)
}

fn later(now: Timestamp) -> Timestamp {
    Timestamp::from_millis(now.as_millis().saturating_add(SESSION_TTL)).unwrap_or(now)
}
