//! Advisories: the feeds, one compiled file, and the matcher that says which records affect a component.
//!
//! - [`update`] fetches each feed (production URL or a mirror), parses it, compiles all of them into one immutable,
//!   memory-mapped file and activates that atomically; a feed that fails keeps its last good data.
//! - [`AdvisoryDb`] reads a compiled file; [`AdvisoryDb::starter`] is the built-in set that never clears an image.
//! - [`matcher`] is pure: a package becomes a [`matcher::Component`], records become [`matcher::RecordMatch`]es.
//!
//! Absent on purpose: images, SQL, policy, and merging of matches into findings (the room `lazaret-assess`). Network is used only under [`fetch`](self), through a client that the caller built.
//!
//! To add a feed: `feed/<name>.rs` with `fetch` and `parse` apart, one line in `FEEDS` of `feed.rs`, recorded bytes in
//! `testdata/<name>/`, a section in `docs/feeds.md`. To add an ecosystem of OSV: one line in `feed/osv.rs`.
#![deny(unsafe_code)]

mod compile;
pub mod db;
mod feed;
mod fetch;
pub mod matcher;
mod name;
mod starter;
pub mod update;

pub use db::{AdvisoryDb, DbError, EndOfLife, Enrichment};
