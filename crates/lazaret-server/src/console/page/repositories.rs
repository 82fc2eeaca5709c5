//! The repositories that the visitor may see, with their images by state.

use std::sync::Arc;

use askama::Template;
use axum::response::Response;
use http::StatusCode;
use lazaret_model::{Action, ImageState, Timestamp};
use lazaret_store::{RepositoryRow, Store, StoreError};

use crate::console::{look::Badge, place::Place, refusal::Refusal, respond, shell::Shell, text::Moment, visit::Visit};

/// Tags that are asked for their last push.
const MAX_TAGS: usize = 10_000;

#[derive(Template)]
#[template(path = "repositories.html")]
struct Page {
    shell: Shell,
    repositories: Vec<Line>,
    /// Images of all of them, by state.
    totals: Vec<StateCount>,
    /// Names that the visitor may list but not look into.
    names: Vec<String>,
    /// `host:port`, for commands to copy.
    host: String,
    id: String,
}

struct Line {
    name: String,
    path: String,
    policy: String,
    states: Vec<StateCount>,
    tags: usize,
    pushed: Option<Moment>,
}

#[derive(Clone)]
struct StateCount {
    badge: Badge,
    number: u64,
}

pub(crate) async fn show(visit: Arc<Visit>) -> Result<Response, Refusal> {
    let visitor = visit.signed_in()?;
    let (caller, now, default) = (visitor.caller.clone(), visit.now, visit.app.settings.default_policy.clone());
    let (repositories, names) = visit
        .app
        .ask(move |store| {
            let lists = caller.may(Action::ListCatalog, None);
            let (mut seen, mut names) = (Vec::new(), Vec::new());
            for row in store.repositories()? {
                if caller.may(Action::ReadDecisions, Some(&row.name)) {
                    seen.push(line(store, row, &default, now)?);
                } else if lists {
                    names.push(row.name.to_string());
                }
            }
            Ok((seen, names))
        })
        .await?;
    let page = Page {
        shell: Shell::of(&visit),
        totals: totals(&repositories),
        repositories,
        names,
        host: visit.host(),
        id: visitor.caller.principal.id.clone(),
    };
    Ok(respond::page(StatusCode::OK, &page)?)
}

fn line(store: &Store, row: RepositoryRow, default: &str, now: Timestamp) -> Result<Line, StoreError> {
    let tags = store.tags(&row.name, false, None, MAX_TAGS)?;
    let counts = store.state_counts(&row.name)?;
    let pushed = tags.iter().map(|tag| tag.pushed_at).max();
    Ok(Line {
        name: row.name.to_string(),
        policy: row.policy.unwrap_or_else(|| default.to_owned()),
        states: counts.into_iter().map(|(state, number)| StateCount { badge: Badge::of(state), number }).collect(),
        tags: tags.len(),
        pushed: pushed.map(|then| Moment::of(then, now)),
        path: Place::Repository(row.name).to_string(),
    })
}

fn totals(lines: &[Line]) -> Vec<StateCount> {
    let sum = |state: ImageState| StateCount {
        badge: Badge::of(state),
        number: lines.iter().flat_map(|l| &l.states).filter(|s| s.badge.name == state.name()).map(|s| s.number).sum(),
    };
    ImageState::ALL.into_iter().map(sum).filter(|count| count.number > 0).collect()
}
