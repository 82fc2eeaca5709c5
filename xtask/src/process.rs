//! Other programs: run one to its end with a time limit, or keep one in the background and end it for certain.

use anyhow::{Context, Result, bail};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::ffi::OsStr;
use std::fs::File;
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// How a program ended, and what it said.
pub(crate) struct Ended {
    pub(crate) status: ExitStatus,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ended {
    /// The exit code; -1 where a signal ended it.
    pub(crate) fn code(&self) -> i32 {
        self.status.code().unwrap_or(-1)
    }

    /// The last lines of both outputs, for a message.
    pub(crate) fn tail(&self) -> String {
        let lines: Vec<&str> = self.stdout.lines().chain(self.stderr.lines()).filter(|line| !line.is_empty()).collect();
        lines[lines.len().saturating_sub(6)..].join(" | ")
    }
}

/// A program to run to its end.
pub(crate) struct Tool {
    command: Command,
    name: String,
    limit: Duration,
    input: Option<String>,
}

impl Tool {
    /// A program by name or path, with a limit of two minutes.
    pub(crate) fn new(program: impl AsRef<OsStr>) -> Self {
        let name = program.as_ref().to_string_lossy().into_owned();
        let mut command = Command::new(program);
        command.stdin(Stdio::null());
        Self { command, name, limit: Duration::from_mins(2), input: None }
    }

    /// The same program inside the network namespace `netns`, when there is one.
    pub(crate) fn inside(netns: Option<&str>, program: impl AsRef<OsStr>) -> Self {
        let Some(netns) = netns else { return Self::new(program) };
        Self::new("nsenter").arg(format!("--net=/run/netns/{netns}")).arg(program)
    }

    pub(crate) fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.command.arg(arg);
        self
    }

    pub(crate) fn args<S: AsRef<OsStr>>(mut self, args: impl IntoIterator<Item = S>) -> Self {
        self.command.args(args);
        self
    }

    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    pub(crate) fn seconds(mut self, seconds: u64) -> Self {
        self.limit = Duration::from_secs(seconds);
        self
    }

    pub(crate) fn input(mut self, text: impl Into<String>) -> Self {
        self.input = Some(text.into());
        self
    }

    /// Runs it, whatever its exit code. Fails when it cannot start or takes longer than its limit.
    pub(crate) fn end(mut self) -> Result<Ended> {
        let (mut out, mut err) = (tempfile::tempfile()?, tempfile::tempfile()?);
        self.command.stdout(out.try_clone()?).stderr(err.try_clone()?);
        if let Some(text) = &self.input {
            let mut file = tempfile::tempfile()?;
            file.write_all(text.as_bytes())?;
            file.rewind()?;
            self.command.stdin(file);
        }
        let mut child = self.command.spawn().with_context(|| format!("cannot start {}", self.name))?;
        let status = wait(&mut child, self.limit)?;
        let Some(status) = status else {
            child.kill().ok();
            child.wait().ok();
            bail!("{} took longer than {} s: {}", self.name, self.limit.as_secs(), read_back(&mut err)?.trim());
        };
        Ok(Ended { status, stdout: read_back(&mut out)?, stderr: read_back(&mut err)? })
    }

    /// Runs it and gives what it printed; fails where its exit code is not 0.
    pub(crate) fn run(self) -> Result<String> {
        let name = self.name.clone();
        let ended = self.end()?;
        if !ended.status.success() {
            bail!("{name} ended with {}: {}", ended.status, ended.tail());
        }
        Ok(ended.stdout)
    }
}

fn read_back(file: &mut File) -> Result<String> {
    let mut bytes = Vec::new();
    file.rewind()?;
    file.read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Waits for a child; `None` when it still runs at the limit.
fn wait(child: &mut Child, limit: Duration) -> Result<Option<ExitStatus>> {
    let start = Instant::now();
    let mut pause = Duration::from_millis(1);
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if start.elapsed() > limit {
            return Ok(None);
        }
        sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(20));
    }
}

/// A program in the background. Dropping it ends it; so does the end of xtask itself (`setpriv --pdeathsig`).
pub(crate) struct Background {
    child: Child,
    log: PathBuf,
    /// How long a drop waits after SIGTERM before it kills.
    grace: Duration,
}

impl Background {
    /// Starts `program` with both outputs appended to `log`.
    pub(crate) fn start(
        netns: Option<&str>,
        program: &Path,
        args: &[String],
        envs: &[(String, String)],
        log: &Path,
    ) -> Result<Self> {
        let output = File::options().create(true).append(true).open(log)?;
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL"]);
        if let Some(netns) = netns {
            command.arg("nsenter").arg(format!("--net=/run/netns/{netns}"));
        }
        command.arg(program).args(args).envs(envs.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null()).stdout(output.try_clone()?).stderr(output);
        let child = command.spawn().with_context(|| format!("cannot start {}", program.display()))?;
        Ok(Self { child, log: log.to_path_buf(), grace: Duration::ZERO })
    }

    /// One that has children of its own gets `grace` to end them.
    pub(crate) fn with_grace(mut self, grace: Duration) -> Self {
        self.grace = grace;
        self
    }

    /// False once it has ended by itself.
    pub(crate) fn runs(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// The last lines it wrote.
    pub(crate) fn tail(&self) -> String {
        let text = std::fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(6)..].join(" | ")
    }

    /// kill -9, and the end of it.
    pub(crate) fn kill(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }

    /// SIGTERM; true when it then ended with exit code 0 within `limit`. What does not end is killed.
    pub(crate) fn stop(&mut self, limit: Duration) -> bool {
        if let Ok(id) = i32::try_from(self.child.id()) {
            kill(Pid::from_raw(id), Signal::SIGTERM).ok();
        }
        let ended = wait(&mut self.child, limit);
        self.kill();
        matches!(ended, Ok(Some(status)) if status.success())
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        self.stop(self.grace);
    }
}

/// Where a program is on PATH, or in the folders of the system's administrator.
pub(crate) fn find(name: &str) -> Option<PathBuf> {
    let path = crate::workspace::variable("PATH").unwrap_or_default();
    let system = ["/usr/sbin", "/sbin", "/usr/bin"].map(PathBuf::from);
    std::env::split_paths(&path).chain(system).map(|folder| folder.join(name)).find(|path| path.is_file())
}

/// Waits until `ready` says so, at most `limit`, looking every 5 to 100 ms.
pub(crate) fn until(limit: Duration, mut ready: impl FnMut() -> bool) -> bool {
    let start = Instant::now();
    let mut pause = Duration::from_millis(5);
    while !ready() {
        if start.elapsed() > limit {
            return false;
        }
        sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(100));
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tool_gives_its_output_and_its_input() {
        assert_eq!(Tool::new("cat").input("hello").run().unwrap(), "hello");
        assert!(Tool::new("false").run().is_err());
        assert_eq!(Tool::new("sh").args(["-c", "exit 11"]).end().unwrap().code(), 11);
    }

    #[test]
    fn a_tool_that_hangs_is_ended() {
        let start = Instant::now();
        assert!(Tool::new("sleep").arg("30").seconds(0).run().is_err());
        assert!(start.elapsed() < Duration::from_secs(10));
    }
}
