//! `lazaret admin repository ...`.

use lazaret_assess::Policy;
use lazaret_model::Repository;
use serde::Serialize;

use super::{actor, open};
use crate::{
    cli::{DataDir, Format, RepositoryCommand},
    exit::{Exit, Usage},
    output,
    settings::Settings,
};

#[derive(Serialize)]
struct Row {
    name: String,
    policy: String,
    tags: Vec<String>,
}

pub(crate) fn run(settings: &Settings, command: RepositoryCommand) -> anyhow::Result<Exit> {
    match command {
        RepositoryCommand::List { data, format } => list(settings, &data, format)?,
        RepositoryCommand::Policy { repository, policy, data } => {
            let repository = Repository::parse(&repository).map_err(|e| Usage(e.to_string()))?;
            if Policy::named(&policy).is_none() {
                return Err(Usage(format!("policy {policy:?}: expected production, staging or observe")).into());
            }
            let store = open(settings, &data)?;
            store.set_policy(&repository, Some(&policy), &actor())?;
        }
    }
    Ok(Exit::Done)
}

fn list(settings: &Settings, data: &DataDir, format: Format) -> anyhow::Result<()> {
    let store = open(settings, data)?;
    let mut rows = Vec::new();
    for row in store.repositories()? {
        let tags = store.tags(&row.name, false, None, usize::MAX)?;
        let policy = row.policy.unwrap_or_else(|| settings.default_policy.clone());
        rows.push(Row { name: row.name.to_string(), policy, tags: tags.iter().map(|t| t.name.to_string()).collect() });
    }
    match format {
        Format::Json => output::json(&rows),
        Format::Table => {
            let cells: Vec<_> = rows.into_iter().map(|r| vec![r.name, r.policy, r.tags.join(" ")]).collect();
            output::table(&["REPOSITORY", "POLICY", "TAGS"], &cells)
        }
    }
}
