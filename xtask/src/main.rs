//! `cargo xtask`: everything the project does to itself. One file per task; this one is the table of contents.
//!
//! To add a task: a file `src/<task>.rs` with `Args` and `run`, one line in `Task`, one in `main`.
//! Absent on purpose: a dependency on the product's crates. The tests here speak to the binary and to its HTTP API,
//! as a stranger would, so that they cannot share a mistake with what they test.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a developer's tool talks to its terminal")]

mod deny;
mod metadata;
mod tidy;
mod workspace;

use clap::Parser;
use std::process::ExitCode;

/// The tasks of this workspace.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
enum Task {
    /// Check the house: dependency table, registrations, file sizes, leftovers.
    Tidy,
    /// Check licences, banned crates and known advisories of what we depend on.
    Deny,
}

fn main() -> ExitCode {
    let outcome = match Task::parse() {
        Task::Tidy => tidy::run(),
        Task::Deny => deny::run(),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
