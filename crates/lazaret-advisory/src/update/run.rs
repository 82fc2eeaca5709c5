//! One run: each feed fetched and parsed on its own, so that one that fails keeps its last good data.

use std::path::{Path, PathBuf};

use lazaret_model::{Clock, Digest, FeedInfo, SnapshotInfo, Timestamp};
use sha2::{Digest as _, Sha256};

use super::{FeedOutcome, FeedReport, UpdateError, UpdateOptions, UpdateProgress, UpdateReport, activate};
use crate::{
    AdvisoryDb,
    compile::{self, Input},
    feed::{FEEDS, Feed, FeedFile, Parsed},
    fetch::{
        FeedSource, FetchError, Fetched,
        cache::{self, Entry},
        mirror::Index,
        unpack,
    },
    starter,
};

/// Files of a feed that has many are not counted for its progress.
const MANY: &[&str] = &["alpine-secdb"];

/// File in a feed's folder: what is known of its accepted files.
const INFO: &str = "feed.info";

/// A feed's data for this snapshot, and what the report says of it.
struct Taken {
    parsed: Parsed,
    files: Vec<FeedFile>,
    info: FeedInfo,
}

pub(super) fn run(
    options: &UpdateOptions,
    client: &reqwest::blocking::Client,
    clock: &dyn Clock,
    progress: &dyn UpdateProgress,
) -> Result<UpdateReport, UpdateError> {
    let mirror = Index::open(options.mirror.as_ref(), client)?;
    let active = active(&options.dir);
    let before = active.as_ref().map(|(db, _)| db.info().clone());
    let mut reports = Vec::new();
    let mut taken = Vec::new();
    let mut baseline = Vec::new();
    for feed in FEEDS {
        let mut source = FeedSource {
            client,
            mirror: &mirror,
            dir: feed_dir(&options.dir, feed.name()),
            feed: feed.name(),
            single: !MANY.contains(&feed.name()),
            progress,
            bytes: 0,
            started: false,
        };
        let in_active = before.as_ref().and_then(|info| info.feeds.iter().find(|known| known.name == feed.name()));
        let in_cache = cached_info(&source.dir);
        let known = in_active.or(in_cache.as_ref());
        baseline.extend(known.cloned());
        let (outcome, data) = take(*feed, &mut source, known, seconds(clock.now()));
        source.start(None);
        progress.done(feed.name(), &outcome);
        reports.push(FeedReport {
            name: feed.name().to_owned(),
            outcome,
            records: data.as_ref().map_or(0, |data| data.info.records),
            previous: in_active.map(|known| known.records),
            fetched: source.bytes,
        });
        taken.extend(data);
    }
    let lost = before.iter().flat_map(|info| &info.feeds).any(|old| taken.iter().all(|new| new.info.name != old.name));
    if taken.is_empty() || (lost && !options.accept_shrink) {
        // A feed of the active snapshot cannot be had at all: the snapshot as it is holds more than a new one would.
        return Ok(kept(before, active.map(|(_, path)| path), reports));
    }
    if !options.accept_shrink {
        refuse_shrinking(&baseline, &taken)?;
    }
    let files: Vec<_> = taken.iter().map(|data| (data.info.clone(), data.files.clone())).collect();
    let bytes = compile::compile(input(taken, seconds(clock.now()))?);
    let (db, path) = activate::activate(&options.dir, &bytes)?;
    accept(&options.dir, &files)?;
    Ok(UpdateReport { snapshot: Some(db.info().clone()), path: Some(path), activated: true, feeds: reports })
}

/// Whole seconds: dates of feeds are read by people.
fn seconds(now: Timestamp) -> Timestamp {
    Timestamp::from_millis(now.as_millis().div_euclid(1000) * 1000).unwrap_or(now)
}

/// The active snapshot, if there is one that can be read.
fn active(dir: &Path) -> Option<(AdvisoryDb, PathBuf)> {
    let path = activate::current(dir).ok().flatten()?;
    AdvisoryDb::open(&path).ok().map(|db| (db, path))
}

fn feed_dir(dir: &Path, feed: &str) -> PathBuf {
    dir.join("feeds").join(feed.replace(':', "-"))
}

