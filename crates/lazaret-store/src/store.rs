use std::{path::Path, sync::Arc};

use lazaret_model::Clock;

use crate::StoreError;

/// Handle on a data directory. Cheap to clone; every method blocks.
#[derive(Clone)]
pub struct Store {}

impl Store {
    /// Opens (and makes, on first use) `dir/lazaret.db`, `dir/blobs` and `dir/spool`.
    pub fn open(_dir: &Path, _clock: Arc<dyn Clock>) -> Result<Self, StoreError> {
        Err(later())
    }
    pub fn dir(&self) -> &Path {
        Path::new("")
    }
}
pub(crate) fn later() -> StoreError {
    StoreError::corrupt("store", "not written yet")
}
