//! The `lazaret` binary: the only room that knows terminal, environment and config files.
//!
//! A command is one file under `command/` and one line in `cli.rs` and in `run` below. Rooms are joined in `wire.rs`.
#![forbid(unsafe_code)]

mod cli;
mod command;
mod disk_cache;
mod exit;
mod output;
mod progress;
mod settings;
mod wire;

use std::process::ExitCode;

use clap::Parser;

use crate::{
    cli::{Cli, Command},
    exit::Exit,
};

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return exit::usage(&error),
    };
    match run(cli) {
        Ok(exit) => exit.into(),
        Err(error) => exit::failed(&error),
    }
}

fn run(cli: Cli) -> anyhow::Result<Exit> {
    if let Command::Completions { shell } = cli.command {
        return Ok(command::completions::run(shell));
    }
    let settings = wire::settings(cli.config.as_deref())?;
    match cli.command {
        Command::Serve(args) => command::serve::run(settings, &args),
        Command::Worker(args) => command::worker::run(&settings, &args),
        Command::Scan(args) => command::scan::run(&settings, &args),
        Command::Compare(args) => command::compare::run(&settings, &args),
        Command::Sbom(args) => command::sbom::run(&settings, &args),
        Command::Diff(args) => command::diff::run(&settings, &args),
        Command::Db(args) => command::db::run(&settings, args),
        Command::Why(args) => command::why::run(&settings, &args),
        Command::Admin(args) => command::admin::run(&settings, args),
        Command::Demo(args) => command::demo::run(settings, &args),
        Command::Doctor(args) => command::doctor::run(&settings, &args),
        Command::Completions { .. } => Ok(Exit::Done),
    }
}
