//! Looks for a new snapshot of advisories and for a new day, and queues the judgement that either asks for.

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, SystemTime},
};

use lazaret_advisory::{AdvisoryDb, DbError, update::current};
use lazaret_assess::{CurrentJudge, Judge, JudgeSettings};

use lazaret_store::{Priority, Work};

use crate::Context;

/// A new snapshot is noticed within this time (product.md: within 5 s).
const LOOK: Duration = Duration::from_secs(2);
const DAY_MILLIS: i64 = 24 * 60 * 60 * 1000;

/// Watches `DIR/advisories` of a server or worker.
pub struct SnapshotWatch {
    stopping: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

/// A snapshot as it was activated: its file, and when. Checking feeds anew activates the same file again.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Activated {
    path: PathBuf,
    at: Option<SystemTime>,
}

/// The active snapshot of `dir`, or the built-in starter set where there is none, with its activation.
pub fn open_snapshot(dir: &Path) -> Result<(AdvisoryDb, Option<Activated>), DbError> {
    match active(dir)? {
        Some(found) => Ok((AdvisoryDb::open(&found.path)?, Some(found))),
        None => Ok((AdvisoryDb::starter()?, None)),
    }
}

fn active(dir: &Path) -> Result<Option<Activated>, DbError> {
    // The time first: an activation between the two reads is then seen at the next look.
    let at = std::fs::metadata(dir.join("current")).and_then(|m| m.modified()).ok();
    Ok(current(dir)?.map(|path| Activated { path, at }))
}

impl SnapshotWatch {
    /// `opened` is the activation that the current judge's snapshot came from.
    pub fn start(context: &Context, dir: PathBuf, opened: Option<Activated>) -> std::io::Result<Self> {
        let stopping = Arc::new(AtomicBool::new(false));
        let (context, stop) = (context.clone(), stopping.clone());
        let thread = thread::Builder::new().name("snapshot-watch".to_owned()).spawn(move || {
            let mut watch = Watch { day: day(&context), context, dir, opened };
            while !stop.load(Ordering::Acquire) {
                thread::park_timeout(LOOK);
                watch.look();
            }
        })?;
        Ok(Self { stopping, thread })
    }

    pub fn stop(self) {
        self.stopping.store(true, Ordering::Release);
        self.thread.thread().unpark();
        if self.thread.join().is_err() {
            tracing::error!("the snapshot watch had panicked");
        }
    }
}

struct Watch {
    context: Context,
    dir: PathBuf,
    opened: Option<Activated>,
    day: i64,
}

impl Watch {
    fn look(&mut self) {
        match active(&self.dir) {
            Ok(Some(found)) if self.opened.as_ref() != Some(&found) => self.swap(found),
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "cannot look for a new snapshot; the last one stays"),
        }
        let today = day(&self.context);
        if today != self.day {
            self.day = today;
            self.rejudge("a new day");
        }
    }

    fn swap(&mut self, found: Activated) {
        match AdvisoryDb::open(&found.path) {
            Ok(db) => {
                let snapshot = db.info().id.to_string();
                let settings = self.context.judge.load().settings();
                swap_judge(&self.context.judge, db, settings);
                self.opened = Some(found);
                tracing::info!(advisories.snapshot = snapshot, "a new snapshot of advisories is in use");
                self.rejudge("a new snapshot");
            }
            Err(error) => {
                tracing::warn!(path = %found.path.display(), %error, "the new snapshot cannot be opened; the last one stays");
            }
        }
    }

    fn rejudge(&self, why: &str) {
        if let Err(error) = self.context.store.enqueue(&Work::RejudgeAll, Priority::Background) {
            tracing::error!(%error, why, "cannot queue a new judgement");
        }
    }
}

fn swap_judge(current: &CurrentJudge, db: AdvisoryDb, settings: JudgeSettings) {
    current.swap(Arc::new(Judge::new(Arc::new(db), settings)));
}

fn day(context: &Context) -> i64 {
    context.clock.now().as_millis().div_euclid(DAY_MILLIS)
}
