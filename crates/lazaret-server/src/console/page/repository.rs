//! The tags of a repository, each with one stripe for each image behind it.

use std::sync::Arc;

use askama::Template;
use axum::response::Response;
use http::StatusCode;
use lazaret_model::{Digest, ImageState, Repository, Timestamp};
use lazaret_store::{ManifestHead, Store, StoreError, TagRow};

use crate::{
    App,
    console::{
        look::Badge,
        place::Place,
        platforms::{self, Platform},
        refusal::Refusal,
        respond,
        shell::Shell,
        text::{Moment, cut},
        visit::Visit,
    },
    page::parse_query,
};

/// Tags on one page.
const PAGE: usize = 100;

/// Manifests that are looked through for those without a tag.
const MAX_UNTAGGED: usize = 200;

/// Seconds after which a page with something that waits loads itself again.
const REFRESH: u32 = 10;

#[derive(Template)]
#[template(path = "repository.html")]
struct Page {
    shell: Shell,
    name: String,
    policy: String,
    states: Vec<(u64, Badge)>,
    tags: Vec<Line>,
    untagged: Vec<Untagged>,
    /// Path of the next page of tags.
    next: Option<String>,
    /// Path of the first page, when this is not it.
    first: Option<String>,
    host: String,
    id: String,
}

struct Line {
    name: String,
    path: String,
    badge: Badge,
    kind: &'static str,
    platforms: Vec<Platform>,
    pushed: Moment,
    pushed_at: Timestamp,
    by: String,
    /// What readers get while the newest push is not served.
    served: Option<Served>,
}

struct Served {
    short: String,
    path: String,
}

struct Untagged {
    short: String,
    path: String,
    badge: Badge,
    kind: &'static str,
    pushed: Moment,
}

#[derive(Default, serde::Deserialize)]
struct Query {
    last: Option<String>,
}

pub(crate) async fn show(visit: Arc<Visit>, name: Repository) -> Result<Response, Refusal> {
    let visitor = visit.require(&name)?;
    let query: Query = parse_query(visit.uri.query())?;
    let id = visitor.caller.principal.id.clone();
    let (app, wanted, now, last) = (Arc::clone(&visit.app), name.clone(), visit.now, query.last.clone());
    let read = visit.app.ask(move |store| read(store, &app, &wanted, last.as_deref(), now)).await?;
    let Some(read) = read else { return Err(Refusal::NotThere) };
    let place = Place::Repository(name).to_string();
    let waits = read.states.iter().any(|(_, badge)| badge.name == ImageState::Quarantined.name());
    let next = read.next.map(|last| {
        let last: String = url::form_urlencoded::byte_serialize(last.as_bytes()).collect();
        format!("{place}?last={last}")
    });
    let page = Page {
        shell: Shell::of(&visit).refreshing(if waits { REFRESH } else { 0 }),
        name: place.trim_start_matches("/r/").to_owned(),
        policy: read.policy,
        states: read.states,
        tags: read.tags,
        untagged: read.untagged,
        next,
        first: query.last.map(|_| place),
        host: visit.host(),
        id,
    };
    Ok(respond::page(StatusCode::OK, &page)?)
}

struct Read {
    policy: String,
    states: Vec<(u64, Badge)>,
    tags: Vec<Line>,
    untagged: Vec<Untagged>,
    next: Option<String>,
}

fn read(
    store: &Store,
    app: &App,
    name: &Repository,
    last: Option<&str>,
    now: Timestamp,
) -> Result<Option<Read>, StoreError> {
    let Some(row) = store.repository(name)? else { return Ok(None) };
    let mut rows = store.tags(name, false, last, PAGE + 1)?;
    let more = rows.len() > PAGE;
    rows.truncate(PAGE);
    let next = rows.last().filter(|_| more).map(|row| row.name.to_string());
    let mut tags = Vec::new();
    for tag in &rows {
        tags.extend(line(store, app, name, tag, now)?);
    }
    if last.is_none() && !more {
        tags.sort_by_key(|line| std::cmp::Reverse(line.pushed_at));
    }
    let counts = store.state_counts(name)?;
    Ok(Some(Read {
        policy: row.policy.unwrap_or_else(|| app.settings.default_policy.clone()),
        states: counts.into_iter().map(|(state, number)| (number, Badge::of(state))).collect(),
        tags,
        untagged: if last.is_none() { untagged(store, name, now)? } else { Vec::new() },
        next,
    }))
}

fn line(store: &Store, app: &App, name: &Repository, tag: &TagRow, now: Timestamp) -> Result<Option<Line>, StoreError> {
    let Some(row) = store.manifest(name, &tag.newest)? else { return Ok(None) };
    let served = match &tag.served {
        Some(digest) if *digest != tag.newest => served(store, name, digest)?,
        _ => None,
    };
    Ok(Some(Line {
        name: tag.name.to_string(),
        path: Place::Tag(name.clone(), tag.name.clone()).to_string(),
        badge: Badge::of(row.state),
        kind: row.kind.name(),
        platforms: platforms::of(store, &app.desk.briefs, &row)?,
        pushed: Moment::of(tag.pushed_at, now),
        pushed_at: tag.pushed_at,
        by: cut(&tag.pushed_by, 60),
        served: served.filter(|_| !row.state.is_served()),
    }))
}

fn served(store: &Store, name: &Repository, digest: &Digest) -> Result<Option<Served>, StoreError> {
    let row = store.manifest(name, digest)?.filter(|row| row.state.is_served());
    Ok(row.map(|_| Served {
        short: digest.short().to_owned(),
        path: Place::Image(name.clone(), digest.clone()).to_string(),
    }))
}

/// Manifests that neither a tag nor an index names, newest first.
fn untagged(store: &Store, name: &Repository, now: Timestamp) -> Result<Vec<Untagged>, StoreError> {
    let mut heads: Vec<ManifestHead> = Vec::new();
    for head in store.manifests(name, None, MAX_UNTAGGED)? {
        if store.tags_of(name, &head.digest)?.is_empty() && store.parents(name, &head.digest)?.is_empty() {
            heads.push(head);
        }
    }
    heads.sort_by_key(|head| std::cmp::Reverse(head.pushed_at));
    let shown = heads.into_iter().map(|head| Untagged {
        short: head.digest.short().to_owned(),
        badge: Badge::of(head.state),
        kind: head.kind.name(),
        pushed: Moment::of(head.pushed_at, now),
        path: Place::Image(name.clone(), head.digest).to_string(),
    });
    Ok(shown.collect())
}
