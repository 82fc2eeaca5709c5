//! The room from outside: updates from mirrors, and matching against a naive evaluation of the raw files.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "helpers of tests may fail and speak as tests do")]

mod mirror;
mod naive;
mod server;
mod shared;
mod update;
