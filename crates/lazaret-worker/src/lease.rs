//! Leases of the jobs in hand. They are short, so that the jobs of a worker that was killed are soon done by another,
//! and renewed while a job runs, so that a long one stays with its worker.

use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use lazaret_model::{Clock, Timestamp};

use crate::Context;

/// How long a claimed job belongs to its worker after the last renewal.
pub(crate) const LEASE: Duration = Duration::from_secs(30);
/// Between two renewals.
const BEAT: Duration = Duration::from_secs(8);

/// Ids of the jobs that this process works on.
#[derive(Default)]
pub(crate) struct InHand(Mutex<BTreeSet<i64>>);

/// A job in hand until this is dropped.
pub(crate) struct Hold<'a>(&'a InHand, i64);

impl InHand {
    pub(crate) fn hold(&self, id: i64) -> Hold<'_> {
        self.lock().insert(id);
        Hold(self, id)
    }

    fn lock(&self) -> MutexGuard<'_, BTreeSet<i64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Hold<'_> {
    fn drop(&mut self) {
        self.0.lock().remove(&self.1);
    }
}

/// Renews until `stopping`, which whoever sets it also unparks this for.
pub(crate) fn keep(
    context: &Context,
    hand: &Arc<InHand>,
    stopping: &Arc<AtomicBool>,
) -> std::io::Result<JoinHandle<()>> {
    let (context, hand, stopping) = (context.clone(), hand.clone(), stopping.clone());
    thread::Builder::new().name("job-leases".to_owned()).spawn(move || {
        while !stopping.load(Ordering::Acquire) {
            thread::park_timeout(BEAT);
            renew(&context, &hand);
        }
    })
}

fn renew(context: &Context, hand: &InHand) {
    let ids: Vec<i64> = hand.lock().iter().copied().collect();
    if ids.is_empty() {
        return;
    }
    if let Err(error) = context.store.renew_leases(&ids, after(&*context.clock, LEASE)) {
        tracing::warn!(%error, "cannot renew the leases of running jobs; another worker may do them too");
    }
}

/// So long from now.
pub(crate) fn after(clock: &dyn Clock, pause: Duration) -> Timestamp {
    let now = clock.now();
    let millis = i64::try_from(pause.as_millis()).unwrap_or(i64::MAX);
    Timestamp::from_millis(now.as_millis().saturating_add(millis)).unwrap_or(now)
}
