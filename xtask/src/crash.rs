//! `cargo xtask crash`: kill -9 of the server at random moments of pushes. After each restart everything that it had
//! acknowledged must be there and intact, nothing half-written may show, and each interrupted push can be finished.
//!
//! The client's journal is the only witness: the server is believed nothing. A kill leaves the page cache alive, so this
//! proves that an answer follows the commit, not that the commit reached the disk.

mod journal;
mod push;
mod verify;

use crate::client::{Credentials, Registry};
use crate::server::{Options, Server, free_port};
use crate::{test, workspace};
use anyhow::{Context, Result, bail, ensure};
use journal::Journal;
use push::{Push, Pusher};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;
use verify::{Loss, Verifier};

/// Clients that push at the same time.
const PUSHERS: u64 = 4;

/// The data folder starts anew after this many rounds, so that 2,000 rounds fit on a small disk.
const ROUNDS_PER_FOLDER: u32 = 50;

/// Options of the crash test.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// How often the server is killed.
    #[arg(long, default_value_t = 200)]
    rounds: u32,
    /// Build a server that answers too early, and succeed only when the test catches it.
    #[arg(long)]
    prove: bool,
    /// Keep the client's journal here: one JSON line for each acknowledged write.
    #[arg(long, value_name = "FILE")]
    journal: Option<PathBuf>,
    /// Repeat the sizes and moments of an earlier run.
    #[arg(long)]
    seed: Option<u64>,
    /// Use this binary instead of building one.
    #[arg(long, value_name = "FILE")]
    binary: Option<PathBuf>,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    if args.prove {
        return prove();
    }
    let binary = args.binary.clone().map_or_else(test::cargo::release_binary, Ok)?;
    Campaign::new(&binary, args.seed, args.journal.as_deref())?.run(args.rounds)
}

/// A short campaign, for the test run.
pub(crate) fn check(binary: &Path, rounds: u32) -> Result<()> {
    Campaign::new(binary, None, None)?.run(rounds)
}

/// Succeeds when a server built with the feature `sabotage` is caught losing what it acknowledged.
pub(crate) fn prove() -> Result<()> {
    let built =
        test::cargo::build(&["--package", "lazaret", "--features", "lazaret-store/sabotage"], "debug", "lazaret")?;
    // Moved away, so that nobody takes it for the real one.
    let binary = workspace::target().join("sabotage").join("lazaret");
    std::fs::create_dir_all(binary.parent().unwrap_or(&binary))?;
    std::fs::rename(&built, &binary).context("cannot move the sabotaged binary")?;
    let caught = Campaign::new(&binary, None, None)?.run(40);
    match caught {
        Ok(()) => bail!("40 rounds did not catch the sabotaged server: the crash test proves nothing"),
        Err(error) if error.is::<Loss>() => {
            println!("crash: the sabotaged server was caught: {error:#}");
            Ok(())
        }
        Err(error) => Err(error.context("the sabotaged server failed otherwise than by a loss")),
    }
}

/// Rounds on the same journal.
struct Campaign {
    binary: PathBuf,
    seed: u64,
    random: StdRng,
    work: tempfile::TempDir,
    journal_path: PathBuf,
    port: u16,
    totals: Totals,
}

/// What happened in all rounds.
#[derive(Default)]
struct Totals {
    acknowledged: usize,
    interrupted: usize,
    resumed: usize,
    bytes: u64,
}

impl Campaign {
    fn new(binary: &Path, seed: Option<u64>, journal: Option<&Path>) -> Result<Self> {
        let seed = seed.unwrap_or_else(|| rand::rng().random());
        let work = tempfile::Builder::new().prefix("lazaret-crash-").tempdir()?;
        let journal_path = journal.map_or_else(|| work.path().join("journal.jsonl"), Path::to_path_buf);
        let port = free_port()?;
        let (binary, random) = (binary.to_path_buf(), StdRng::seed_from_u64(seed));
        Ok(Self { binary, seed, random, work, journal_path, port, totals: Totals::default() })
    }

