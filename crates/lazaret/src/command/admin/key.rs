//! `lazaret admin key ...`: the keys that sign decisions.

use lazaret_model::Timestamp;
use serde::Serialize;

use super::{actor, open};
use crate::{
    cli::{Format, KeyCommand},
    exit::Exit,
    output,
    settings::Settings,
    wire,
};

#[derive(Serialize)]
struct Row {
    id: String,
    created: Timestamp,
    retired: Option<Timestamp>,
    /// Ed25519 public key in hexadecimal.
    public: String,
}

pub(crate) fn run(settings: &Settings, command: KeyCommand) -> anyhow::Result<Exit> {
    match command {
        KeyCommand::List { data, format } => {
            let rows: Vec<_> = open(settings, &data)?
                .signing_keys()?
                .into_iter()
                .map(|k| Row { id: k.id, created: k.created, retired: k.retired, public: hex::encode(k.public) })
                .collect();
            if format == Format::Json {
                output::json(&rows)?;
            } else {
                let state = |r: &Row| r.retired.map_or_else(|| "active".to_owned(), |t| format!("retired {t}"));
                let cells: Vec<_> = rows
                    .iter()
                    .map(|r| vec![r.id.clone(), r.created.to_string(), state(r), r.public.clone()])
                    .collect();
                output::table(&["KEY", "CREATED", "STATE", "PUBLIC"], &cells)?;
            }
        }
        KeyCommand::Rotate { data } => {
            let store = open(settings, &data)?;
            let old = store.signing_keys()?;
            let new = wire::add_signing_key(&store, &actor())?;
            for key in old.iter().filter(|k| k.retired.is_none()) {
                store.retire_signing_key(&key.id, &actor())?;
            }
            output::say("A running server signs with the new key after its next start; old decisions still verify.");
            output::data(&new)?;
        }
    }
    Ok(Exit::Done)
}
