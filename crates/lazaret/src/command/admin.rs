//! `lazaret admin ...`: the data folder's file permissions are the authority.

mod key;
mod principal;
mod repository;
mod state;
pub(crate) mod state_report;

use lazaret_store::Store;

use crate::{
    cli::{Admin, DataDir},
    exit::Exit,
    settings::Settings,
    wire,
};

pub(crate) fn run(settings: &Settings, command: Admin) -> anyhow::Result<Exit> {
    match command {
        Admin::Principal(command) => principal::run(settings, command),
        Admin::Repository(command) => repository::run(settings, command),
        Admin::State { image, data, format } => state::show(settings, &image, &data, format),
        Admin::Revoke { image, reason, data } => state::revoke(settings, &image, &reason, &data),
        Admin::Restore { image, reason, data } => state::restore(settings, &image, &reason, &data),
        Admin::Key(command) => key::run(settings, command),
    }
}

fn open(settings: &Settings, data: &DataDir) -> anyhow::Result<Store> {
    wire::open_store(&wire::data_dir(data.data.as_deref(), settings)?)
}

/// Who is on record for what is done here: the system's user.
fn actor() -> String {
    let user = wire::environment("SUDO_USER").or_else(|| wire::environment("USER"));
    format!("local:{}", user.unwrap_or_else(|| "unknown".to_owned()))
}
