//! Looks for a new snapshot of advisories and for a new day, and queues the judgement that either asks for.

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use lazaret_advisory::{AdvisoryDb, DbError};
use lazaret_assess::{CurrentJudge, Judge, JudgeSettings};

use crate::Context;

/// A new snapshot is noticed within this time (product.md: within 5 s).
const LOOK: Duration = Duration::from_secs(2);
const DAY_MILLIS: i64 = 24 * 60 * 60 * 1000;

/// Watches `DIR/advisories` of a server or worker.
pub struct SnapshotWatch {
    stopping: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

/// The active snapshot of `dir`, or the built-in starter set where there is none, with the path it came from.
pub fn open_snapshot(dir: &Path) -> Result<(AdvisoryDb, Option<PathBuf>), DbError> {
    match lazaret_advisory::current(dir)? {
        Some(path) => Ok((AdvisoryDb::open(&path)?, Some(path))),
        None => Ok((AdvisoryDb::starter()?, None)),
    }
}

impl SnapshotWatch {
    /// `opened` is the path that the current judge's snapshot came from.
    pub fn start(context: &Context, dir: PathBuf, opened: Option<PathBuf>) -> std::io::Result<Self> {
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
    opened: Option<PathBuf>,
    day: i64,
}

impl Watch {
    fn look(&mut self) {
        match lazaret_advisory::current(&self.dir) {
            Ok(Some(path)) if self.opened.as_ref() != Some(&path) => self.swap(path),
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "cannot look for a new snapshot; the last one stays"),
        }
        let today = day(&self.context);
        if today != self.day {
            self.day = today;
            self.rejudge("a new day");
        }
    }

    fn swap(&mut self, path: PathBuf) {
        match AdvisoryDb::open(&path) {
            Ok(db) => {
                let snapshot = db.info().id.to_string();
                let settings: JudgeSettings = self.context.judge.load().settings().clone();
                swap_judge(&self.context.judge, db, settings);
                self.opened = Some(path);
                tracing::info!(advisories.snapshot = snapshot, "a new snapshot of advisories is in use");
                self.rejudge("a new snapshot");
            }
            Err(error) => tracing::warn!(path = %path.display(), %error, "the new snapshot cannot be opened; the last one stays"),
        }
    }

    fn rejudge(&self, why: &str) {
        if let Err(error) = self.context.store.enqueue_rejudge_all() {
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
