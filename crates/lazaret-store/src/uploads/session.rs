//! Receiving, verifying and publishing one blob (registry.md 5.2b, local file system).

use std::{
    fs::File,
    io::{Seek, SeekFrom, Write},
    path::Path,
};

use lazaret_model::{Algorithm, Digest, Repository};

use super::{Saved, checkpoint, close};
use crate::{
    BlobRow, Store, StoreError,
    blobs::{self, hash::Hasher, spool::SpoolFile},
};

/// Bytes between two checkpoints, so that a resumed upload reads at most this much again.
const CHECKPOINT_EVERY: u64 = 16 << 20;

/// An upload session that this request writes to; nobody else can meanwhile, in any process. Dropping it at any
/// moment loses nothing that was written.
pub struct Upload {
    store: Store,
    id: String,
    repository: Repository,
    spool: SpoolFile,
    hasher: Hasher,
    offset: u64,
    checkpointed: u64,
    /// File and running digest may disagree: nothing more is taken, the next request resumes from what is durable.
    broken: bool,
}

/// Why an upload is not a blob yet. The session stays.
#[derive(Debug, thiserror::Error)]
pub enum FinishError {
    #[error("the bytes received have digest {actual}, not the one given")]
    DigestMismatch { actual: Digest },
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Upload {
    /// Takes up the saved midstate and hashes from there to the file's end. What the midstate covers was durable
    /// before it was saved; what comes after is whatever the file holds, and is hashed as such.
    pub(super) fn resume(store: Store, mut spool: SpoolFile, saved: Saved) -> Result<Self, StoreError> {
        let Saved { row, hash_offset, hash_state } = saved;
        let failed = |e| StoreError::io(&spool.path, "read upload", e);
        let length = spool.file.metadata().map_err(failed)?.len();
        let restored = hash_state
            .filter(|_| hash_offset <= length)
            .and_then(|state| Hasher::restore(Algorithm::Sha256, &state))
            .map(|hasher| (hasher, hash_offset));
        let (mut hasher, start) = restored.unwrap_or_else(|| (Hasher::new(Algorithm::Sha256), 0));
        spool.file.seek(SeekFrom::Start(start)).map_err(failed)?;
        let read = hasher.update_from(&mut spool.file).map_err(failed)?;
        Ok(Self {
            store,
            id: row.id,
            repository: row.repository,
            spool,
            hasher,
            offset: start + read,
            checkpointed: start,
            broken: false,
        })
    }

    pub fn id(&self) -> &str {
        &self.id
    }

    /// Bytes received so far.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// The growing file. It keeps its name until the blob is committed.
    pub fn spool_path(&self) -> &Path {
        &self.spool.path
    }

    /// Appends. After an error the session stands where it stood before the call.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        self.check()?;
        if let Err(error) = self.spool.file.write_all(bytes) {
            self.rewind();
            return Err(StoreError::io(&self.spool.path, "write upload", error));
        }
        self.hasher.update(bytes);
        self.offset += bytes.len() as u64;
        if self.offset - self.checkpointed >= CHECKPOINT_EVERY {
            self.checkpoint()?;
        }
        Ok(())
    }

    /// Makes what was received durable and saves the midstate. Called at the end of each `PATCH`.
    pub fn checkpoint(&mut self) -> Result<(), StoreError> {
        self.check()?;
        if self.offset == self.checkpointed {
            return Ok(());
        }
        self.sync()?;
        let (midstate, offset) = (self.hasher.save(), self.offset);
        if !self.store.write(|tx| checkpoint(tx, &self.id, offset, &midstate))? {
            return Err(StoreError::NoUpload { id: self.id.clone() });
        }
        self.checkpointed = offset;
        Ok(())
    }

    /// Verifies the digest, makes the bytes durable under it, and commits blob, membership and lease. When it
    /// returns, no crash loses the blob. After a mismatch the session is still there, with the same bytes.
    pub fn finish(self, digest: &Digest) -> Result<BlobRow, FinishError> {
        self.check()?;
        let actual = self.digest(digest.algorithm())?;
        if actual != *digest {
            return Err(FinishError::DigestMismatch { actual });
        }
        let blob = BlobRow { digest: actual, size: self.offset };
        #[cfg(feature = "sabotage")]
        let done = crate::sabotage::finish(self, &blob);
        #[cfg(not(feature = "sabotage"))]
        let done = self.publish_durably(&blob);
        done?;
        Ok(blob)
    }

    /// The running digest, or, for the rarer algorithm, one over the file.
    fn digest(&self, algorithm: Algorithm) -> Result<Digest, StoreError> {
        match algorithm {
            // The running state is copied by its saved form: `finish` may fail and the session go on.
            Algorithm::Sha256 => Hasher::restore(algorithm, &self.hasher.save())
                .map(Hasher::finish)
                .ok_or_else(|| StoreError::corrupt("upload digest", "the running state cannot be copied")),
            Algorithm::Sha512 => {
                let mut hasher = Hasher::new(algorithm);
                let read = File::open(&self.spool.path).and_then(|mut file| hasher.update_from(&mut file));
                read.map_err(|e| StoreError::io(&self.spool.path, "read upload", e))?;
                Ok(hasher.finish())
            }
        }
    }

    /// fdatasync. When it fails, the kernel may have dropped the pages and call the next one a success: the bytes are
    /// given up, and the session begins at 0 again.
    fn sync(&mut self) -> Result<(), StoreError> {
        self.spool.file.sync_data().map_err(|error| {
            self.broken = true;
            if let Err(error) = self.spool.file.set_len(0) {
                tracing::warn!(error = %error, upload.id = %self.id, "could not empty an upload that did not sync");
            }
            StoreError::io(&self.spool.path, "sync upload", error)
        })
    }

    /// In this order: data, name, row. Then the spool's name goes.
    #[cfg(not(feature = "sabotage"))]
    fn publish_durably(mut self, blob: &BlobRow) -> Result<(), StoreError> {
        self.sync()?;
        self.publish(blob)?;
        self.record(blob)?;
        if let Err(error) = self.store.inner.spool.remove(&self.id) {
            tracing::warn!(error = %error, upload.id = %self.id, "left a spool file for the next sweep");
        }
        Ok(())
    }

    pub(crate) fn publish(&self, blob: &BlobRow) -> Result<(), StoreError> {
        let done = self.store.inner.files.publish(&self.spool.path, &self.id, &blob.digest, blob.size);
        // A session that was cancelled meanwhile has no name to link from.
        done.map_err(
            |error| if self.spool.path.exists() { error } else { StoreError::NoUpload { id: self.id.clone() } },
        )
    }

    /// The commit that an answer waits for.
    pub(crate) fn record(&self, blob: &BlobRow) -> Result<(), StoreError> {
        self.store.write(|tx| {
            if !close(tx, &self.id, &blob.digest)? {
                return Err(StoreError::NoUpload { id: self.id.clone() });
            }
            blobs::record(tx, &self.repository, blob)
        })
    }

    fn check(&self) -> Result<(), StoreError> {
        if self.broken {
            let what = format!("the open end of upload {}", self.id);
            return Err(StoreError::corrupt(what, "a write or sync of this request failed; resume with another"));
        }
        Ok(())
    }

    /// Drops the part of a failed write, so that file and digest agree.
    fn rewind(&mut self) {
        let file = &mut self.spool.file;
        let done = file.set_len(self.offset).and_then(|()| file.seek(SeekFrom::Start(self.offset)));
        if let Err(error) = done {
            self.broken = true;
            tracing::warn!(error = %error, upload.id = %self.id, "could not cut a failed write off");
        }
    }
}
