//! Joins the rooms: the system's clock and environment, store, snapshot, judge, keys, workers. Happens once.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context as _, anyhow};
use lazaret_assess::{CurrentJudge, Judge, JudgeSettings, SigningKey, generate_key};
use lazaret_inventory::{DetectorSet, Extra, malware::MalwareLists};
use lazaret_model::{Clock, Timestamp};
use lazaret_oci::Limits;
use lazaret_store::Store;
use lazaret_worker::{Activated, Context, Layers, open_snapshot};

use crate::settings::{self, Settings};

/// Who is on record for what a start does by itself.
const ACTOR: &str = "lazaret";

/// The system's clock.
pub(crate) struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one clock that is handed to everything else")]
    fn now(&self) -> Timestamp {
        Timestamp(jiff::Timestamp::now())
    }
}

/// The time of `--clock`, else of the system.
pub(crate) fn time(clock: Option<&str>) -> anyhow::Result<Timestamp> {
    let Some(text) = clock else { return Ok(SystemClock.now()) };
    let usage = || crate::exit::Usage(format!("--clock {text}: expected RFC 3339, e.g. 2026-11-24T00:00:00Z"));
    Ok(Timestamp::parse(text).ok_or_else(usage)?)
}

/// Settings from the file and the environment.
pub(crate) fn settings(file: Option<&Path>) -> anyhow::Result<Settings> {
    Ok(settings::load(file, &environment)?)
}

/// One variable, if it is set to valid Unicode.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
pub(crate) fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// The data folder: flag, setting, or the user's data folder.
pub(crate) fn data_dir(flag: Option<&Path>, settings: &Settings) -> anyhow::Result<PathBuf> {
    if let Some(dir) = flag.map(Path::to_path_buf).or_else(|| settings.data.clone()) {
        return Ok(dir);
    }
    let home = |name: &str, rest: &str| environment(name).filter(|v| !v.is_empty()).map(|v| Path::new(&v).join(rest));
    home("XDG_DATA_HOME", "lazaret")
        .or_else(|| home("HOME", ".local/share/lazaret"))
        .ok_or_else(|| anyhow!("no data folder: give --data DIR, or set LAZARET_DATA"))
}

/// Where a command keeps what it found in layers: setting, or the user's cache folder. `None`: there is no such folder.
pub(crate) fn layers_dir(settings: &Settings) -> Option<PathBuf> {
    let home =
        |name: &str, rest: &str| environment(name).filter(|v| v.starts_with('/')).map(|v| Path::new(&v).join(rest));
    let cache = settings.cache_dir.clone().or_else(|| home("XDG_CACHE_HOME", "lazaret"));
    cache.or_else(|| home("HOME", ".cache/lazaret")).map(|dir| dir.join("layers"))
}

/// Where the compiled advisories of a data folder lie.
pub(crate) fn advisories_dir(data: &Path) -> PathBuf {
    data.join("advisories")
}

/// Opens (or makes) the store of a data folder.
pub(crate) fn open_store(data: &Path) -> anyhow::Result<Store> {
    Store::open(data, Arc::new(SystemClock)).with_context(|| format!("cannot open the store in {}", data.display()))
}

/// What the judge is told by the settings.
pub(crate) fn judge_settings(settings: &Settings) -> JudgeSettings {
    JudgeSettings {
        accept_starter: settings.accept_starter,
        max_age: settings.max_age,
        extended_support: settings.extended_support,
    }
}

/// Everything that a server or worker runs with.
pub(crate) struct House {
    pub(crate) context: Context,
    /// Activation of the snapshot in use; `None` for the starter set.
    pub(crate) snapshot: Option<Activated>,
    pub(crate) advisories: PathBuf,
}

