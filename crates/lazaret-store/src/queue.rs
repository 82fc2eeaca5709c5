use std::time::Duration;

use lazaret_model::{Digest, Repository, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{Store, StoreError, store::later};

/// What is to be done. Ids only: a job reads again what it works on.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Work {
    JudgeImage { repository: Repository, digest: Digest },
    JudgeIndex { repository: Repository, digest: Digest },
    /// Judge every image of every repository again.
    RejudgeAll,
    /// Read a layer that no tap has seen.
    AnalyseLayer { digest: Digest, media_type: String },
}

/// Who waits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Priority {
    /// Somebody pushes.
    Push,
    /// Nobody.
    Background,
}

/// A claimed job.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Job {
    pub id: i64,
    pub work: Work,
    /// 1 on the first claim.
    pub attempts: u32,
    pub lease_until: Timestamp,
    pub enqueued_at: Timestamp,
}

/// A job that was given up.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FailedJob {
    pub id: i64,
    /// JSON of [`Work`], as stored.
    pub payload: String,
    pub attempts: u32,
    pub error: String,
}

impl Store {
    pub fn enqueue(&self, _work: &Work, _priority: Priority) -> Result<(), StoreError> {
        Err(later())
    }
    pub fn enqueue_all(&self, _work: &[Work], _priority: Priority) -> Result<(), StoreError> {
        Err(later())
    }
    /// Oldest runnable job of the highest priority, claimed for `lease`.
    pub fn claim(&self, _now: Timestamp, _lease: Duration) -> Result<Option<Job>, StoreError> {
        Err(later())
    }
    pub fn complete(&self, _id: i64) -> Result<(), StoreError> {
        Err(later())
    }
    pub fn fail(&self, _id: i64, _error: &str, _retry_at: Option<Timestamp>) -> Result<(), StoreError> {
        Err(later())
    }
    /// Jobs that are waiting or running.
    pub fn open_jobs(&self) -> Result<u64, StoreError> {
        Err(later())
    }
    pub fn failed_jobs(&self) -> Result<Vec<FailedJob>, StoreError> {
        Err(later())
    }
    /// Blocks until a job was enqueued in this process or the time is over; `true` when woken.
    pub fn wait_for_work(&self, _timeout: Duration) -> bool {
        false
    }
    /// Wakes everyone in [`Store::wait_for_work`], e.g. at shutdown.
    pub fn notify(&self) {}
}
