//! Reads of what is not approved, by those who may. Each is an audit event; a pull makes dozens of them, so they
//! are counted by (principal, repository, digest) and written once a minute, never in the request.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use lazaret_model::{Digest, Repository};

use crate::App;

/// How often counts are written down and idle taps are looked for.
const PERIOD: Duration = Duration::from_mins(1);

/// Of these periods, each how-many-th also removes upload sessions that have expired.
const SWEEP_EVERY: u64 = 60;

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
        app.taps.drop_idle();
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
        let mut rows = counts.into_iter();
        for (key, count) in rows.by_ref() {
            let (principal, repository, digest) = &key;
            let target = format!("{repository}@{digest}");
            let detail = serde_json::json!({ "requests": count }).to_string();
            if let Err(error) = app.store.audit(principal, "read_unapproved", &target, &detail) {
                tracing::error!(error = %error, "reads of what is not approved could not be written to the audit log");
                app.reads.put_back(std::iter::once((key, count)));
                break;
            }
        }
        app.reads.put_back(rows);
    });
    if let Err(error) = written.await {
        tracing::error!(error = %error, "the audit of reads ended early");
    }
}
