//! Real clients against a running server. One file per client; each says what it did as checks of the report.

mod browser;
mod compare;
mod daemons;
mod demo;
mod docker;
mod gate;
mod hostile;
pub(crate) mod images;
mod mirror;
mod podman;
pub(crate) mod skopeo;
mod sources;
mod standing;
mod webdriver;

use crate::client::Credentials;
use crate::server::{Options, Server};
use crate::test::report::Report;
use anyhow::Result;
use std::path::Path;

/// What each client's part needs.
struct Stage<'a> {
    binary: &'a Path,
    /// A folder that goes when the run ends.
    work: &'a Path,
    server: &'a Server,
    /// Pushes into `real/*`, as a CI would.
    ci: Credentials,
    /// Reads what is not approved too.
    quarantine: Credentials,
}

/// The parts, by the names that `--only` takes.
pub(crate) const CLIENTS: [&str; 10] =
    ["demo", "skopeo", "gate", "standing", "hostile", "podman", "docker", "sources", "browser", "mirror"];

/// The wanted parts with real clients, in order. `pictures` is where the browser's screenshots go.
pub(crate) fn run(report: &mut Report, binary: &Path, pictures: &Path, wants: &dyn Fn(&str) -> bool) -> Result<()> {
    let work = tempfile::Builder::new().prefix("lazaret-real-").tempdir()?;
    if wants("demo") {
        report.check("demo", "exits 0; one approved, one minor, one bad; the reader refused", || {
            demo::check(binary, &work.path().join("demo"))
        });
    }

    let Some(server) = report.value("server", "serve on loopback is ready", || {
        Server::start(Options::offline(binary, &work.path().join("data")))
    }) else {
        return Ok(());
    };
    let Some((ci, quarantine)) = report.value("server", "principals are made beside it", || {
        Ok((
            server.principal("ci", &["contributor"], "real/*")?,
            server.principal("scanner", &["quarantine-reader"], "real/*")?,
        ))
    }) else {
        return Ok(());
    };
    let images = images::all(&work.path().join("images"))?;
    let stage = Stage { binary, work: work.path(), server: &server, ci, quarantine };
    if wants("skopeo") || wants("gate") {
        let pushed = skopeo::run(report, &stage, &images);
        gate::run(report, &stage, &pushed);
    }
    if wants("standing") {
        standing::run(report, &stage);
    }
    if wants("hostile") {
        hostile::run(report, &stage);
    }
    if wants("podman") {
        podman::run(report, &stage, &images);
    }
    if wants("docker") {
        docker::run(report, &stage, &images);
    }
    if wants("sources") {
        sources::run(report, &stage, &images);
    }
    if wants("browser") {
        browser::run(report, &stage, pictures);
    }
    if wants("mirror") {
        mirror::run(report, &stage);
    }
    drop(stage);
    report.check("server", "stops cleanly on SIGTERM", || server.stop());
    Ok(())
}

/// An image that went in.
struct Pushed {
    repository: String,
    tag: String,
    digest: String,
    /// The state after the verdict.
    state: String,
}
