//! The HTTP face of Lazaret: the OCI distribution endpoints with the gate in front of every byte, the token
//! service, `/api/v1`, and the console. The only crate that knows HTTP routes.
//!
//! Absent: scanning, judging, SQL. State is read from `lazaret-store`, who may do what from
//! [`lazaret_model::allows`], what is served from the pure matrix in [`gate`].
//!
//! To add an endpoint: one file `distribution/<endpoint>.rs` or `api/v1/<resource>/<verb>.rs`, and one line with
//! its action in the table of `distribution/route.rs` or `api/v1.rs`.
#![forbid(unsafe_code)]

mod api;
mod app;
mod auth;
mod call;
mod console;
mod distribution;
mod error;
pub mod gate;
mod origin;
mod page;
mod reads;
mod router;
mod serve;
mod standing;

pub use app::{App, ServerSettings};
pub use auth::token_key::{TokenKey, TokenKeyError};
pub use error::ApiError;
pub use router::router;
pub use serve::serve;
pub use standing::{Standing, standing};
