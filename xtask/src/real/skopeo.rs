//! skopeo: every archive in, its verdict, and back out as a quarantine-reader, byte for byte.

use super::images::{Archive, Format};
use super::{Pushed, Stage, compare};
use crate::client::Credentials;
use crate::process::{Tool, find};
use crate::test::report::{Report, skip};
use anyhow::{Context, Result, bail};
use std::path::Path;

/// Pushes and pulls each archive; gives what went in.
pub(super) fn run(report: &mut Report, stage: &Stage<'_>, archives: &[Archive]) -> Vec<Pushed> {
    if find("skopeo").is_none() {
        report.check("skopeo", "push and pull", || Err(skip("skopeo is not installed")));
        return Vec::new();
    }
    let mut all = Vec::new();
    for archive in archives {
        let what = format!("{}: pushed, judged, back byte for byte", archive.name);
        all.extend(report.value("skopeo", &what, || round_trip(stage, archive)));
    }
    all
}

fn round_trip(stage: &Stage<'_>, archive: &Archive) -> Result<Pushed> {
    let repository = format!("real/{}", archive.name);
    let digest = push(None, archive, &stage.server.address, &format!("{repository}:1"), &stage.ci, stage.work)?;
    let state = stage.server.verdict(&repository, &digest)?;
    let from = format!("{}/{repository}@{digest}", stage.server.address);
    let folder = stage.work.join(format!("pulled-{}", archive.name));
    let parts = pull(None, &from, &stage.quarantine, &folder, &digest)?;
    let compared = compare::with_archive(archive, &digest, &parts)?;
    println!("      {} is {} ({}); {compared} parts compared", archive.name, state.name, state.rules.join(", "));
    std::fs::remove_dir_all(&folder)?;
    Ok(Pushed { repository, tag: "1".to_owned(), digest, state: state.name })
}

/// `skopeo copy` into `address/reference`; gives the digest that skopeo reports.
pub(crate) fn push(
    netns: Option<&str>,
    archive: &Archive,
    address: &str,
    reference: &str,
    who: &Credentials,
    work: &Path,
) -> Result<String> {
    let report = work.join("digest");
    let mut tool =
        Tool::inside(netns, "skopeo").args(["--insecure-policy", "copy", "--all", "--dest-tls-verify=false"]);
    if archive.format == Format::Oci {
        tool = tool.arg("--preserve-digests");
    }
    tool.args(["--dest-creds", &who.pair(), "--digestfile"])
        .arg(&report)
        .arg(archive.source())
        .arg(format!("docker://{address}/{reference}"))
        .run()?;
    let text = std::fs::read_to_string(&report).context("skopeo wrote no digest")?;
    Ok(text.trim().to_owned())
}

/// `skopeo copy` of `from` into a folder, with every digest checked. Gives the parts.
pub(super) fn pull(
    netns: Option<&str>,
    from: &str,
    who: &Credentials,
    folder: &Path,
    digest: &str,
) -> Result<std::collections::BTreeMap<String, Vec<u8>>> {
    let ended = Tool::inside(netns, "skopeo")
        .args(["--insecure-policy", "copy", "--all", "--preserve-digests", "--src-tls-verify=false"])
        .args(["--src-creds", &who.pair(), &format!("docker://{from}")])
        .arg(format!("dir:{}", folder.display()))
        .end()?;
    if !ended.status.success() {
        bail!("skopeo cannot pull {from}: {}", ended.tail());
    }
    compare::pulled(folder, digest)
}
