//! Fetch, parse, compile, activate.

mod activate;
mod run;

use std::path::{Path, PathBuf};

use lazaret_model::{Clock, SnapshotInfo};

use crate::DbError;

/// Where feeds are read from instead of their production URLs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Mirror {
    Directory(PathBuf),
    Url(url::Url),
}

impl Mirror {
    /// `http://` and `https://` are a URL, everything else is a directory.
    pub fn parse(text: &str) -> Result<Self, url::ParseError> {
        if text.starts_with("http://") || text.starts_with("https://") {
            return url::Url::parse(text).map(Self::Url);
        }
        Ok(Self::Directory(text.into()))
    }
}

impl std::fmt::Display for Mirror {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Directory(dir) => dir.display().fmt(f),
            Self::Url(url) => url.fmt(f),
        }
    }
}

/// What to update, and from where.
#[derive(Clone, Debug)]
pub struct UpdateOptions {
    /// `DIR/advisories`: `current`, `<snapshot hex>.db`, `feeds/`. Made when absent.
    pub dir: PathBuf,
    pub mirror: Option<Mirror>,
    /// Activate although a feed lost more than 2 % of its records.
    pub accept_shrink: bool,
}

/// Who shows what an update does. Calls come from one thread.
pub trait UpdateProgress: Sync {
    /// A feed's download begins; total bytes where the server says so.
    fn started(&self, _feed: &str, _total: Option<u64>) {}
    /// Bytes of this feed that came so far, in this run.
    fn advanced(&self, _feed: &str, _bytes: u64) {}
    fn done(&self, _feed: &str, _outcome: &FeedOutcome) {}
}

/// Shows nothing.
pub struct Silent;
impl UpdateProgress for Silent {}

/// What became of one feed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum FeedOutcome {
    Updated,
    Unchanged,
    /// The last good data stay, where there are any; the text says what, where, why.
    Failed(String),
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FeedReport {
    pub name: String,
    pub outcome: FeedOutcome,
    /// Records of this feed that the active snapshot has now.
    pub records: u64,
    /// Records before, where there was a snapshot.
    pub previous: Option<u64>,
    /// Bytes read from the source in this run.
    pub fetched: u64,
}

/// The result of a run. A report with failures means exit code 1, though the rest was activated.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UpdateReport {
    /// The snapshot that is active after the run, where there is one.
    pub snapshot: Option<SnapshotInfo>,
    pub path: Option<PathBuf>,
    /// Whether this run activated it (also when only the times of checking changed).
    pub activated: bool,
    pub feeds: Vec<FeedReport>,
}

impl UpdateReport {
    /// Feeds that failed, with the reason.
    pub fn failures(&self) -> impl Iterator<Item = (&str, &str)> {
        self.feeds.iter().filter_map(|feed| match &feed.outcome {
            FeedOutcome::Failed(why) => Some((feed.name.as_str(), why.as_str())),
            _ => None,
        })
    }
}

/// Why nothing was activated; the previous snapshot stays.
#[derive(Debug, thiserror::Error)]
pub enum UpdateError {
    #[error("cannot write {}: {source}", path.display())]
    Io { path: PathBuf, source: std::io::Error },
    #[error("cannot read the mirror {mirror}: {message}")]
    Mirror { mirror: String, message: String },
    #[error(
        "feed {feed} shrank from {old} to {new} records (more than 2 %); the last snapshot stays active; look at the feed, then repeat with --accept-shrink"
    )]
    Shrunk { feed: String, old: u64, new: u64 },
    #[error("compiled snapshot does not verify: {0}")]
    Compiled(#[source] DbError),
}

/// Updates all feeds. Two updates at once are safe: the second waits for the first.
pub fn update(
    options: &UpdateOptions,
    client: &reqwest::blocking::Client,
    clock: &dyn Clock,
    progress: &dyn UpdateProgress,
) -> Result<UpdateReport, UpdateError> {
    let _lock = activate::lock(&options.dir)?;
    run::run(options, client, clock, progress)
}

/// The active compiled file of `DIR/advisories`; `Ok(None)` when there was never an update. The file `current` in it is
/// replaced by a rename at every activation, also when only the times of checking changed: watch its modification time.
pub fn current(dir: &Path) -> Result<Option<PathBuf>, DbError> {
    activate::current(dir)
}
