use lazaret_model::{Digest, ImageState, Repository, SignedDecision, Timestamp};

use crate::{Store, StoreError, store::later};

/// One step in an image's history: a state that was set, with the decision that did it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DecisionRow {
    pub at: Timestamp,
    pub previous: ImageState,
    pub state: ImageState,
    /// Id of the decision; `None` when a person set the state.
    pub decision: Option<Digest>,
    pub actor: String,
    pub reason: String,
}

impl Store {
    pub fn decision(&self, _id: &Digest) -> Result<Option<SignedDecision>, StoreError> {
        Err(later())
    }
    pub fn latest_decision(&self, _r: &Repository, _digest: &Digest) -> Result<Option<SignedDecision>, StoreError> {
        Err(later())
    }
    pub fn decisions_of(&self, _r: &Repository, _digest: &Digest) -> Result<Vec<DecisionRow>, StoreError> {
        Err(later())
    }
}
