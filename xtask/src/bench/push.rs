//! `bench push`: from the push of the manifest to the row of its state, as the server itself dates both, while skopeo
//! pushes. Each run has a fresh server, so that every layer is new to it.

use super::row::Row;
use super::{Args, median};
use crate::process::{Tool, find};
use crate::real::images::{self, Archive};
use crate::real::skopeo;
use crate::server::{Options, Server};
use crate::workspace;
use anyhow::{Context, Result, ensure};
use jiff::Timestamp;
use reqwest::Method;
use serde_json::Value;
use std::path::Path;

/// The limit of the time to a verdict, in milliseconds.
const LIMIT: f64 = 100.0;

pub(super) fn run(args: &Args) -> Result<Vec<Row>> {
    ensure!(find("skopeo").is_some(), "skopeo is not installed");
    ensure!(args.sources.is_empty() && args.peers.is_empty(), "bench push takes the shared images, and no peer");
    let lazaret = args.lazaret()?;
    let work = tempfile::Builder::new().prefix("lazaret-bench-").tempdir()?;
    let archives = images::all(&work.path().join("images"))?;
    let advisories = advisories(&lazaret, work.path())?;

    let mut figures: Vec<Vec<f64>> = vec![Vec::new(); archives.len()];
    for run in 0..args.runs {
        let data = work.path().join(format!("data-{run}"));
        if let Some(from) = &advisories {
            std::fs::create_dir_all(&data)?;
            Tool::new("cp").args(["-al"]).arg(from).arg(data.join("advisories")).run()?;
        }
        let server = Server::start(Options::offline(&lazaret, &data))?;
        for (archive, figures) in archives.iter().zip(&mut figures) {
            figures.push(one(&server, archive, work.path(), run)?);
        }
        server.stop()?;
        std::fs::remove_dir_all(&data)?;
    }
    let mut all: Vec<f64> = figures.iter().flatten().copied().collect();
    let mut rows = Vec::new();
    for (archive, figures) in archives.iter().zip(&mut figures) {
        let ours = median(figures).context("--runs 0 measures nothing")?;
        rows.push(Row::new(format!("push to verdict {}", archive.name), "ms", ours, Some(LIMIT), "limit"));
    }
    let ours = median(&mut all).context("no image")?;
    rows.push(Row::new("push to verdict, all".to_owned(), "ms", ours, Some(LIMIT), "limit"));
    Ok(rows)
}

/// The shared advisories, compiled once, where they are there.
fn advisories(lazaret: &Path, work: &Path) -> Result<Option<std::path::PathBuf>> {
    let Some(mirror) = workspace::shared_path("advisories") else {
        eprintln!("bench: no ../shared/advisories: judged with the built-in ones");
        return Ok(None);
    };
    let data = work.join("update");
    let tool = Tool::new(lazaret).args(["db", "update", "--mirror"]).arg(mirror).arg("--data").arg(&data);
    tool.seconds(600).run()?;
    Ok(Some(data.join("advisories")))
}

/// Pushes one archive; gives the milliseconds between `pushed_at` and `state_at`.
fn one(server: &Server, archive: &Archive, work: &Path, run: usize) -> Result<f64> {
    let repository = format!("bench/{}", archive.name);
    let ci = server.principal(&format!("ci-{}-{run}", archive.name), &["contributor"], "bench/*")?;
    let auditor = server.principal(&format!("auditor-{}-{run}", archive.name), &["auditor"], "*")?;
    let digest = skopeo::push(None, archive, &server.address, &format!("{repository}:1"), &ci, work)?;
    server.verdict(&repository, &digest)?;
    let path = format!("/api/v1/repositories/{}/images/{digest}", repository.replace('/', "%2F"));
    let answer = server.registry(&auditor).request(Method::GET, &path).send()?;
    ensure!(answer.status() == 200, "{path} answers {}", answer.status());
    let image: Value = answer.json()?;
    let moment = |name: &str| -> Result<Timestamp> {
        image[name].as_str().with_context(|| format!("no {name} in {image}"))?.parse().context("no RFC 3339 time")
    };
    let taken = moment("state_at")?.duration_since(moment("pushed_at")?);
    Ok(taken.as_secs_f64() * 1000.0)
}
