//! `cargo xtask test`: the whole run, in order, with a summary at the end. Under 50 minutes on two cores from empty caches.

pub(crate) mod cargo;
mod packages;
pub(crate) mod report;

use crate::{conformance, crash, deny, real, tidy, workspace};
use anyhow::{Result, bail};
use report::Report;
use std::path::PathBuf;

/// Options of the test run.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Only these parts: packages, cargo, real, conformance, crash, house, or one of real's clients (demo, skopeo, gate, standing,
    /// hostile, podman, docker, browser, mirror). Default: all.
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// Keep the browser's screenshots here.
    #[arg(long, value_name = "DIR")]
    screenshots: Option<PathBuf>,
    /// Test this binary instead of a release build.
    #[arg(long, value_name = "FILE")]
    binary: Option<PathBuf>,
}

impl Args {
    fn wants(&self, part: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|only| only == part)
    }

    fn wants_client(&self, client: &str) -> bool {
        self.wants("real") || self.wants(client)
    }
}

pub(crate) fn run(args: &Args) -> Result<()> {
    let mut report = Report::default();
    if workspace::shared().is_none() {
        println!("no ../shared folder: its images and advisories are not used, images made here are");
    }
    if args.wants("packages") {
        packages::run(&mut report);
    }
    if args.wants("cargo") {
        cargo::test(&mut report);
    }
    let wants_real = real::CLIENTS.iter().any(|client| args.wants_client(client));
    if wants_real || args.wants("conformance") || args.wants("crash") {
        let given = args.binary.clone();
        let binary =
            report.value("build", "release binary of lazaret", || given.map_or_else(cargo::release_binary, Ok));
        if let Some(binary) = binary.as_deref().filter(|_| wants_real) {
            let pictures = args.screenshots.clone().unwrap_or_else(|| workspace::target().join("screenshots"));
            if let Err(error) = real::run(&mut report, binary, &pictures, &|client| args.wants_client(client)) {
                report.check("real", "the run itself", || Err(error));
            }
        }
        if let Some(binary) = binary.as_deref().filter(|_| args.wants("conformance"))
            && let Some(suite) = report.value("conformance", "the suite is built from its module", conformance::suite)
        {
            report.check("conformance", "development mode, all on: 0 failed, 0 skipped, 0 disabled", || {
                conformance::check(binary, &suite)
            });
        }
        if let Some(binary) = binary.as_deref().filter(|_| args.wants("crash")) {
            report.check("crash", "10 rounds of kill -9: what was acknowledged is there and intact", || {
                crash::check(binary, 10)
            });
            report.check("crash", "--prove: a server that answers too early is caught", crash::prove);
        }
    }
    if args.wants("house") {
        report.check("house", "tidy", tidy::run);
        report.check("house", "deny", deny::run);
    }
    if !report.close() {
        bail!("the test run failed");
    }
    Ok(())
}
