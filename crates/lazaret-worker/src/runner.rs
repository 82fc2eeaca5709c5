//! Threads that claim jobs and run them.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use lazaret_model::{Clock, Timestamp};
use lazaret_store::Job;

use crate::{Context, JobError, list};

/// How long a claimed job belongs to its worker; a crashed worker's job is then claimed by another.
const LEASE: Duration = Duration::from_mins(10);
/// A separate process learns of new jobs by looking; the same process is woken.
const LOOK: Duration = Duration::from_secs(1);
/// Longest pause between two tries of a job.
const LONGEST_PAUSE: Duration = Duration::from_mins(5);

/// Running worker threads; `stop` waits for the job in hand.
pub struct Runner {
    context: Context,
    stopping: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Runner {
    /// Starts `count` threads.
    pub fn start(context: &Context, count: usize) -> std::io::Result<Self> {
        let stopping = Arc::new(AtomicBool::new(false));
        let mut threads = Vec::new();
        for number in 0..count {
            let (context, stopping) = (context.clone(), stopping.clone());
            let name = format!("worker-{number}");
            threads.push(thread::Builder::new().name(name).spawn(move || work(&context, &stopping))?);
        }
        Ok(Self { context: context.clone(), stopping, threads })
    }

    /// Lets every thread finish its job, and waits for it.
    pub fn stop(self) {
        self.stopping.store(true, Ordering::Release);
        self.context.store.notify();
        for thread in self.threads {
            if thread.join().is_err() {
                tracing::error!("a worker thread had panicked");
            }
        }
    }
}

fn work(context: &Context, stopping: &AtomicBool) {
    while !stopping.load(Ordering::Acquire) {
        match context.store.claim(context.clock.now(), LEASE) {
            Ok(Some(job)) => finish(context, &job, list::run(context, &job.work)),
            Ok(None) => {
                context.store.wait_for_work(LOOK);
            }
            Err(error) => {
                tracing::error!(%error, "cannot claim a job");
                thread::sleep(LOOK);
            }
        }
    }
}

/// Runs what is due now on the caller's thread, until nothing is; for commands and tests.
pub fn run_pending(context: &Context) -> Result<usize, lazaret_store::StoreError> {
    let mut count = 0;
    while let Some(job) = context.store.claim(context.clock.now(), LEASE)? {
        finish(context, &job, list::run(context, &job.work));
        count += 1;
    }
    Ok(count)
}

fn finish(context: &Context, job: &Job, result: Result<(), JobError>) {
    let stored = match result {
        Ok(()) => context.store.complete(job.id),
        Err(error) => {
            let retry_at = error.retry.then(|| later(&*context.clock, job.attempts));
            tracing::error!(job.work = ?job.work, job.id, job.attempts, %error, retry = error.retry, "job failed");
            context.store.fail(job.id, &error.message, retry_at)
        }
    };
    if let Err(error) = stored {
        tracing::error!(job.id, %error, "cannot record the end of a job; it will run again");
    }
}

/// 1, 2, 4 ... seconds from now.
fn later(clock: &dyn Clock, attempts: u32) -> Timestamp {
    let pause = Duration::from_secs(1 << attempts.min(10)).min(LONGEST_PAUSE);
    let millis = i64::try_from(pause.as_millis()).unwrap_or(i64::MAX);
    let now = clock.now();
    Timestamp::from_millis(now.as_millis().saturating_add(millis)).unwrap_or(now)
}
