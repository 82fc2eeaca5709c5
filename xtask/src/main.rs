//! `cargo xtask`: everything the project does to itself. One file per task; this one is the table of contents.
//!
//! To add a task: a file `src/<task>.rs` with `Args` and `run`, one line in `Task`, one in `main`.
//! Absent on purpose: a dependency on the product's crates. The tests here speak to the binary and to its HTTP API,
//! as a stranger would, so that they cannot share a mistake with what they test.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a developer's tool talks to its terminal")]

mod bench;
mod client;
mod conformance;
mod crash;
mod deny;
mod fixtures;
mod fuzz;
mod images;
mod metadata;
mod process;
mod real;
mod server;
mod test;
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
    /// Run every test: crates, real clients, browser, crash; prints a summary.
    Test(test::Args),
    /// Kill the server at random moments of pushes and check what it had acknowledged.
    Crash(crash::Args),
    /// Run the OCI conformance suite, built from its Go module, against a fresh server.
    Conformance(conformance::Args),
    /// Make the samples of the detector `binary` again, from the packages that its index names.
    Fixtures(fixtures::Args),
    /// Run every fuzz target for some seconds.
    Fuzz(fuzz::Args),
    /// Measure, and print rows with ours, other and their ratio.
    Bench(bench::Args),
    /// Read, inflate and hash each gzip layer of an OCI layout folder: the floor of a scan.
    Floor(bench::floor::Args),
    /// Run a command and print its exit code, wall time and peak resident memory as JSON.
    Measure(bench::measure::Args),
}

fn main() -> ExitCode {
    let outcome = match Task::parse() {
        Task::Tidy => tidy::run(),
        Task::Deny => deny::run(),
        Task::Test(args) => test::run(&args),
        Task::Crash(args) => crash::run(&args),
        Task::Conformance(args) => conformance::run(&args),
        Task::Fixtures(args) => fixtures::run(&args),
        Task::Fuzz(args) => fuzz::run(&args),
        Task::Bench(args) => bench::run(&args),
        Task::Floor(args) => bench::floor::run(&args),
        Task::Measure(args) => bench::measure::run(&args),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
