//! The server behind a real listener, asked over HTTP.

mod api;
mod auth;
mod blobs;
mod gate;
mod hostile;
mod lists;
mod manifests;
mod shutdown;
mod support;
mod uploads;
