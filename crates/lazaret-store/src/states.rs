use lazaret_model::{Digest, ImageState, Repository, SignedDecision};

use crate::{Store, StoreError, store::later};

impl Store {
    /// Sets the state; returns the one before.
    pub fn set_state(
        &self, _r: &Repository, _digest: &Digest, _new: ImageState, _decision: Option<&SignedDecision>, _actor: &str,
        _reason: &str,
    ) -> Result<ImageState, StoreError> {
        Err(later())
    }
}
