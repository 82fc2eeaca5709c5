//! `lazaret admin principal ...`.

use lazaret_model::{Binding, Clock, Timestamp};
use serde::Serialize;

use super::{actor, open};
use crate::{
    cli::{Format, PrincipalCommand},
    exit::{Exit, Usage},
    output,
    settings::{Settings, duration},
    wire::SystemClock,
};

/// What a create or rotate prints; the secret is shown this once.
#[derive(Serialize)]
struct Credentials {
    id: String,
    secret: String,
}

/// A principal as the list shows it: never its secret.
#[derive(Serialize)]
struct Listed {
    id: String,
    name: String,
    created: Timestamp,
    expires: Option<Timestamp>,
    disabled: Option<Timestamp>,
    bindings: Vec<Binding>,
}

pub(crate) fn run(settings: &Settings, command: PrincipalCommand) -> anyhow::Result<Exit> {
    match command {
        PrincipalCommand::Create { name, roles, on, expires, data, format } => {
            let bindings: Vec<_> = roles.iter().map(|r| Binding { role: *r, on: on.clone(), expires: None }).collect();
            let expires = expires.as_deref().map(end).transpose()?;
            let made = open(settings, &data)?.create_principal(&name, &bindings, expires, &actor())?;
            print(&Credentials { id: made.id, secret: made.secret }, format)?;
        }
        PrincipalCommand::List { data, format } => list(settings, &data, format)?,
        PrincipalCommand::Grant { id, role, on, expires, data } => {
            let expires = expires.as_deref().map(end).transpose()?;
            open(settings, &data)?.grant(&id, &Binding { role, on, expires }, &actor())?;
        }
        PrincipalCommand::Revoke { id, role, on, data } => {
            if !open(settings, &data)?.revoke(&id, role, &on, &actor())? {
                output::say(&format!("{id} has no role {role} on {on}"));
                return Ok(Exit::Failed);
            }
        }
        PrincipalCommand::Disable { id, data } => open(settings, &data)?.disable_principal(&id, &actor())?,
        PrincipalCommand::Rotate { id, data, format } => {
            let secret = open(settings, &data)?.rotate_secret(&id, &actor())?;
            print(&Credentials { id, secret }, format)?;
        }
    }
    Ok(Exit::Done)
}

fn end(text: &str) -> Result<Timestamp, Usage> {
    let life = duration(text).map_err(|e| Usage(format!("--expires {text}: {e}")))?;
    let millis = i64::try_from(life.as_millis()).unwrap_or(i64::MAX);
    Timestamp::from_millis(SystemClock.now().as_millis().saturating_add(millis))
        .ok_or_else(|| Usage(format!("--expires {text}: too far away")))
}

fn print(credentials: &Credentials, format: Format) -> anyhow::Result<()> {
    match format {
        Format::Json => output::json(credentials),
        Format::Table => {
            output::say("The secret is shown this once; `docker login -u ID -p SECRET` takes both.");
            output::data(&format!("id      {}\nsecret  {}", credentials.id, credentials.secret))
        }
    }
}

fn list(settings: &Settings, data: &crate::cli::DataDir, format: Format) -> anyhow::Result<()> {
    let principals = open(settings, data)?.principals()?;
    let listed: Vec<_> = principals
        .into_iter()
        .map(|p| Listed {
            id: p.principal.id,
            name: p.principal.name,
            created: p.created,
            expires: p.expires,
            disabled: p.disabled,
            bindings: p.principal.bindings,
        })
        .collect();
    if format == Format::Json {
        return output::json(&listed);
    }
    let rows: Vec<_> = listed
        .into_iter()
        .map(|p| {
            let roles: Vec<_> = p.bindings.iter().map(|b| format!("{} on {}", b.role, b.on)).collect();
            let state = p.disabled.map_or_else(|| "active".to_owned(), |at| format!("disabled {at}"));
            let expires = p.expires.map_or_else(|| "never".to_owned(), |t| t.to_string());
            vec![p.id, p.name, state, expires, roles.join(", ")]
        })
        .collect();
    output::table(&["ID", "NAME", "STATE", "EXPIRES", "ROLES"], &rows)
}
