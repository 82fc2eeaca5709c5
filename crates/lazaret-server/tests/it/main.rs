//! The server behind a real listener, asked over HTTP.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on ends")]

mod api;
mod auth;
mod blobs;
mod console_fixture;
mod console_pages;
mod console_session;
mod evidence;
mod gate;
mod hostile;
mod lists;
mod manifests;
mod mounts;
mod permissions;
mod shutdown;
mod support;
mod uploads;
