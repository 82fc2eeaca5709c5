//! Reads of what is not approved, by those who may. Each is an audit event; a pull makes dozens of them, so they
//! are counted by (principal, repository, digest) and written every few seconds, never in the request.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use lazaret_model::{Digest, Repository};

use crate::App;

/// How often counts are written down: what a kill takes with it is no more than this.
const PERIOD: Duration = Duration::from_secs(5);

/// Of these periods, each how-many-th also looks for idle taps.
const TAPS_EVERY: u64 = 12;

/// And each how-many-th removes upload sessions that have expired.
const SWEEP_EVERY: u64 = 720;

/// Keys held before they are written early.
const MAX_KEYS: usize = 10_000;

type Key = (String, Repository, Digest);

/// Counts since the last writing.
#[derive(Debug, Default)]
pub(crate) struct UnapprovedReads {
    counts: Mutex<HashMap<Key, u64>>,
    full: tokio::sync::Notify,
}

impl UnapprovedReads {
    pub(crate) fn count(&self, principal: &str, repository: &Repository, digest: &Digest) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        *counts.entry((principal.to_owned(), repository.clone(), digest.clone())).or_default() += 1;
        if counts.len() >= MAX_KEYS {
            self.full.notify_one();
        }
    }

    fn take(&self) -> HashMap<Key, u64> {
        std::mem::take(&mut *self.counts.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn put_back(&self, rest: impl Iterator<Item = (Key, u64)>) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        for (key, count) in rest {
            *counts.entry(key).or_default() += count;
        }
    }
}

/// Runs until it is aborted.
pub(crate) async fn keep_house(app: Arc<App>) {
    for period in 1_u64.. {
        tokio::select! {
            () = tokio::time::sleep(PERIOD) => {}
            () = app.reads.full.notified() => {}
        }
        if period.is_multiple_of(TAPS_EVERY) {
            app.taps.drop_idle();
        }
        write_down(&app).await;
        if period.is_multiple_of(SWEEP_EVERY) {
            match app.ask(lazaret_store::Store::sweep_spool).await {
                Ok(report) if report.sessions + report.orphans > 0 => {
                    tracing::info!(sessions = report.sessions, orphans = report.orphans, "expired uploads removed");
                }
                // A failure is logged where it is made an `ApiError`.
                _ => {}
            }
        }
    }
}

/// One audit row for each key; what could not be written is kept for the next time.
pub(crate) async fn write_down(app: &Arc<App>) {
    let counts = app.reads.take();
    if counts.is_empty() {
        return;
    }
    let app = Arc::clone(app);
    let written = tokio::task::spawn_blocking(move || {
        let rows = counts.iter().map(|((principal, repository, digest), count)| {
            let detail = serde_json::json!({ "requests": count }).to_string();
            (principal.clone(), "read_unapproved", format!("{repository}@{digest}"), detail)
        });
        if let Err(error) = app.store.audit_all(&rows.collect::<Vec<_>>()) {
            tracing::error!(error = %error, "reads of what is not approved could not be written to the audit log");
            app.reads.put_back(counts.into_iter());
        }
    });
    if let Err(error) = written.await {
        tracing::error!(error = %error, "the audit of reads ended early");
    }
}
