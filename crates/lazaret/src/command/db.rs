//! `lazaret db update|status`.

use std::{
    path::{Path, PathBuf},
    sync::Mutex,
};

use anyhow::{Context as _, bail};
use indicatif::ProgressBar;
use lazaret_advisory::{
    AdvisoryDb,
    update::{FeedOutcome, Mirror, UpdateOptions, UpdateProgress, UpdateReport, current, update},
};
use lazaret_model::{Clock, SnapshotInfo, Timestamp};

use crate::{
    cli::{DataDir, Db, Format},
    exit::Exit,
    output, progress,
    settings::Settings,
    wire::{self, SystemClock},
};

pub(crate) fn run(settings: &Settings, command: Db) -> anyhow::Result<Exit> {
    match command {
        Db::Update { data, db, mirror, accept_shrink } => {
            update_db(settings, &data, db.as_deref(), mirror, accept_shrink)
        }
        Db::Status { data, db, format } => status(settings, &data, db.as_deref(), format),
    }
}

fn update_db(
    settings: &Settings,
    data: &DataDir,
    file: Option<&Path>,
    mirror: Option<String>,
    accept_shrink: bool,
) -> anyhow::Result<Exit> {
    let dir = match file {
        Some(file) => beside(file),
        None => wire::advisories_dir(&wire::data_dir(data.data.as_deref(), settings)?),
    };
    let mirror = mirror.or_else(|| settings.mirror.clone()).map(|text| Mirror::parse(&text)).transpose()?;
    let options = UpdateOptions { dir: dir.clone(), mirror, accept_shrink };
    let bars = FeedBars::default();
    let report = update(&options, &wire::http_client(wire::FEED_SILENCE)?, &SystemClock, &bars)?;
    let exit = tell(&report)?;
    if let (Some(file), Some(_)) = (file, &report.snapshot) {
        publish(&dir, file)?;
    }
    Ok(exit)
}

/// Feeds and snapshots of `--db FILE` lie in `FILE.d`, so that the next update fetches only what changed.
fn beside(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".d");
    PathBuf::from(name)
}

/// Puts the active snapshot of `dir` at `file`, whole or not at all.
fn publish(dir: &Path, file: &Path) -> anyhow::Result<()> {
    let Some(active) = current(dir)? else { bail!("no snapshot was activated; {} stays as it is", file.display()) };
    let mut temporary = file.as_os_str().to_owned();
    temporary.push(".new");
    let temporary = PathBuf::from(temporary);
    let copy = || -> std::io::Result<()> {
        std::fs::copy(&active, &temporary)?;
        std::fs::File::open(&temporary)?.sync_all()?;
        std::fs::rename(&temporary, file)
    };
    copy().with_context(|| format!("cannot write {}", file.display()))
}

fn tell(report: &UpdateReport) -> anyhow::Result<Exit> {
    let mut failed = false;
    for feed in &report.feeds {
        let FeedOutcome::Failed(why) = &feed.outcome else { continue };
        failed = true;
        let left = if feed.records > 0 { "its last good data stay" } else { "there are no earlier data of it" };
        output::say(&format!("lazaret: feed {}: {why}; {left}", feed.name));
    }
    let rows: Vec<_> = report
        .feeds
        .iter()
        .map(|f| {
            let outcome = match &f.outcome {
                FeedOutcome::Updated => "updated",
                FeedOutcome::Unchanged => "unchanged",
                FeedOutcome::Failed(_) => "FAILED",
            };
            let before = f.previous.map_or_else(|| "-".to_owned(), |n| n.to_string());
            vec![f.name.clone(), outcome.to_owned(), f.records.to_string(), before, f.fetched.to_string()]
        })
        .collect();
    output::table(&["FEED", "OUTCOME", "RECORDS", "BEFORE", "BYTES"], &rows)?;
    match &report.snapshot {
        Some(info) => {
            let state = if report.activated { "activated" } else { "still active" };
            output::data(&format!("snapshot {} {state}", info.id))?;
        }
        None => output::say("lazaret: no snapshot is active: nothing could be read"),
    }
    Ok(if failed || report.snapshot.is_none() { Exit::Failed } else { Exit::Done })
}

fn status(settings: &Settings, data: &DataDir, file: Option<&Path>, format: Format) -> anyhow::Result<Exit> {
    let db = match file {
        Some(file) => AdvisoryDb::open(file)?,
        None => {
            let data = wire::data_dir(data.data.as_deref(), settings)?;
            lazaret_worker::open_snapshot(&wire::advisories_dir(&data))?.0
        }
    };
    let info = db.info();
    match format {
        Format::Json => output::json(info)?,
        Format::Table => print_status(info, SystemClock.now())?,
    }
    Ok(Exit::Done)
}

fn print_status(info: &SnapshotInfo, now: Timestamp) -> anyhow::Result<()> {
    output::data(&format!("snapshot {}  created {}", info.id, info.created))?;
    if info.starter {
        output::data("This is the built-in starter set: it never clears an image. Run `lazaret db update`.")?;
    }
    let rows: Vec<_> = info
        .feeds
        .iter()
        .map(|f| {
            vec![
                f.name.clone(),
                f.records.to_string(),
                f.checked.to_string(),
                age(f.checked, now),
                f.changed.to_string(),
                f.digest.short().to_owned(),
            ]
        })
        .collect();
    output::table(&["FEED", "RECORDS", "CHECKED", "AGE", "CHANGED", "SHA-256"], &rows)
}

/// Whole hours or days, for people.
pub(crate) fn age(then: Timestamp, now: Timestamp) -> String {
    let hours = (now.as_millis() - then.as_millis()).max(0) / 3_600_000;
    if hours < 48 { format!("{hours} h") } else { format!("{} d", hours / 24) }
}

/// One bar per feed, on a terminal.
#[derive(Default)]
struct FeedBars {
    bar: Mutex<Option<ProgressBar>>,
}

impl UpdateProgress for FeedBars {
    fn started(&self, feed: &str, bytes: Option<u64>) {
        if std::io::IsTerminal::is_terminal(&std::io::stderr()) {
            *self.bar.lock().unwrap_or_else(std::sync::PoisonError::into_inner) =
                Some(progress::bar(bytes.unwrap_or(0), feed));
        }
    }

    fn advanced(&self, _feed: &str, bytes: u64) {
        if let Some(bar) = &*self.bar.lock().unwrap_or_else(std::sync::PoisonError::into_inner) {
            bar.set_position(bytes);
        }
    }

    fn done(&self, _feed: &str, _outcome: &FeedOutcome) {
        if let Some(bar) = self.bar.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take() {
            bar.finish_and_clear();
        }
    }
}
