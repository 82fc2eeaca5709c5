//! The advisories of the shared folder: compiled, used, and kept when a feed file is broken.

use super::Stage;
use crate::process::Tool;
use crate::test::report::{Report, skip};
use crate::workspace;
use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::path::Path;

pub(super) fn run(report: &mut Report, stage: &Stage<'_>) {
    let data = stage.work.join("mirror");
    let compiled = report.value("mirror", "db update compiles ../shared/advisories, db status shows it", || {
        let Some(mirror) = workspace::shared_path("advisories") else { return Err(skip("no ../shared/advisories")) };
        update(stage.binary, &mirror, &data)?;
        let status = Tool::new(stage.binary).args(["db", "status", "--data"]).arg(&data).run()?;
        ensure!(status.contains("alpine") && status.contains("debian"), "db status names no feeds: {status}");
        Ok(())
    });
    if compiled.is_none() {
        return;
    }
    report.check("mirror", "alpine 3.10 has findings of it, and an outcome of its own", || {
        let Some(image) = workspace::shared_path("images/alpine-3.10.docker.tar") else {
            return Err(skip("no ../shared/images"));
        };
        let scan = scan(stage.binary, &data, &image)?;
        let findings = scan["findings"].as_array().map_or(0, Vec::len);
        ensure!(findings > 10, "only {findings} findings");
        ensure!(scan["verdict"]["outcome"] == "deny", "the verdict is {}", scan["verdict"]);
        ensure!(scan["layers_verified"] == true, "the layers are not verified");
        Ok(())
    });
    report.check("mirror", "without a database nothing is cleared", || {
        let empty = stage.work.join("no-database");
        let image = stage.work.join("images/own-fit.oci.tar");
        let tool =
            Tool::new(stage.binary).args(["scan", &format!("oci-archive:{}", image.display()), "--format", "json"]);
        let ended = tool.arg("--data").arg(&empty).end()?;
        let scan: Value = serde_json::from_str(&ended.stdout).with_context(|| ended.tail())?;
        ensure!(
            scan["verdict"]["outcome"] == "incomplete" && ended.code() == 11,
            "{} and exit {}",
            scan["verdict"],
            ended.code()
        );
        Ok(())
    });
}

fn update(binary: &Path, mirror: &Path, data: &Path) -> Result<()> {
    let tool = Tool::new(binary).args(["db", "update", "--mirror"]).arg(mirror).arg("--data").arg(data);
    tool.seconds(600).run().map(drop)
}

fn scan(binary: &Path, data: &Path, image: &Path) -> Result<Value> {
    let source = format!("docker-archive:{}", image.display());
    let ended = Tool::new(binary).args(["scan", &source, "--format", "json", "--data"]).arg(data).end()?;
    serde_json::from_str(&ended.stdout).with_context(|| format!("scan printed no JSON: {}", ended.tail()))
}
