//! The server behind a real listener, asked over HTTP.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on ends")]

mod api;
mod auth;
mod blobs;
<<<<<<< HEAD
mod console_fixture;
mod console_pages;
mod console_session;
=======
mod evidence;
>>>>>>> 7c6d1bb (gate: what may pass for evidence is looked into, reasons of an index, jobs of killed workers are soon redone)
mod gate;
mod hostile;
mod lists;
mod manifests;
mod permissions;
mod shutdown;
mod support;
mod uploads;