    fn run(mut self, rounds: u32) -> Result<()> {
        println!("crash: {rounds} rounds, seed {}, journal {}", self.seed, self.journal_path.display());
        let mut done = 0;
        while done < rounds {
            let count = (rounds - done).min(ROUNDS_PER_FOLDER);
            self.folder(done, count)?;
            done += count;
        }
        let Totals { acknowledged, interrupted, resumed, bytes } = self.totals;
        println!(
            "crash: {rounds} kills, {acknowledged} acknowledged writes ({} MB) all intact, {interrupted} interrupted \
             pushes finished, {resumed} of them by resuming their upload",
            bytes / 1_000_000
        );
        ensure!(acknowledged > 0, "nothing was acknowledged in {rounds} rounds");
        Ok(())
    }

    /// `count` rounds on a fresh data folder, and a last look at everything.
    fn folder(&mut self, first: u32, count: u32) -> Result<()> {
        let data = self.work.path().join("data");
        if data.exists() {
            std::fs::remove_dir_all(&data)?;
        }
        let options = Options::offline(&self.binary, &data);
        let mut journal = Journal::append_to(&self.journal_path)?;
        let mut server = Server::start_on(options.clone(), self.port)?;
        let ci = server.principal("crash", &["contributor"], "crash/*")?;
        let mut verifier = Verifier::default();
        let mut open = Vec::new();
        for round in first..first + count {
            open = self.round(&mut server, &ci, &mut journal, &mut verifier, open, round)?;
            server = Server::start_on(options.clone(), self.port).context(format!("round {round}: restart"))?;
            let registry = server.registry(&ci);
            verifier.recent(&registry, &journal, &open).with_context(|| format!("round {round}"))?;
        }
        let registry = server.registry(&ci);
        self.finish(&registry, &mut journal, open)?;
        Verifier::all(&registry, &journal)?;
        self.totals.acknowledged += journal.entries().len();
        self.totals.bytes += journal.entries().iter().map(|entry| entry.size).sum::<u64>();
        server.stop()
    }

    /// Finishes what the last round left, pushes on from all sides, and kills; gives what was interrupted.
    fn round(
        &mut self,
        server: &mut Server,
        ci: &Credentials,
        journal: &mut Journal,
        verifier: &mut Verifier,
        open: Vec<Push>,
        round: u32,
    ) -> Result<Vec<Push>> {
        let registry = server.registry(ci);
        self.finish(&registry, journal, open)?;
        verifier.next_round(journal);
        let stop = AtomicBool::new(false);
        let moment = Duration::from_millis(self.random.random_range(20..900));
        let seeds: Vec<u64> = (0..PUSHERS).map(|_| self.random.random()).collect();
        let writer = journal.writer();
        thread::scope(|scope| {
            let pushers: Vec<_> = seeds
                .iter()
                .zip(0..)
                .map(|(&seed, number)| {
                    let pusher = Pusher::new(registry.clone(), number, round, seed);
                    let (stop, writer) = (&stop, &writer);
                    scope.spawn(move || pusher.run(stop, writer))
                })
                .collect();
            thread::sleep(moment);
            server.kill();
            stop.store(true, Ordering::Relaxed);
            let mut open = Vec::new();
            for pusher in pushers {
                let ended = pusher.join().map_err(|_| anyhow::anyhow!("a pusher panicked"))?;
                open.extend(ended?);
            }
            Ok(open)
        })
    }

    /// Each interrupted push is finished, by resuming its upload where the server still knows it.
    fn finish(&mut self, registry: &Registry, journal: &mut Journal, open: Vec<Push>) -> Result<()> {
        for push in open {
            self.totals.interrupted += 1;
            let resumed = push.finish(registry, &journal.writer()).context("an interrupted push cannot be finished")?;
            self.totals.resumed += usize::from(resumed);
        }
        Ok(())
    }
}
