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
    report.check(
        "mirror",
        "what its raw files say is found: apk-tools of alpine 3.10, the old npm packages of shop-web",
        || {
            let Some(images) = workspace::shared_path("images") else { return Err(skip("no ../shared/images")) };
            // secdb v3.10: apk-tools 2.10.7-r0 fixes CVE-2021-36159, and the image has 2.10.6-r0.
            let alpine =
                scan(stage.binary, &data, &format!("docker-archive:{}/alpine-3.10.docker.tar", images.display()))?;
            let fixed = |finding: &Value| {
                finding["purl"].as_str().is_some_and(|purl| purl.contains("apk-tools"))
                    && finding["fixed"] == "2.10.7-r0"
            };
            ensure!(findings(&alpine).iter().any(fixed), "no finding for apk-tools: {}", alpine["findings"]);
            ensure!(
                alpine["verdict"]["outcome"] == "deny" && alpine["layers_verified"] == true,
                "{}",
                alpine["verdict"]
            );
            let web = scan(stage.binary, &data, &format!("oci-archive:{}/shop-web-2.3.1.oci.tar", images.display()))?;
            for (purl, id) in [
                ("pkg:npm/lodash@4.17.11", "CVE-2021-23337"),
                ("pkg:npm/minimist@1.2.0", "CVE-2021-44906"),
                ("pkg:apk/alpine/libcrypto3@3.3.2-r0", "CVE-2024-9143"),
            ] {
                let names = |finding: &Value| {
                    finding["id"] == id && finding["purl"].as_str().is_some_and(|text| text.starts_with(purl))
                };
                ensure!(findings(&web).iter().any(names), "shop-web: no {id} for {purl}");
            }
            Ok(())
        },
    );
    report.check("mirror", "without a database nothing is cleared", || {
        let empty = stage.work.join("no-database");
        let image = stage.work.join("images/own-fit.oci.tar");
        let tool = Tool::new(stage.binary).args([
            "scan",
            &format!("oci-archive:{}", image.display()),
            "--no-cache",
            "--format",
            "json",
        ]);
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

fn scan(binary: &Path, data: &Path, source: &str) -> Result<Value> {
    let ended = Tool::new(binary).args(["scan", source, "--no-cache", "--format", "json", "--data"]).arg(data).end()?;
    serde_json::from_str(&ended.stdout).with_context(|| format!("scan printed no JSON: {}", ended.tail()))
}

fn findings(scan: &Value) -> &[Value] {
    scan["findings"].as_array().map_or(&[], Vec::as_slice)
}