/// Opens the store, the snapshot and the signing key of a data folder.
pub(crate) fn house(data: &Path, settings: &Settings) -> anyhow::Result<House> {
    let store = open_store(data)?;
    let advisories = advisories_dir(data);
    let (db, snapshot) = open_snapshot(&advisories)?;
    let judge = Judge::new(Arc::new(db), judge_settings(settings));
    let limits = Limits::default();
    let context = Context {
        judge: Arc::new(CurrentJudge::new(Arc::new(judge))),
        layers: Arc::new(Layers::new(store.clone(), limits.clone())),
        key: Arc::new(signing_key(&store)?),
        limits,
        looks: detectors(settings, &settings.scan_with)?,
        clock: Arc::new(SystemClock),
        default_policy: settings.default_policy.clone(),
        store,
    };
    Ok(House { context, snapshot, advisories })
}

/// The standard detectors and `extras`, with the user's lists of harmful files where those are asked for.
pub(crate) fn detectors(settings: &Settings, extras: &[Extra]) -> anyhow::Result<DetectorSet> {
    let set = DetectorSet::with(extras);
    if settings.malware_lists.is_empty() || !extras.contains(&Extra::Malware) {
        return Ok(set);
    }
    let read = |path: &PathBuf| {
        let text = std::fs::read_to_string(path);
        let text = text.with_context(|| format!("malware.lists: cannot read {}", path.display()))?;
        Ok((path.display().to_string(), text))
    };
    let lists = settings.malware_lists.iter().map(read).collect::<anyhow::Result<Vec<_>>>()?;
    Ok(set.with_malware(Arc::new(MalwareLists::new(&lists)?)))
}

/// The newest signing key that is not retired; made on the first start.
pub(crate) fn signing_key(store: &Store) -> anyhow::Result<SigningKey> {
    let pkcs8 = generate_key()?;
    let fresh = SigningKey::from_pkcs8(&pkcs8)?;
    let row = store.first_signing_key(&pkcs8, fresh.public(), ACTOR)?;
    let pkcs8 = row.pkcs8.ok_or_else(|| anyhow!("the signing key {} has no private part", row.id))?;
    Ok(SigningKey::from_pkcs8(&pkcs8)?)
}

/// Makes a signing key and returns its id.
pub(crate) fn add_signing_key(store: &Store, actor: &str) -> anyhow::Result<String> {
    let pkcs8 = generate_key()?;
    let key = SigningKey::from_pkcs8(&pkcs8)?;
    Ok(store.add_signing_key(&pkcs8, key.public(), actor)?.id)
}

/// How long a registry may be silent, before its answer and within it.
pub(crate) const REGISTRY_SILENCE: std::time::Duration = std::time::Duration::from_secs(15);
/// The same for what has time: feeds, some of which are made when they are asked for.
pub(crate) const FEED_SILENCE: std::time::Duration = std::time::Duration::from_mins(2);

/// The same for a daemon that exports an image: some write all of it to their own disk before they send a byte.
pub(crate) const DAEMON_SILENCE: std::time::Duration = std::time::Duration::from_mins(10);

/// The one HTTP client of commands: bounded waits, no surprise redirects beyond ten. The blocking client's time-out is
/// for each wait, not for the whole of a body.
pub(crate) fn http_client(silence: std::time::Duration) -> anyhow::Result<reqwest::blocking::Client> {
    let agent = concat!("lazaret/", env!("CARGO_PKG_VERSION"));
    let client = reqwest::blocking::Client::builder()
        .user_agent(agent)
        .connect_timeout(std::time::Duration::from_secs(15))
        .timeout(silence)
        .build()?;
    Ok(client)
}

/// Logging to stderr by the settings.
pub(crate) fn init_log(settings: &Settings) -> anyhow::Result<()> {
    let filter = tracing_subscriber::EnvFilter::try_new(&settings.log_filter)
        .with_context(|| format!("log.filter = {:?} is not a filter", settings.log_filter))?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // A second start in one process (tests) keeps the first subscriber.
    let _ = if settings.log_json { builder.json().try_init() } else { builder.with_ansi(false).try_init() };
    Ok(())
}
