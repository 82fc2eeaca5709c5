//! `xtask measure -- PROGRAM ARGS`: one run of a program, in a process of its own, so that the kernel's account of the
//! children's largest resident set is that of this program alone.

use anyhow::{Context, Result, ensure};
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Where the program's standard output goes; default: nowhere.
    #[arg(long, value_name = "FILE")]
    stdout: Option<PathBuf>,
    /// The program and its arguments.
    #[arg(last = true, required = true)]
    command: Vec<String>,
}

/// What a run took.
#[derive(Serialize, Deserialize)]
pub(super) struct Measure {
    /// Exit code; -1 where a signal ended it.
    pub(super) code: i32,
    pub(super) seconds: f64,
    /// User and system time of all its threads: what a busy machine changes least.
    pub(super) cpu_seconds: f64,
    /// Largest resident set of the program, mapped files included.
    pub(super) peak_kib: i64,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    let (program, rest) = args.command.split_first().context("no program")?;
    let stdout = match &args.stdout {
        Some(path) => Stdio::from(File::create(path)?),
        None => Stdio::null(),
    };
    let start = Instant::now();
    let status = Command::new(program)
        .args(rest)
        .stdin(Stdio::null())
        .stdout(stdout)
        .status()
        .with_context(|| format!("cannot start {program}"))?;
    let seconds = start.elapsed().as_secs_f64();
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let cpu = usage.user_time() + usage.system_time();
    #[expect(clippy::cast_precision_loss, reason = "some minutes in microseconds")]
    let cpu_seconds = cpu.num_microseconds() as f64 / 1e6;
    let (code, peak_kib) = (status.code().unwrap_or(-1), usage.max_rss());
    println!("{}", serde_json::to_string(&Measure { code, seconds, cpu_seconds, peak_kib })?);
    Ok(())
}

/// Measures a command by way of the release build `xtask`. Fails where the exit code is not one of `codes`.
pub(super) fn of(xtask: &Path, command: &[String], codes: &[i32], stdout: Option<&Path>) -> Result<Measure> {
    let mut tool = crate::process::Tool::new(xtask).arg("measure").seconds(600);
    if let Some(path) = stdout {
        tool = tool.arg("--stdout").arg(path);
    }
    let ended = tool.arg("--").args(command).end()?;
    let measure: Measure = serde_json::from_str(&ended.stdout).with_context(|| ended.tail())?;
    ensure!(codes.contains(&measure.code), "{} ended with {}: {}", command.join(" "), measure.code, ended.tail());
    Ok(measure)
}
