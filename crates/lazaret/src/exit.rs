//! Exit codes, one table for all commands (product.md, "Commands").

use std::process::ExitCode;

use lazaret_model::Outcome;

/// How a command ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Exit {
    /// 0
    Done,
    /// 1
    Failed,
    /// 10
    Deny,
    /// 11
    Incomplete,
}

/// Arguments that are well-formed but make no sense: exit code 2.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Usage(pub(crate) String);

impl From<Outcome> for Exit {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Allow => Self::Done,
            Outcome::Deny => Self::Deny,
            Outcome::Incomplete => Self::Incomplete,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Done => 0,
            Exit::Failed => 1,
            Exit::Deny => 10,
            Exit::Incomplete => 11,
        })
    }
}

/// `--help` and `--version` are 0, a wrong argument is 2.
pub(crate) fn usage(error: &clap::Error) -> ExitCode {
    // Nothing can be done when the terminal is gone.
    let _ = error.print();
    ExitCode::from(if error.use_stderr() { 2 } else { 0 })
}

/// Says on stderr what failed, with its causes.
#[expect(clippy::print_stderr, reason = "the one place where the binary's own failure is told")]
pub(crate) fn failed(error: &anyhow::Error) -> ExitCode {
    if error.downcast_ref::<Usage>().is_some() || error.downcast_ref::<crate::settings::SettingsError>().is_some() {
        eprintln!("lazaret: {error}");
        return ExitCode::from(2);
    }
    let mut text = error.to_string();
    for cause in error.chain().skip(1) {
        let cause = cause.to_string();
        if !text.ends_with(&cause) {
            text.push_str(": ");
            text.push_str(&cause);
        }
    }
    eprintln!("lazaret: {text}");
    ExitCode::from(1)
}
