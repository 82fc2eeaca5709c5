use lazaret_model::{Digest, Repository, Tag, Timestamp};

use crate::{Store, StoreError, store::later};

/// Where a tag points (gate.md 9).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TagRow {
    pub name: Tag,
    /// Digest of the newest push.
    pub newest: Digest,
    /// Digest that plain readers get: the newest push whose digest ever reached a served state. Whether it still
    /// is in one is the gate's question.
    pub served: Option<Digest>,
    pub pushed_at: Timestamp,
    pub pushed_by: String,
}

impl Store {
    pub fn tag(&self, _repository: &Repository, _tag: &Tag) -> Result<Option<TagRow>, StoreError> {
        Err(later())
    }
    pub fn tags(
        &self, _r: &Repository, _served_only: bool, _last: Option<&str>, _n: usize,
    ) -> Result<Vec<TagRow>, StoreError> {
        Err(later())
    }
    pub fn tags_of(&self, _repository: &Repository, _digest: &Digest) -> Result<Vec<Tag>, StoreError> {
        Err(later())
    }
    pub fn delete_tag(&self, _repository: &Repository, _tag: &Tag, _actor: &str) -> Result<bool, StoreError> {
        Err(later())
    }
}
