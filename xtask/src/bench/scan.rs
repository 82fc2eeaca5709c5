//! `bench scan`: `lazaret scan` cold against the floor and the peers, run by turns; the median of each counts.

use super::layout::{self, Content};
use super::row::Row;
use super::{Args, Peer, measure, median};
use crate::workspace;
use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};

/// The limit of a scan's peak memory, in MB; and that for a layer of 3,000,000 files.
const MEMORY_LIMIT: f64 = 150.0;
const FILES_MEMORY_LIMIT: f64 = 300.0;

/// An image to scan: its layout folder, and what `lazaret scan` calls it.
struct Image {
    name: String,
    source: String,
    layout: PathBuf,
}

pub(super) fn run(args: &Args) -> Result<Vec<Row>> {
    let lazaret = args.lazaret()?;
    let xtask = std::env::current_exe()?;
    let work = tempfile::Builder::new().prefix("lazaret-bench-").tempdir()?;
    let images = if args.sources.is_empty() {
        own(args.megabytes)?
    } else {
        args.sources
            .iter()
            .enumerate()
            .map(|(number, source)| named(source, &work.path().join(format!("image-{number}"))))
            .collect::<Result<_>>()?
    };
    let mut rows = Vec::new();
    for image in &images {
        rows.extend(measured(args, &lazaret, &xtask, image, MEMORY_LIMIT, work.path())?);
    }
    Ok(rows)
}

/// The images made here, kept for the next bench.
fn own(megabytes: u64) -> Result<Vec<Image>> {
    Content::ALL.into_iter().map(|content| made(content, megabytes)).collect()
}

fn made(content: Content, megabytes: u64) -> Result<Image> {
    let layout = layout::made(&workspace::target().join("bench"), content, megabytes)?;
    Ok(Image { name: content.name().to_owned(), source: format!("oci:{}", layout.display()), layout })
}

/// `bench files`: a layer of very many files. What matters is the memory.
pub(super) fn files(args: &Args) -> Result<Vec<Row>> {
    let work = tempfile::Builder::new().prefix("lazaret-bench-").tempdir()?;
    let image = made(Content::Files, 0)?;
    measured(args, &args.lazaret()?, &std::env::current_exe()?, &image, FILES_MEMORY_LIMIT, work.path())
}

fn named(source: &str, folder: &Path) -> Result<Image> {
    let (kind, path) = source.split_once(':').context("write oci:DIR or oci-archive:FILE")?;
    let name = Path::new(path).file_name().unwrap_or_default().to_string_lossy().into_owned();
    let layout = match kind {
        "oci" => PathBuf::from(path),
        "oci-archive" => {
            layout::unpacked(Path::new(path), folder)?;
            folder.to_path_buf()
        }
        _ => bail!("{source}: the floor reads an OCI layout: write oci:DIR or oci-archive:FILE"),
    };
    Ok(Image { name, source: source.to_owned(), layout })
}

/// One image: every program by turns, `runs` times after one run that warms the page cache for all.
fn measured(args: &Args, lazaret: &Path, xtask: &Path, image: &Image, limit: f64, work: &Path) -> Result<Vec<Row>> {
    let text = |path: &Path| path.display().to_string();
    let options = ["--format", "json", "--no-cache"].map(str::to_owned);
    let mut ours = vec![text(lazaret), "scan".to_owned(), image.source.clone()];
    ours.extend(options);
    match &args.db {
        Some(db) => ours.extend(["--db".to_owned(), text(db)]),
        None => ours.extend(["--data".to_owned(), text(&work.join("data"))]),
    }
    if let Some(with) = &args.with {
        ours.extend(["--with".to_owned(), with.clone()]);
    }
    let floor = vec![text(xtask), "floor".to_owned(), text(&image.layout)];

    let (mut scans, mut floors, mut peaks) = (Times::default(), Times::default(), Vec::new());
    let mut peers: Vec<Times> = args.peers.iter().map(|_| Times::default()).collect();
    for run in 0..=args.runs {
        let base = measure::of(xtask, &floor, &[0], None)?;
        let scan = measure::of(xtask, &ours, &[0, 10, 11], None)?;
        let others = args
            .peers
            .iter()
            .map(|peer| {
                measure::of(
                    xtask,
                    &command(peer, &image.layout, &work.join(format!("{}-{run}", peer.name)))?,
                    &[0],
                    None,
                )
            })
            .collect::<Result<Vec<_>>>()?;
        if run > 0 {
            floors.add(&base);
            scans.add(&scan);
            #[expect(clippy::cast_precision_loss, reason = "a few hundred thousand KiB")]
            peaks.push(scan.peak_kib as f64 * 1024.0 / 1e6);
            peers.iter_mut().zip(others).for_each(|(figures, other)| figures.add(&other));
        }
    }
    let name = |what: &str| format!("scan {} {what}", image.name);
    let mut rows = Vec::new();
    for what in [What::Wall, What::Cpu] {
        let ours = scans.median(what).context("--runs 0 measures nothing")?;
        rows.push(Row::new(name(what.name()), "s", ours, floors.median(what), "floor"));
        for (peer, figures) in args.peers.iter().zip(&mut peers) {
            rows.push(Row::new(name(what.name()), "s", ours, figures.median(what), &peer.name));
        }
    }
    let peak = peaks.iter().copied().fold(0.0, f64::max);
    rows.push(Row::new(name("peak memory"), "MB", peak, Some(limit), "limit"));
    Ok(rows)
}

/// The runs of one program.
#[derive(Default)]
struct Times {
    wall: Vec<f64>,
    cpu: Vec<f64>,
}

#[derive(Clone, Copy)]
enum What {
    Wall,
    Cpu,
}

impl What {
    const fn name(self) -> &'static str {
        match self {
            Self::Wall => "time",
            Self::Cpu => "cpu time",
        }
    }
}

impl Times {
    fn add(&mut self, run: &measure::Measure) {
        self.wall.push(run.seconds);
        self.cpu.push(run.cpu_seconds);
    }

    fn median(&mut self, what: What) -> Option<f64> {
        median(match what {
            What::Wall => &mut self.wall,
            What::Cpu => &mut self.cpu,
        })
    }
}

/// How a peer scans a layout for its packages, with an empty cache each time.
fn command(peer: &Peer, layout: &Path, cache: &Path) -> Result<Vec<String>> {
    let (path, layout, cache) =
        (peer.path.display().to_string(), layout.display().to_string(), cache.display().to_string());
    let args = match peer.name.as_str() {
        "trivy" => vec![
            path,
            "image".to_owned(),
            "--input".to_owned(),
            layout,
            "--format".to_owned(),
            "cyclonedx".to_owned(),
            "--cache-dir".to_owned(),
            cache,
            "--offline-scan".to_owned(),
            "--skip-java-db-update".to_owned(),
            "--skip-version-check".to_owned(),
            "--disable-telemetry".to_owned(),
            "-q".to_owned(),
        ],
        other => bail!("no peer {other} is known; write its command into xtask/src/bench/scan.rs"),
    };
    Ok(args)
}
