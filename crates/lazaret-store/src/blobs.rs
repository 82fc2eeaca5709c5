use std::fs::File;

use lazaret_model::{Digest, Repository};

use crate::{Store, StoreError, store::later};

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
    /// Config or layer of a manifest of this repository whose state is served (approved, due, pre-gate).
    pub served: bool,
}

impl Store {
    pub fn blob(&self, _digest: &Digest) -> Result<Option<BlobRow>, StoreError> {
        Err(later())
    }
    pub fn open_blob(&self, _digest: &Digest) -> Result<Option<(File, u64)>, StoreError> {
        Err(later())
    }
    pub fn repository_has_blob(&self, _repository: &Repository, _digest: &Digest) -> Result<bool, StoreError> {
        Err(later())
    }
    pub fn mount_blob(&self, _from: &Repository, _to: &Repository, _digest: &Digest) -> Result<bool, StoreError> {
        Err(later())
    }
    pub fn delete_blob(&self, _repository: &Repository, _digest: &Digest) -> Result<bool, StoreError> {
        Err(later())
    }
    pub fn blob_reach(&self, _repository: &Repository, _digest: &Digest) -> Result<BlobReach, StoreError> {
        Err(later())
    }
    /// Says that the stored bytes do not have this digest: it is not served or mounted until it is pushed again.
    pub fn blob_damaged(&self, _digest: &Digest) -> Result<(), StoreError> {
        Err(later())
    }
}
