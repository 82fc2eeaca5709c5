//! The programs of the real parts, from the machine's own package manager when we are root on a Debian.

use super::report::{Report, skip};
use crate::process::{Tool, find};
use anyhow::Result;

/// A program that a part needs (the last two: ISA-L, the faster inflater), and the Debian packages that bring it.
const WANTED: &[(&str, &[&str])] = &[
    ("skopeo", &["skopeo"]),
    ("podman", &["podman", "crun", "netavark"]),
    ("dockerd", &["docker.io", "iptables"]),
    ("chromium", &["chromium", "fonts-dejavu-core"]),
    ("chromedriver", &["chromium-driver"]),
    ("ip", &["iproute2"]),
    ("nsenter", &["util-linux"]),
    ("nasm", &["nasm"]),
    ("autoreconf", &["autoconf", "automake", "libtool"]),
];

/// Installs what is missing. A part whose program is still missing then skips, and says so itself.
pub(super) fn run(report: &mut Report) {
    let missing = |(program, _): &&(&str, &[&str])| find(program).is_none();
    let packages: Vec<&str> =
        WANTED.iter().filter(missing).flat_map(|(_, packages)| packages.iter().copied()).collect();
    if packages.is_empty() {
        println!("every program of the real parts is installed");
        return;
    }
    report.check("packages", &format!("apt-get install {}", packages.join(" ")), || install(&packages));
}

fn install(packages: &[&str]) -> Result<()> {
    if find("apt-get").is_none() {
        return Err(skip("no apt-get here"));
    }
    if !nix::unistd::Uid::effective().is_root() {
        return Err(skip("only root may install packages"));
    }
    let updated = apt(&["update"])?;
    if !updated.status.success() {
        return Err(skip(format!("apt-get update: {}", updated.tail())));
    }
    let mut args = vec!["install", "--yes", "--no-install-recommends"];
    args.extend(packages);
    let installed = apt(&args)?;
    if !installed.status.success() {
        return Err(skip(format!("apt-get install: {}", installed.tail())));
    }
    Ok(())
}

/// apt-get without questions, and without starting the services that packages bring.
fn apt(args: &[&str]) -> Result<crate::process::Ended> {
    Tool::new("apt-get")
        .args(["-q", "-o", "DPkg::Lock::Timeout=300", "-o", "Acquire::Retries=3"])
        .args(args)
        .env("DEBIAN_FRONTEND", "noninteractive")
        .env("RUNLEVEL", "1")
        .seconds(900)
        .end()
}
