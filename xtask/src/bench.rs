//! `cargo xtask bench NAME`: whole processes, measured against a peer or a floor in the same session.

pub(crate) mod floor;
mod layout;
pub(crate) mod measure;
mod push;
mod row;
mod scan;

use crate::test::cargo;
use anyhow::{Context, Result, ensure};
use std::path::PathBuf;
use std::process::Command;

/// Options of a bench.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// What is measured.
    #[arg(value_enum)]
    name: Name,
    /// Images, as `lazaret scan` names them (oci:DIR, oci-archive:FILE); default: images made or found here.
    sources: Vec<String>,
    /// A program to measure against, as NAME=PATH (known: trivy).
    #[arg(long = "peer", value_name = "NAME=PATH", value_parser = peer)]
    peers: Vec<Peer>,
    /// How the rows are printed.
    #[arg(long, value_enum, default_value_t = row::Format::Table)]
    format: row::Format,
    /// Runs of each program on each image; the median counts.
    #[arg(long, default_value_t = 5)]
    runs: usize,
    /// The compiled advisories that a scan uses; default: the built-in ones.
    #[arg(long, value_name = "FILE")]
    db: Option<PathBuf>,
    /// Deeper looks of the scans, as `lazaret scan --with` names them.
    #[arg(long, value_name = "LIST")]
    with: Option<String>,
    /// Measure this binary instead of building one.
    #[arg(long, value_name = "FILE")]
    binary: Option<PathBuf>,
    /// Size of each image that is made for `scan`, in MB of gzip layers.
    #[arg(long, default_value_t = 500)]
    megabytes: u64,
}

#[derive(clap::ValueEnum, Clone, Copy)]
enum Name {
    /// A cold scan: wall time against the floor and the peers, and peak memory.
    Scan,
    /// The same for one layer of 3,000,000 files.
    Files,
    /// From the answer to the manifest PUT to the state row, skopeo pushing.
    Push,
}

impl Args {
    /// The `lazaret` that is measured.
    fn lazaret(&self) -> Result<PathBuf> {
        self.binary.clone().map_or_else(cargo::release_binary, Ok)
    }
}

/// Another program, by the name that says how it is called.
#[derive(Clone)]
struct Peer {
    name: String,
    path: PathBuf,
}

fn peer(text: &str) -> Result<Peer> {
    let (name, path) = text.split_once('=').context("write NAME=PATH")?;
    Ok(Peer { name: name.to_owned(), path: PathBuf::from(path) })
}

pub(crate) fn run(args: &Args) -> Result<()> {
    if cfg!(debug_assertions) {
        return in_release();
    }
    let rows = match args.name {
        Name::Scan => scan::run(args)?,
        Name::Files => scan::files(args)?,
        Name::Push => push::run(args)?,
    };
    row::print(&rows, args.format)
}

/// Runs the same command with a release build of xtask: no figure comes from a debug build, the floor's least of all.
fn in_release() -> Result<()> {
    let xtask = cargo::build(&["--release", "--package", "xtask"], "release", "xtask")?;
    let status = Command::new(xtask).args(std::env::args_os().skip(1)).status()?;
    ensure!(status.success(), "the bench ended with {status}");
    Ok(())
}

/// The middle of some figures; of an even number the mean of the two in the middle.
fn median(figures: &mut [f64]) -> Option<f64> {
    figures.sort_by(f64::total_cmp);
    let middle = figures.len() / 2;
    match figures.len() {
        0 => None,
        even if even % 2 == 0 => Some(f64::midpoint(figures[middle - 1], figures[middle])),
        _ => Some(figures[middle]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians() {
        assert_eq!(median(&mut []), None);
        assert_eq!(median(&mut [3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(&mut [4.0, 1.0, 2.0, 3.0]), Some(2.5));
    }

    #[test]
    fn a_peer_has_a_name_and_a_path() {
        assert_eq!(peer("trivy=/opt/trivy").unwrap().path, PathBuf::from("/opt/trivy"));
        assert!(peer("trivy").is_err());
    }
}
