//! Failed sign-ins, counted by the id that was typed. Secrets are 256 random bits, so guessing is of no use anyway;
//! this keeps the guessers from costing anything.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use lazaret_model::{Digest, Timestamp};
use lazaret_oci::sha256;

/// Failures after which an id must wait.
const ALLOWED: u32 = 10;

/// How long failures are remembered.
const WINDOW_MS: i64 = 5 * 60 * 1000;

/// Ids that are remembered at one time.
const MAX_IDS: usize = 10_000;

/// By the hash of the id: what is typed may be long, or a secret in the wrong field.
#[derive(Debug, Default)]
pub(crate) struct Throttle(Mutex<HashMap<Digest, (u32, Timestamp)>>);

impl Throttle {
    /// Whether this id must wait.
    pub(super) fn is_shut(&self, id: &str, now: Timestamp) -> bool {
        let held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.get(&sha256(id.as_bytes())).is_some_and(|(count, last)| *count >= ALLOWED && fresh(*last, now))
    }

    pub(super) fn failed(&self, id: &str, now: Timestamp) {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if held.len() >= MAX_IDS {
            held.retain(|_, (_, last)| fresh(*last, now));
            if held.len() >= MAX_IDS {
                held.clear();
            }
        }
        let (count, last) = held.entry(sha256(id.as_bytes())).or_insert((0, now));
        *count = if fresh(*last, now) { count.saturating_add(1) } else { 1 };
        *last = now;
    }

    pub(super) fn succeeded(&self, id: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&sha256(id.as_bytes()));
    }
}

fn fresh(last: Timestamp, now: Timestamp) -> bool {
    now.as_millis().saturating_sub(last.as_millis()) < WINDOW_MS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_failures_shut_one_id_for_five_minutes() {
        let at = |ms| Timestamp::from_millis(ms).unwrap();
        let throttle = Throttle::default();
        (0..ALLOWED).for_each(|_| throttle.failed("a", at(0)));
        assert!(throttle.is_shut("a", at(WINDOW_MS - 1)));
        assert!(!throttle.is_shut("b", at(0)) && !throttle.is_shut("a", at(WINDOW_MS)));
        throttle.succeeded("a");
        assert!(!throttle.is_shut("a", at(0)));
    }
}
