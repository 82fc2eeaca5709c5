//! The stranger's first command: `lazaret demo --exit`, and whether its rows are true.

use crate::process::Tool;
use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::path::Path;

/// Runs the demo and checks its rows, then asks `admin state` for each.
pub(super) fn check(binary: &Path, data: &Path) -> Result<()> {
    let text = Tool::new(binary).args(["demo", "--exit", "--format", "json", "--data"]).arg(data).run()?;
    let rows: Vec<Value> = serde_json::from_str(&text).context("demo printed no JSON array")?;
    let state = |row: &Value| row["state"].as_str().unwrap_or_default().to_owned();
    let blocked: Vec<&Value> = rows.iter().filter(|row| state(row) == "blocked").collect();
    let approved: Vec<&Value> = rows.iter().filter(|row| state(row) == "approved").collect();
    ensure!(!approved.is_empty(), "no image of the demo is approved: {text}");
    ensure!(blocked.iter().any(|row| row["findings"] == 1), "none is blocked for a single finding: {text}");
    ensure!(blocked.iter().any(|row| row["findings"].as_u64() > Some(1)), "none is blocked for several: {text}");
    for row in &approved {
        ensure!(row["reader_manifest_status"] == 200, "the reader did not get an approved manifest: {row}");
        ensure!(row["reader_blob_status"] == 200, "the reader did not get an approved blob: {row}");
    }
    for row in &blocked {
        ensure!(row["reader_manifest_status"] == 403, "the reader was not refused a blocked manifest: {row}");
        ensure!(row["reader_blob_status"] == 403, "the reader was not refused a blocked blob: {row}");
    }
    for row in &rows {
        let (reference, digest) =
            (row["reference"].as_str().unwrap_or_default(), row["digest"].as_str().unwrap_or_default());
        let (_, name) = reference.split_once('/').context("a reference without a host")?;
        let (repository, _) = name.rsplit_once(':').context("a reference without a tag")?;
        let answer = Tool::new(binary)
            .args(["admin", "state", &format!("{repository}@{digest}"), "--format", "json", "--data"])
            .arg(data)
            .run()?;
        let answer: Value = serde_json::from_str(&answer)?;
        ensure!(answer["state"] == row["state"], "admin state says {answer} of {row}");
    }
    Ok(())
}
