use lazaret_model::{ImageState, Repository, Timestamp};

use crate::{Store, StoreError, store::later};

/// A repository with its settings.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RepositoryRow {
    pub name: Repository,
    /// Name of its policy; `None` = `production`.
    pub policy: Option<String>,
    pub created: Timestamp,
    pub created_by: String,
}

impl Store {
    pub fn repositories(&self) -> Result<Vec<RepositoryRow>, StoreError> {
        Err(later())
    }
    pub fn repository(&self, _name: &Repository) -> Result<Option<RepositoryRow>, StoreError> {
        Err(later())
    }
    pub fn set_policy(&self, _name: &Repository, _policy: Option<&str>, _actor: &str) -> Result<(), StoreError> {
        Err(later())
    }
    /// Images (no indexes, no artifacts) by state.
    pub fn state_counts(&self, _name: &Repository) -> Result<Vec<(ImageState, u64)>, StoreError> {
        Err(later())
    }
}