/// New data of a feed, else its last good data.
fn take(
    feed: &dyn Feed,
    source: &mut FeedSource<'_>,
    known: Option<&FeedInfo>,
    now: Timestamp,
) -> (FeedOutcome, Option<Taken>) {
    let fetched = feed.fetch(source).map_err(|e| e.to_string());
    let read = fetched.and_then(|files| {
        let parsed = feed.parse(&files).map_err(|e| e.to_string());
        if parsed.is_err() {
            discard(&source.dir, &files);
        }
        parsed.map(|parsed| (files, parsed))
    });
    match read {
        Ok((files, parsed)) => {
            let digest = digest(&files);
            let unchanged = known.filter(|known| known.digest == digest);
            let changed = unchanged.map_or(now, |known| known.changed);
            let outcome = if unchanged.is_some() { FeedOutcome::Unchanged } else { FeedOutcome::Updated };
            (outcome, Some(taken(feed, files, parsed, digest, now, changed)))
        }
        Err(why) => {
            tracing::warn!(feed = feed.name(), why, "feed failed; its last good data stay");
            let files = cache::kept_files(&source.dir);
            let parsed = if files.is_empty() || known.is_none() { None } else { feed.parse(&files).ok() };
            let data = parsed.map(|parsed| {
                let digest = digest(&files);
                let (checked, changed) = known.map_or((now, now), |known| (known.checked, known.changed));
                taken(feed, files, parsed, digest, checked, changed)
            });
            (FeedOutcome::Failed(why), data)
        }
    }
}

fn taken(
    feed: &dyn Feed,
    files: Vec<FeedFile>,
    parsed: Parsed,
    digest: Digest,
    checked: Timestamp,
    changed: Timestamp,
) -> Taken {
    let info = FeedInfo {
        name: feed.name().to_owned(),
        ecosystems: feed.ecosystems().iter().map(|name| (*name).to_owned()).collect(),
        checked,
        changed,
        records: parsed.count,
        digest,
    };
    Taken { parsed, files, info }
}

/// SHA-256 of the one file, or over the names and digests of many.
fn digest(files: &[FeedFile]) -> Digest {
    let of = |file: &FeedFile| unpack::digest(&file.path).map(|(sha256, _)| sha256).unwrap_or_default();
    if let [file] = files
        && let Ok(digest) = Digest::parse(&format!("sha256:{}", of(file)))
    {
        return digest;
    }
    let mut lines: Vec<String> = files.iter().map(|file| format!("{} {}\n", file.name, of(file))).collect();
    lines.sort();
    Digest::from_sha256(Sha256::digest(lines.concat()).into())
}

/// What is known of the last accepted files of a feed, also when the snapshot that held them is gone.
fn cached_info(dir: &Path) -> Option<FeedInfo> {
    serde_json::from_slice(&std::fs::read(dir.join(INFO)).ok()?).ok()
}

/// Removes what was fetched and cannot be read.
fn discard(dir: &Path, files: &[FeedFile]) {
    for file in files.iter().filter(|file| file.fetched == Fetched::Updated) {
        Entry::new(dir, &file.name).clean();
    }
}

/// Makes the files of the activated snapshot the last good ones.
fn accept(dir: &Path, taken: &[(FeedInfo, Vec<FeedFile>)]) -> Result<(), UpdateError> {
    for (info, files) in taken {
        let dir = feed_dir(dir, &info.name);
        for file in files.iter().filter(|file| file.fetched == Fetched::Updated) {
            Entry::new(&dir, &file.name).accept().map_err(|error| match error {
                FetchError::Io { path, source } => UpdateError::Io { path, source },
                other => UpdateError::Io { path: dir.clone(), source: std::io::Error::other(other) },
            })?;
        }
        let path = dir.join(INFO);
        std::fs::write(&path, serde_json::to_vec(info).unwrap_or_default())
            .map_err(|source| UpdateError::Io { path, source })?;
    }
    Ok(())
}

/// Names the first feed that lost more than 2 % of its records.
fn refuse_shrinking(baseline: &[FeedInfo], taken: &[Taken]) -> Result<(), UpdateError> {
    for old in baseline {
        let new = taken.iter().find(|data| data.info.name == old.name).map_or(0, |data| data.info.records);
        if u128::from(new) * 100 < u128::from(old.records) * 98 {
            return Err(UpdateError::Shrunk { feed: old.name.clone(), old: old.records, new });
        }
    }
    Ok(())
}

fn kept(before: Option<SnapshotInfo>, path: Option<PathBuf>, mut feeds: Vec<FeedReport>) -> UpdateReport {
    for feed in &mut feeds {
        feed.records = feed.previous.unwrap_or_default();
    }
    UpdateReport { snapshot: before, path, activated: false, feeds }
}

fn input(taken: Vec<Taken>, created: Timestamp) -> Result<Input, UpdateError> {
    let mut input = Input {
        created,
        starter: false,
        feeds: Vec::new(),
        records: Vec::new(),
        exploited: Vec::new(),
        epss: Vec::new(),
        cycles: starter::cycles().map_err(UpdateError::Compiled)?,
    };
    for data in taken {
        input.feeds.push(data.info);
        input.records.extend(data.parsed.records);
        input.exploited.extend(data.parsed.exploited);
        input.epss.extend(data.parsed.epss);
        input.cycles.extend(data.parsed.cycles);
    }
    Ok(input)
}
