//! The job queue, in the same database: a job is enqueued in the transaction of what causes it. Jobs are idempotent;
//! one may run twice when a worker dies or outlives its lease.

mod wake;

use std::time::Duration;

use lazaret_model::{Digest, Repository, Timestamp};
use rusqlite::{Connection, Row};
use serde::{Deserialize, Serialize};

pub(crate) use wake::Wake;

use crate::{
    Store, StoreError,
    db::{self, Tx},
};

/// What is to be done. Ids only: a job reads again what it works on.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Work {
    JudgeImage {
        repository: Repository,
        digest: Digest,
    },
    /// Look for what takes longer (secrets, ...) in an image that has been judged, and judge it again.
    InspectImage {
        repository: Repository,
        digest: Digest,
    },
    JudgeIndex {
        repository: Repository,
        digest: Digest,
    },
    /// Judge every image of every repository again.
    RejudgeAll,
    /// Read a layer that no tap has seen.
    AnalyseLayer {
        digest: Digest,
        media_type: String,
    },
}

/// Who waits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Priority {
    /// Somebody pushes.
    Push,
    /// Nobody: a re-judgement of what is there does not hold a push up.
    Background,
}

/// A claimed job.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Job {
    pub id: i64,
    pub work: Work,
    /// 1 on the first claim.
    pub attempts: u32,
    /// After this another worker may claim it.
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

/// Jobs whose worker died. Few run at a time.
const EXPIRED: &str = "SELECT id, payload, attempts + 1, enqueued_at FROM jobs
    WHERE state = 'running' AND lease_until <= ?1 ORDER BY id LIMIT 1";

/// The next job in turn: the index holds them in this order, so that a long backlog is not sorted.
const PENDING: &str = "SELECT id, payload, attempts + 1, enqueued_at FROM jobs
    WHERE state = 'pending' AND run_after <= ?1 ORDER BY priority, run_after, id LIMIT 1";

impl Store {
    /// Enqueues a job. Work that is pending already absorbs it; work that is running does not.
    pub fn enqueue(&self, work: &Work, priority: Priority) -> Result<(), StoreError> {
        self.write(|tx| enqueue(tx, work, priority))
    }

    /// As [`Store::enqueue`], all in one transaction.
    pub fn enqueue_all(&self, work: &[Work], priority: Priority) -> Result<(), StoreError> {
        if work.is_empty() {
            return Ok(());
        }
        self.write(|tx| work.iter().try_for_each(|work| enqueue(tx, work, priority)))
    }

    /// Claims the oldest runnable job of the highest priority for `lease`; a job whose lease ran out is runnable
    /// again. A payload that this program does not understand (written by a newer one) is given up, not returned.
    pub fn claim(&self, now: Timestamp, lease: Duration) -> Result<Option<Job>, StoreError> {
        let lease = i64::try_from(lease.as_millis()).unwrap_or(i64::MAX);
        let until = Timestamp::from_millis(now.as_millis().saturating_add(lease)).unwrap_or(now);
        // An idle worker looks without the write lock.
        while self.read(|c| next(c, now))?.is_some() {
            let claimed = self.write(|tx| {
                let Some(Candidate { id, payload, attempts, enqueued_at }) = next(tx, now)? else {
                    return Ok(Claimed::Nothing);
                };
                let Ok(work) = serde_json::from_str(&payload) else {
                    give_up(tx, id, "payload is not understood: it was written by another version")?;
                    return Ok(Claimed::GivenUp);
                };
                db::execute(
                    tx,
                    "UPDATE jobs SET state = 'running', pending_key = NULL, attempts = attempts + 1, lease_until = ?2
                     WHERE id = ?1",
                    (id, until.as_millis()),
                )?;
                Ok(Claimed::Job(Job { id, work, attempts, lease_until: until, enqueued_at }))
            })?;
            match claimed {
                Claimed::Job(job) => return Ok(Some(job)),
                Claimed::Nothing => return Ok(None),
                Claimed::GivenUp => {}
            }
        }
        Ok(None)
    }

    /// Running jobs belong to their worker until `until`. One that has ended meanwhile is left alone.
    pub fn renew_leases(&self, ids: &[i64], until: Timestamp) -> Result<(), StoreError> {
        self.write(|tx| {
            let sql = "UPDATE jobs SET lease_until = ?2 WHERE id = ?1 AND state = 'running'";
            ids.iter().try_for_each(|id| db::execute(tx, sql, (id, until.as_millis())).map(drop))
        })
    }

    /// The job is done.
    pub fn complete(&self, id: i64) -> Result<(), StoreError> {
        self.write(|tx| {
            db::execute(tx, "DELETE FROM jobs WHERE id = ?1", [id])?;
            Ok(())
        })
    }

