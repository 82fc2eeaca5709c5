//! `cargo xtask fuzz`: every fuzz target for so many seconds. The targets are tests in a module `fuzz` of their crate; what
//! they find prints a seed, which `BOLERO_RANDOM_SEED` repeats.

use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use crate::workspace;

/// Crates with targets, and what cargo calls the test binary.
const CRATES: [(&str, &[&str]); 3] =
    [("lazaret-inventory", &["--lib"]), ("lazaret-oci", &["--lib"]), ("lazaret-report", &["--test", "it"])];

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Seconds for each target; two run at a time.
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// Only targets whose name contains this, e.g. `detector_03`.
    #[arg(long)]
    target: Option<String>,
    /// Built with optimisation: more inputs in the same time.
    #[arg(long)]
    release: bool,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    let filter = args.target.as_deref().unwrap_or("fuzz::");
    for (name, kind) in CRATES {
        println!("{name}: {} s for each target", args.seconds);
        let mut command = Command::new("cargo");
        command.current_dir(workspace::root()).args(["test", "-p", name]).args(kind);
        if args.release {
            command.arg("--release");
        }
        command.args([filter, "--", "--test-threads", "2"]);
        command.env("BOLERO_RANDOM_TEST_TIME_MS", (args.seconds * 1000).to_string());
        let status = command.status().with_context(|| format!("cannot run cargo for {name}"))?;
        ensure!(status.success(), "a fuzz target of {name} failed; its seed is printed above");
    }
    Ok(())
}
