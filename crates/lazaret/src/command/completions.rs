//! `lazaret completions SHELL`.

use clap::CommandFactory;

use crate::{cli::Cli, exit::Exit};

pub(crate) fn run(shell: clap_complete::Shell) -> Exit {
    clap_complete::generate(shell, &mut Cli::command(), "lazaret", &mut std::io::stdout());
    Exit::Done
}
