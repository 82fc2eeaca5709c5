//! The judge that is in force now; swapped when a new snapshot of advisories arrives.

use std::sync::{Arc, PoisonError, RwLock};

use crate::Judge;

/// Shared between server and workers. Whoever judges takes one [`Judge`] and uses it to the end.
pub struct CurrentJudge(RwLock<Arc<Judge>>);

impl CurrentJudge {
    pub fn new(judge: Arc<Judge>) -> Self {
        Self(RwLock::new(judge))
    }

    pub fn load(&self) -> Arc<Judge> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Puts `judge` in force and gives back the one before.
    pub fn swap(&self, judge: Arc<Judge>) -> Arc<Judge> {
        std::mem::replace(&mut *self.0.write().unwrap_or_else(PoisonError::into_inner), judge)
    }
}
