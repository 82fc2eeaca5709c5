//! What the store promises, on a data directory of its own per test. The suite is written against `Store` alone, so
//! that a second database can run it too.
#![expect(clippy::unwrap_used, reason = "a step that fails fails the test")]

mod audit_log;
mod blobs;
mod concurrency;
mod contents;
mod crash;
mod harness;
mod keys;
mod manifests;
mod open;
mod principals;
mod queue;
mod states;
mod tags;
mod uploads;