    /// The job failed: it becomes pending again for `retry_at`, or is given up and kept for people to see. Where the
    /// same work was enqueued meanwhile, that stands for the retry.
    pub fn fail(&self, id: i64, error: &str, retry_at: Option<Timestamp>) -> Result<(), StoreError> {
        let Some(retry_at) = retry_at else { return self.write(|tx| give_up(tx, id, error)) };
        self.write(|tx| {
            let absorbed = "DELETE FROM jobs WHERE id = ?1 AND EXISTS (
                SELECT 1 FROM jobs other JOIN jobs mine ON other.pending_key = mine.dedupe_key
                WHERE mine.id = ?1 AND other.id <> mine.id)";
            if db::execute(tx, absorbed, [id])? == 0 {
                db::execute(
                    tx,
                    "UPDATE jobs SET state = 'pending', pending_key = dedupe_key, run_after = ?2, lease_until = NULL,
                         last_error = ?3 WHERE id = ?1",
                    (id, retry_at.as_millis(), error),
                )?;
            }
            Ok(())
        })
    }

    /// Jobs that wait or run.
    pub fn open_jobs(&self) -> Result<u64, StoreError> {
        let sql = "SELECT COUNT(*) FROM jobs WHERE state IN ('pending', 'running')";
        Ok(self.read(|c| db::one(c, sql, [], |row| db::count(row, 0)))?.unwrap_or_default())
    }

    /// Jobs that were given up, oldest first.
    pub fn failed_jobs(&self) -> Result<Vec<FailedJob>, StoreError> {
        let sql = "SELECT id, payload, attempts, COALESCE(last_error, '') FROM jobs WHERE state = 'failed' ORDER BY id";
        let read = |row: &Row<'_>| {
            Ok(FailedJob { id: row.get(0)?, payload: row.get(1)?, attempts: row.get(2)?, error: row.get(3)? })
        };
        self.read(|c| db::all(c, sql, [], read))
    }

    /// Blocks until a job was enqueued in this process or the time is over; `true` when woken. A job enqueued between
    /// a fruitless [`Store::claim`] and this call wakes at once. Other processes' jobs do not wake: look again after a
    /// second.
    pub fn wait_for_work(&self, timeout: Duration) -> bool {
        self.inner.wake.wait(timeout)
    }

    /// Wakes everyone in [`Store::wait_for_work`], for instance to end.
    pub fn notify(&self) {
        self.inner.wake.notify_all();
    }
}

enum Claimed {
    Job(Job),
    Nothing,
    GivenUp,
}

/// Enqueues in the caller's transaction; waiters are woken after its commit. Pending work comes forward, never back.
pub(crate) fn enqueue(tx: &Tx<'_>, work: &Work, priority: Priority) -> Result<(), StoreError> {
    let payload =
        serde_json::to_string(work).map_err(|e| StoreError::corrupt("the payload of a job", e.to_string()))?;
    let priority = match priority {
        Priority::Push => 0,
        Priority::Background => 10,
    };
    // The payload's text is its own key: ids only, fields in the order of the type.
    db::execute(
        tx,
        "INSERT INTO jobs (payload, dedupe_key, pending_key, state, priority, run_after, enqueued_at)
         VALUES (?1, ?1, ?1, 'pending', ?2, ?3, ?3)
         ON CONFLICT (pending_key) DO UPDATE SET
             priority = CASE WHEN excluded.priority < jobs.priority THEN excluded.priority ELSE jobs.priority END,
             run_after = CASE WHEN excluded.run_after < jobs.run_after THEN excluded.run_after ELSE jobs.run_after END",
        (payload, priority, tx.now.as_millis()),
    )?;
    tx.wake_later();
    Ok(())
}

fn give_up(tx: &Tx<'_>, id: i64, error: &str) -> Result<(), StoreError> {
    db::execute(
        tx,
        "UPDATE jobs SET state = 'failed', pending_key = NULL, lease_until = NULL, last_error = ?2 WHERE id = ?1",
        (id, error),
    )?;
    Ok(())
}

struct Candidate {
    id: i64,
    payload: String,
    attempts: u32,
    enqueued_at: Timestamp,
}

fn next(c: &Connection, now: Timestamp) -> Result<Option<Candidate>, StoreError> {
    let read = |row: &Row<'_>| {
        let (id, payload, attempts) = (row.get(0)?, row.get(1)?, row.get(2)?);
        Ok(Candidate { id, payload, attempts, enqueued_at: db::time(row, 3)? })
    };
    match db::one(c, EXPIRED, [now.as_millis()], read)? {
        Some(job) => Ok(Some(job)),
        None => db::one(c, PENDING, [now.as_millis()], read),
    }
}
