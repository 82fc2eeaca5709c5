//! Golden outputs of every format.
#![expect(clippy::unwrap_used, reason = "a test that cannot make its sample fails")]

mod compare;
mod diff;
mod fuzz;
mod json;
mod sample;
mod sarif;
mod sbom;
mod table;
mod tree;
