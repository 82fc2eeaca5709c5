//! What every job gets, and how it says that it failed.

pub(crate) mod analyse_layer;
pub(crate) mod inspect_image;
pub(crate) mod judge_image;
pub(crate) mod judge_index;
pub(crate) mod rejudge_all;

use std::sync::Arc;

use lazaret_assess::{CurrentJudge, SigningKey};
use lazaret_inventory::DetectorSet;
use lazaret_model::{Clock, ImageState};
use lazaret_oci::Limits;
use lazaret_store::{Store, StoreError};

use crate::layers::Layers;

/// Name under which workers appear in the audit log.
pub(crate) const ACTOR: &str = "lazaret";

/// The rooms a job may use.
#[derive(Clone)]
pub struct Context {
    pub store: Store,
    pub judge: Arc<CurrentJudge>,
    pub layers: Arc<Layers>,
    pub limits: Limits,
    /// What images are looked at for after their first verdict: the standard detectors and those of `scan.with`.
    pub looks: DetectorSet,
    pub clock: Arc<dyn Clock>,
    pub key: Arc<SigningKey>,
    /// Policy of repositories that name none.
    pub default_policy: String,
}

/// How often a judgement begins anew because somebody changed the state under it.
pub(crate) const TRIES: u32 = 5;

/// What came of one try at a judgement.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Try {
    Done,
    /// The state that it began from has been changed meanwhile: it is thought out again.
    Moved,
}

/// Runs tries until one is done; what is moved again and again is left to a later run.
pub(crate) fn until_done(mut attempt: impl FnMut() -> Result<Try, JobError>) -> Result<(), JobError> {
    for _ in 0..TRIES {
        if attempt()? == Try::Done {
            return Ok(());
        }
    }
    Err(JobError::passing("the state was changed during each of several tries"))
}

impl Try {
    /// From the end of a state change. A manifest that was deleted meanwhile needs none.
    pub(crate) fn of(changed: Result<ImageState, StoreError>) -> Result<Self, JobError> {
        match changed {
            Ok(_) | Err(StoreError::NoManifest { .. }) => Ok(Self::Done),
            Err(StoreError::StateMoved { .. }) => Ok(Self::Moved),
            Err(error) => Err(error.into()),
        }
    }
}

/// Why a job failed, and whether trying again can help.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct JobError {
    pub message: String,
    pub retry: bool,
}

impl JobError {
    pub(crate) fn fatal(message: impl Into<String>) -> Self {
        Self { message: message.into(), retry: false }
    }

    pub(crate) fn passing(message: impl std::fmt::Display) -> Self {
        Self { message: message.to_string(), retry: true }
    }
}

impl From<StoreError> for JobError {
    /// A full disk or a busy database passes: the image stays as it is and the job is tried again.
    fn from(error: StoreError) -> Self {
        Self::passing(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moved_state_is_tried_again_at_once_but_not_for_ever() {
        let mut left = 3;
        let done = until_done(|| {
            left -= 1;
            Ok(if left == 0 { Try::Done } else { Try::Moved })
        });
        assert!(done.is_ok() && left == 0);
        assert!(until_done(|| Ok(Try::Moved)).is_err_and(|error| error.retry));
    }
}
