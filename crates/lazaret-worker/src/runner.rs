//! Threads that claim jobs and run them.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use lazaret_store::Job;

use crate::{
    Context, JobError,
    lease::{self, InHand, LEASE, after},
    list,
};

/// A separate process learns of new jobs by looking; the same process is woken.
const LOOK: Duration = Duration::from_secs(1);
/// Longest pause between two tries of a job.
const LONGEST_PAUSE: Duration = Duration::from_mins(5);
/// A job that panics so often is given up.
const MOST_PANICS: u32 = 3;

/// Running worker threads; `stop` waits for the job in hand.
pub struct Runner {
    context: Context,
    stopping: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
    leases: JoinHandle<()>,
}

impl Runner {
    /// Starts `count` threads.
    pub fn start(context: &Context, count: usize) -> std::io::Result<Self> {
        let stopping = Arc::new(AtomicBool::new(false));
        let hand = Arc::new(InHand::default());
        let leases = lease::keep(context, &hand, &stopping)?;
        let mut threads = Vec::new();
        for number in 0..count {
            let (context, stopping, hand) = (context.clone(), stopping.clone(), hand.clone());
            let name = format!("worker-{number}");
            threads.push(thread::Builder::new().name(name).spawn(move || work(&context, &hand, &stopping))?);
        }
        Ok(Self { context: context.clone(), stopping, threads, leases })
    }

    /// Lets every thread finish its job, and waits for it.
    pub fn stop(self) {
        self.stopping.store(true, Ordering::Release);
        self.context.store.notify();
        self.leases.thread().unpark();
        for thread in self.threads.into_iter().chain([self.leases]) {
            if thread.join().is_err() {
                tracing::error!("a worker thread had panicked");
            }
        }
    }
}

fn work(context: &Context, hand: &InHand, stopping: &AtomicBool) {
    while !stopping.load(Ordering::Acquire) {
        match context.store.claim(context.clock.now(), LEASE) {
            Ok(Some(job)) => {
                let _held = hand.hold(job.id);
                finish(context, &job, run(context, &job));
            }
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
        finish(context, &job, run(context, &job));
        count += 1;
    }
    Ok(count)
}

/// A job that panics, over some image that nobody foresaw, fails; its worker goes on.
fn run(context: &Context, job: &Job) -> Result<(), JobError> {
    let done = catch_unwind(AssertUnwindSafe(|| list::run(context, &job.work)));
    done.unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
        let message = format!("the job panicked: {}", text.unwrap_or("no text"));
        Err(if job.attempts < MOST_PANICS { JobError::passing(message) } else { JobError::fatal(message) })
    })
}

fn finish(context: &Context, job: &Job, result: Result<(), JobError>) {
    let stored = match result {
        Ok(()) => context.store.complete(job.id),
        Err(error) => {
            let retry_at = error.retry.then(|| after(&*context.clock, pause(job.attempts)));
            tracing::error!(job.work = ?job.work, job.id, job.attempts, %error, retry = error.retry, "job failed");
            context.store.fail(job.id, &error.message, retry_at)
        }
    };
    if let Err(error) = stored {
        tracing::error!(job.id, %error, "cannot record the end of a job; it will run again");
    }
}

/// 2, 4, 8 ... seconds.
fn pause(attempts: u32) -> Duration {
    Duration::from_secs(1 << attempts.min(10)).min(LONGEST_PAUSE)
}
