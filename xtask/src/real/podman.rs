//! podman: zstd layers and an index, with storage of its own in the run's folder.

use super::daemons::Podman;
use super::images::{Archive, Format};
use super::{Stage, skopeo};
use crate::process::find;
use crate::test::report::{Report, skip};
use anyhow::{Context, Result, ensure};

pub(super) fn run(report: &mut Report, stage: &Stage<'_>, archives: &[Archive]) {
    if find("podman").is_none() || find("skopeo").is_none() {
        report.check("podman", "push and pull", || Err(skip("podman or skopeo is not installed")));
        return;
    }
    let podman = Podman { root: stage.work.join("podman") };
    for archive in archives.iter().filter(|archive| archive.format == Format::Oci) {
        if archive.name.contains("multiarch") || archive.name.contains("index") {
            let what = format!("{}: the index, pushed and back", archive.name);
            report.check("podman", &what, || index(&podman, stage, archive));
        } else if archive.name.contains("zstd") || archive.name.contains("shop-api") {
            let what = format!("{}: zstd layers, pushed and back", archive.name);
            report.check("podman", &what, || zstd(&podman, stage, archive));
        }
    }
    podman.tool().args(["system", "reset", "--force"]).end().ok();
}

impl Podman {
    fn push(&self, args: &[&str], name: &str, stage: &Stage<'_>, reference: &str) -> Result<String> {
        std::fs::create_dir_all(&self.root)?;
        let report = self.root.join("digest");
        self.tool()
            .args(args)
            .args(["--tls-verify=false", "--creds", &stage.ci.pair(), "--digestfile"])
            .arg(&report)
            .args([name, &format!("docker://{}/{reference}", stage.server.address)])
            .run()?;
        Ok(std::fs::read_to_string(&report).context("podman wrote no digest")?.trim().to_owned())
    }
}

/// Pulls an archive into podman, pushes it with zstd layers, and back; the image's id must be the same.
fn zstd(podman: &Podman, stage: &Stage<'_>, archive: &Archive) -> Result<()> {
    let loaded = podman.tool().args(["pull", "--quiet", &archive.source()]).run()?;
    let id = loaded.trim().rsplit(':').next().unwrap_or_default().to_owned();
    let repository = format!("real/podman-{}", archive.name);
    let args = ["push", "--quiet", "--compression-format", "zstd"];
    let digest = podman.push(&args, &id, stage, &format!("{repository}:1"))?;
    let state = stage.server.verdict(&repository, &digest)?;

    let from = format!("{}/{repository}@{digest}", stage.server.address);
    let folder = stage.work.join(format!("podman-pulled-{}", archive.name));
    let parts = skopeo::pull(None, &from, &stage.quarantine, &folder, &digest)?;
    ensure!(parts.values().any(|part| part.starts_with(&[0x28, 0xb5, 0x2f, 0xfd])), "podman pushed no zstd layer");
    std::fs::remove_dir_all(&folder)?;

    podman.tool().args(["rmi", "--force", &id]).run()?;
    let back = podman
        .tool()
        .args(["pull", "--quiet", "--tls-verify=false", "--creds", &stage.quarantine.pair(), &from])
        .run()?;
    ensure!(back.trim() == id, "podman got image {} back, sent {id}", back.trim());
    podman.tool().args(["rmi", "--force", &id]).run()?;
    println!("      {} is {}", archive.name, state.name);
    Ok(())
}

/// Makes a manifest list of an archive's index, pushes it with all images, and reads every byte back.
fn index(podman: &Podman, stage: &Stage<'_>, archive: &Archive) -> Result<()> {
    let name = format!("localhost/{}:list", archive.name);
    podman.tool().args(["manifest", "create", &name]).run()?;
    podman.tool().args(["manifest", "add", "--all", &name, &archive.source()]).run()?;
    let repository = format!("real/podman-{}", archive.name);
    let digest = podman.push(&["manifest", "push", "--quiet", "--all"], &name, stage, &format!("{repository}:1"))?;
    let state = stage.server.verdict(&repository, &digest)?;
    let from = format!("{}/{repository}@{digest}", stage.server.address);
    let folder = stage.work.join(format!("podman-pulled-{}", archive.name));
    let parts = skopeo::pull(None, &from, &stage.quarantine, &folder, &digest)?;
    ensure!(parts.len() >= 7, "an index of two images has {} parts", parts.len());
    std::fs::remove_dir_all(&folder)?;
    println!("      {} is {}", archive.name, state.name);
    Ok(())
}
