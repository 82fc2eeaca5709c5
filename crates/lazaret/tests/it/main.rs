//! The binary as a user runs it: arguments, exit codes, stdout and stderr.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod admin;
mod demo;
mod diff;
mod exit_codes;
mod layer_cache;
mod sbom;
mod scan;
mod support;
