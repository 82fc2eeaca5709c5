use std::{
    thread,
    time::{Duration, Instant},
};

use lazaret_model::Timestamp;
use lazaret_store::{Priority, Work};

use crate::harness::{Fixture, digest, repo};

const LEASE: Duration = Duration::from_mins(1);

/// Claims and completes everything that can run now.
pub(crate) fn drain(f: &Fixture) -> Vec<Work> {
    let mut done = Vec::new();
    while let Some(job) = f.store.claim(f.now(), LEASE).unwrap() {
        f.store.complete(job.id).unwrap();
        done.push(job.work);
    }
    done
}

fn work(name: &str) -> Work {
    Work::JudgeImage { repository: repo("app"), digest: digest(name.as_bytes()) }
}

fn in_millis(f: &Fixture, millis: i64) -> Timestamp {
    Timestamp::from_millis(f.now().as_millis() + millis).unwrap()
}

#[test]
fn pending_work_absorbs_and_running_work_does_not() {
    let f = Fixture::new();
    f.store.enqueue(&work("a"), Priority::Push).unwrap();
    f.store.enqueue(&work("a"), Priority::Push).unwrap();
    f.store.enqueue(&work("b"), Priority::Push).unwrap();
    assert_eq!(f.store.open_jobs().unwrap(), 2);
    let running = f.store.claim(f.now(), LEASE).unwrap().unwrap();
    assert_eq!((running.work.clone(), running.attempts), (work("a"), 1));
    f.store.enqueue(&work("a"), Priority::Push).unwrap();
    assert_eq!(f.store.open_jobs().unwrap(), 3, "what changed while it ran is looked at again");
    f.store.complete(running.id).unwrap();
    assert_eq!(drain(&f), [work("b"), work("a")]);
    assert_eq!(f.store.open_jobs().unwrap(), 0);
}

#[test]
fn pushes_go_before_the_background_and_the_oldest_first() {
    let f = Fixture::new();
    f.store.enqueue_all(&[work("a"), work("b"), Work::RejudgeAll], Priority::Background).unwrap();
    f.advance(10);
    f.store.enqueue(&work("c"), Priority::Push).unwrap();
    f.store.enqueue(&work("b"), Priority::Push).unwrap();
    assert_eq!(drain(&f), [work("b"), work("c"), work("a"), Work::RejudgeAll]);
}

#[test]
fn a_lease_that_ran_out_is_claimed_again() {
    let f = Fixture::new();
    f.store.enqueue(&work("a"), Priority::Push).unwrap();
    let first = f.store.claim(f.now(), LEASE).unwrap().unwrap();
    f.advance(59_000);
    let second = f.second();
    assert!(second.claim(f.now(), LEASE).unwrap().is_none());
    f.advance(1000);
    let again = second.claim(f.now(), LEASE).unwrap().unwrap();
    assert_eq!((again.id, again.attempts), (first.id, 2));
    assert!(f.store.claim(f.now(), LEASE).unwrap().is_none());
    f.store.complete(first.id).unwrap();
    f.store.complete(again.id).unwrap();
    assert_eq!(f.store.open_jobs().unwrap(), 0);
}

#[test]
fn a_failed_job_waits_for_its_retry() {
    let f = Fixture::new();
    f.store.enqueue(&work("a"), Priority::Push).unwrap();
    let job = f.store.claim(f.now(), LEASE).unwrap().unwrap();
    f.store.fail(job.id, "disk full", Some(in_millis(&f, 5000))).unwrap();
    assert!(f.store.claim(f.now(), LEASE).unwrap().is_none());
    f.advance(5000);
    assert_eq!(f.store.claim(f.now(), LEASE).unwrap().unwrap().attempts, 2);
    // A push does not wait for the retry of the one before.
    f.store.fail(job.id, "disk full", Some(in_millis(&f, 5000))).unwrap();
    f.store.enqueue(&work("a"), Priority::Push).unwrap();
    assert_eq!(drain(&f), [work("a")]);
    // And takes its place when it came while that ran.
    f.store.enqueue(&work("a"), Priority::Push).unwrap();
    let job = f.store.claim(f.now(), LEASE).unwrap().unwrap();
    f.store.enqueue(&work("a"), Priority::Push).unwrap();
    f.store.fail(job.id, "disk full", Some(in_millis(&f, 5000))).unwrap();
    assert_eq!(drain(&f), [work("a")]);
    assert_eq!(f.store.open_jobs().unwrap(), 0);
}

#[test]
fn a_job_that_is_given_up_is_kept_for_people() {
    let f = Fixture::new();
    f.store.enqueue(&work("a"), Priority::Push).unwrap();
    let job = f.store.claim(f.now(), LEASE).unwrap().unwrap();
    f.store.fail(job.id, "no such layer", None).unwrap();
    assert_eq!(f.store.open_jobs().unwrap(), 0);
    let failed = f.store.failed_jobs().unwrap();
    assert_eq!((failed.len(), failed[0].error.as_str(), failed[0].attempts), (1, "no such layer", 1));
    f.store.enqueue(&work("a"), Priority::Push).unwrap();
    assert_eq!(drain(&f), [work("a")]);
}

#[test]
fn payloads_are_json_that_names_its_kind() {
    let text = serde_json::to_string(&work("a")).unwrap();
    assert!(text.starts_with(r#"{"kind":"judge_image","repository":"app","digest":"sha256:"#), "{text}");
    assert_eq!(serde_json::to_string(&Work::RejudgeAll).unwrap(), r#"{"kind":"rejudge_all"}"#);
}

#[test]
fn workers_are_woken_and_miss_nothing() {
    let f = Fixture::new();
    assert!(!f.store.wait_for_work(Duration::from_millis(1)));
    // Enqueued between the look and the wait.
    f.store.enqueue(&work("a"), Priority::Push).unwrap();
    let start = Instant::now();
    assert!(f.store.wait_for_work(Duration::from_secs(30)));
    let store = f.store.clone();
    let waiter = thread::spawn(move || store.wait_for_work(Duration::from_secs(30)));
    f.image("app", "v1", None);
    assert!(waiter.join().unwrap());
    let waiters: Vec<_> = (0..3)
        .map(|_| {
            let store = f.store.clone();
            thread::spawn(move || store.wait_for_work(Duration::from_secs(30)))
        })
        .collect();
    f.store.notify();
    assert!(waiters.into_iter().all(|w| w.join().unwrap()));
    assert!(start.elapsed() < Duration::from_secs(25));
}

#[test]
fn a_lease_that_is_renewed_is_not_claimed_by_another() {
    let f = Fixture::new();
    f.store.enqueue(&work("a"), Priority::Push).unwrap();
    let job = f.store.claim(f.now(), LEASE).unwrap().unwrap();
    f.advance(50_000);
    f.store.renew_leases(&[job.id, job.id + 1], in_millis(&f, 60_000)).unwrap();
    f.advance(59_000);
    assert!(f.store.claim(f.now(), LEASE).unwrap().is_none());
    f.advance(2_000);
    assert_eq!(f.store.claim(f.now(), LEASE).unwrap().unwrap().attempts, 2);
    f.store.complete(job.id).unwrap();
    f.store.renew_leases(&[job.id], in_millis(&f, 60_000)).unwrap();
    assert_eq!(f.store.open_jobs().unwrap(), 0);
}
