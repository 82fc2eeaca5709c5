use std::path::Path;

use lazaret_model::{Digest, Repository, Timestamp};

use crate::{BlobRow, Store, StoreError, store::later};

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

/// An upload session that this request writes to; nobody else can meanwhile.
pub struct Upload {}

/// Why an upload is not a blob yet. The session stays.
#[derive(Debug, thiserror::Error)]
pub enum FinishError {
    #[error("the bytes received have digest {actual}, not the one given")]
    DigestMismatch { actual: Digest },
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What [`Store::sweep_spool`] did.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct SweepReport {
    /// Sessions that had expired.
    pub sessions: u64,
    /// Spool files without a session, older than 24 h.
    pub orphans: u64,
}

impl Store {
    pub fn begin_upload(&self, _repository: &Repository, _principal: &str) -> Result<UploadRow, StoreError> {
        Err(later())
    }
    pub fn upload(&self, _repository: &Repository, _id: &str) -> Result<Option<UploadRow>, StoreError> {
        Err(later())
    }
    pub fn open_upload(&self, _repository: &Repository, _id: &str) -> Result<Upload, StoreError> {
        Err(later())
    }
    pub fn cancel_upload(&self, _repository: &Repository, _id: &str) -> Result<bool, StoreError> {
        Err(later())
    }
    /// The blob that a session became, so that a repeated `PUT` of it can be answered as the first was.
    pub fn finished_upload(&self, _repository: &Repository, _id: &str) -> Result<Option<BlobRow>, StoreError> {
        Err(later())
    }
    pub fn sweep_spool(&self) -> Result<SweepReport, StoreError> {
        Err(later())
    }
}

impl Upload {
    pub fn id(&self) -> &str {
        ""
    }
    pub fn offset(&self) -> u64 {
        0
    }
    pub fn spool_path(&self) -> &Path {
        Path::new("")
    }
    pub fn write(&mut self, _bytes: &[u8]) -> Result<(), StoreError> {
        Err(later())
    }
    pub fn checkpoint(&mut self) -> Result<(), StoreError> {
        Err(later())
    }
    pub fn finish(self, _digest: &Digest) -> Result<BlobRow, FinishError> {
        Err(later().into())
    }
}
