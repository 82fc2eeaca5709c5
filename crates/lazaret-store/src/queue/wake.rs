//! Waking workers of this process without polling.

use std::{
    sync::{Condvar, Mutex, PoisonError},
    time::Duration,
};

/// Permits: each enqueued job leaves one, so that none is missed between a look and a wait. A permit too many only
/// makes somebody look in vain.
#[derive(Default)]
pub(crate) struct Wake {
    permits: Mutex<usize>,
    changed: Condvar,
}

/// No more waiters than this are in one process.
const MOST_PERMITS: usize = 64;

impl Wake {
    /// For so many jobs, after the commit.
    pub(crate) fn notify(&self, jobs: usize) {
        if jobs == 0 {
            return;
        }
        let mut permits = self.permits.lock().unwrap_or_else(PoisonError::into_inner);
        *permits = permits.saturating_add(jobs).min(MOST_PERMITS);
        drop(permits);
        if jobs == 1 {
            self.changed.notify_one();
        } else {
            self.changed.notify_all();
        }
    }

    pub(crate) fn notify_all(&self) {
        self.notify(MOST_PERMITS);
    }

    /// Takes a permit; `false` when there was none in that time.
    pub(crate) fn wait(&self, timeout: Duration) -> bool {
        let permits = self.permits.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.changed.wait_timeout_while(permits, timeout, |permits| *permits == 0);
        let (mut permits, _) = waited.unwrap_or_else(PoisonError::into_inner);
        let woken = *permits > 0;
        *permits = permits.saturating_sub(1);
        woken
    }
}
