//! What every job gets, and how it says that it failed.

pub(crate) mod analyse_layer;
pub(crate) mod judge_image;
pub(crate) mod judge_index;
pub(crate) mod rejudge_all;

use std::sync::Arc;

use lazaret_assess::{CurrentJudge, SigningKey};
use lazaret_model::Clock;
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
    pub clock: Arc<dyn Clock>,
    pub key: Arc<SigningKey>,
    /// Policy of repositories that name none.
    pub default_policy: String,
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
