//! `cargo xtask conformance`: the OCI distribution conformance suite against a fresh server, in its development mode
//! with every API and every data set on. The gate is on: who pushes is a contributor and reads its own quarantined
//! images. Anything that failed, was skipped or is disabled fails the run. The suite's sparse data set has an image
//! whose layer never comes, so the server runs with `accept_sparse_images`.

use crate::process::{Tool, find};
use crate::server::{Options, Server};
use crate::test::report::skip;
use crate::{test, workspace};
use anyhow::{Context, Result, bail, ensure};
use std::path::{Path, PathBuf};

const MODULE: &str = "github.com/opencontainers/distribution-spec/conformance";

/// The suite has no release of its own form yet: a commit of 2026-08-31.
const VERSION: &str = "v0.0.0-20260831232431-97274622c111";

/// Test names that are printed when the run fails.
const MAX_SHOWN: usize = 40;

/// Options of the conformance run.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Keep the suite's reports and the server's log below target/conformance/last.
    #[arg(long)]
    keep: bool,
    /// Use this binary instead of building one.
    #[arg(long, value_name = "FILE")]
    binary: Option<PathBuf>,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    let binary = args.binary.clone().map_or_else(test::cargo::release_binary, Ok)?;
    let suite = suite()?;
    if !args.keep {
        return check(&binary, &suite);
    }
    let work = folder().join("last");
    std::fs::remove_dir_all(&work).ok();
    std::fs::create_dir_all(&work)?;
    println!("conformance: reports in {}", work.display());
    check_in(&binary, &suite, &work)
}

/// One run in a folder that goes afterwards.
pub(crate) fn check(binary: &Path, suite: &Path) -> Result<()> {
    let work = tempfile::Builder::new().prefix("lazaret-conformance-").tempdir()?;
    check_in(binary, suite, work.path())
}

/// The suite's program, built once from its module. Skipped where there is no Go, or no way to the module.
pub(crate) fn suite() -> Result<PathBuf> {
    let bin = folder().join(VERSION);
    let suite = bin.join("conformance");
    if suite.is_file() {
        return Ok(suite);
    }
    let local = PathBuf::from("/usr/local/go/bin/go");
    let go = find("go").or_else(|| local.is_file().then_some(local));
    let go = go.ok_or_else(|| skip("no go on PATH (1.24 or later), which builds the suite from its module"))?;
    let install = Tool::new(go)
        .args(["install", &format!("{MODULE}@{VERSION}")])
        .env("GOBIN", &bin)
        .env("GOFLAGS", "-trimpath")
        .env("CGO_ENABLED", "0")
        .seconds(600);
    let ended = install.end()?;
    if !ended.status.success() {
        let said = ended.tail();
        let away = ["dial tcp", "lookup ", "timeout", "GOPROXY", "TLS handshake", "connection refused"];
        if away.iter().any(|sign| said.contains(sign)) {
            return Err(skip(format!("the suite's module cannot be fetched: {said}")));
        }
        bail!("go install {MODULE}@{VERSION} ended with {}: {said}", ended.status);
    }
    Ok(suite)
}

fn folder() -> PathBuf {
    workspace::target().join("conformance")
}

fn check_in(binary: &Path, suite: &Path, work: &Path) -> Result<()> {
    let mut options = Options::offline(binary, &work.join("data"));
    options.envs.push(("LAZARET_ACCEPT_SPARSE_IMAGES".to_owned(), "true".to_owned()));
    let server = Server::start(options)?;
    let who = server.principal("conformance", &["contributor", "deleter"], "conformance/*")?;
    let results = work.join("results");
    std::fs::create_dir_all(&results)?;
    let ended = Tool::new(suite)
        .env("OCI_REGISTRY", &server.address)
        .env("OCI_TLS", "disabled")
        .env("OCI_USERNAME", &who.id)
        .env("OCI_PASSWORD", &who.secret)
        .env("OCI_REPO1", "conformance/one")
        .env("OCI_REPO2", "conformance/two")
        .env("OCI_VERSION", "dev")
        .env("OCI_DATA_SPARSE", "true")
        .env("OCI_LOG", "error")
        .env("OCI_RESULTS_DIR", &results)
        .seconds(600)
        .end()?;
    let report = std::fs::read_to_string(results.join("junit.xml"))
        .with_context(|| format!("the suite left no report: {}", ended.tail()))?;
    let counts = Counts::of(&report).context("the suite's report has no totals")?;
    println!("conformance: {counts}");
    if !counts.are_clean() {
        let bad = [": FAIL", ": Skip", ": Disabled", ": Error"];
        let lines = ended.stdout.lines().filter(|line| bad.iter().any(|end| line.ends_with(end)));
        lines.take(MAX_SHOWN).for_each(|line| println!("{line}"));
        bail!("the suite is not clean: {counts}");
    }
    ensure!(ended.status.success(), "the suite ended with {}: {}", ended.status, ended.tail());
    server.stop()
}

/// The totals of the suite's report.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Counts {
    tests: u64,
    failed: u64,
    skipped: u64,
    disabled: u64,
    errors: u64,
}

impl Counts {
    /// From `<testsuites tests="1030" failures="7">`, where a total of 0 is left out.
    fn of(junit: &str) -> Option<Self> {
        let head = junit.split_once("<testsuites")?.1.split_once('>')?.0;
        let total = |name: &str| {
            let value = head.split_once(&format!(" {name}=\"")).map(|(_, rest)| rest.split('"').next());
            value.map_or(Some(0), |value| value?.parse().ok())
        };
        Some(Self {
            tests: total("tests")?,
            failed: total("failures")?,
            skipped: total("skipped")?,
            disabled: total("disabled")?,
            errors: total("errors")?,
        })
    }

    fn passed(self) -> u64 {
        self.tests.saturating_sub(self.failed + self.skipped + self.disabled + self.errors)
    }

    fn are_clean(self) -> bool {
        self.passed() > 0 && self.passed() == self.tests
    }
}

impl std::fmt::Display for Counts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { failed, skipped, disabled, errors, .. } = self;
        let passed = self.passed();
        write!(f, "{passed} passed, {failed} failed, {skipped} skipped, {disabled} disabled, {errors} errors")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn totals_are_read_and_zeros_may_be_left_out() {
        let counts =
            Counts::of(r#"<testsuites time="5.79" tests="1030" failures="7" disabled="2"><testsuite tests="1">"#);
        let counts = counts.unwrap();
        assert_eq!((counts.passed(), counts.failed, counts.skipped, counts.disabled), (1021, 7, 0, 2));
        assert!(!counts.are_clean());
        assert!(Counts::of(r#"<testsuites tests="3">"#).unwrap().are_clean());
        assert!(!Counts::of(r#"<testsuites time="1">"#).unwrap().are_clean(), "nothing ran");
        assert!(Counts::of(r#"<testsuites tests="many">"#).is_none() && Counts::of("").is_none());
    }
}
