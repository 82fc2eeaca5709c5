//! One manifest, by tag or digest: verdict with reasons, facts, layers with their packages, findings, problems,
//! history. An index shows its platforms.

mod facts;
mod findings;
mod layer;
mod verdict;

use std::sync::Arc;

use askama::Template;
use axum::response::Response;
use http::StatusCode;
use lazaret_model::{Digest, ImageState, Problem, Repository, Tag};
use lazaret_store::{DecisionRow, ManifestKind, ManifestRow, Store, StoreError};

use self::{
    facts::Fact,
    findings::{Filter, Found},
    layer::LayerView,
    verdict::VerdictView,
};
use crate::{
    App,
    console::{
        layers::{self, Segment},
        look::{Badge, Count, counts},
        place::Place,
        platforms::{self, Platform},
        refusal::Refusal,
        respond,
        shell::Shell,
        stored::Stored,
        text::{Moment, cut},
        visit::Visit,
    },
    page::parse_query,
};

/// Problems, and steps of the history, on one page.
const MAX_LINES: usize = 60;

/// Longest message, in characters.
const MESSAGE: usize = 400;

/// Seconds after which a page about something that waits loads itself again.
const REFRESH: u32 = 5;

#[derive(Template)]
#[template(path = "image.html")]
struct Page {
    shell: Shell,
    repository: String,
    repository_path: String,
    /// `:1.0` or `@sha256:...` shortened.
    reference: String,
    path: String,
    badge: Badge,
    kind: &'static str,
    waiting: bool,
    /// There is a decision, but this version cannot read it.
    unreadable: bool,
    pending: Option<Pending>,
    verdict: Option<VerdictView>,
    facts: Vec<Fact>,
    platforms: Vec<Platform>,
    stripe: Vec<Segment>,
    layers: Vec<LayerView>,
    counts: Vec<Count>,
    found: Found,
    problems: Vec<Line>,
    more_problems: usize,
    history: Vec<Step>,
}

/// A tag whose newest push is not served yet.
struct Pending {
    short: String,
    path: String,
}

struct Line {
    what: String,
    place: String,
    message: String,
}

struct Step {
    at: Moment,
    badge: Badge,
    actor: String,
    reason: String,
    decision: Option<(String, String)>,
}

/// What the store knows of it.
struct Known {
    row: ManifestRow,
    tags: Vec<Tag>,
    history: Vec<DecisionRow>,
    stored: Option<Stored>,
    platforms: Vec<Platform>,
    /// Digest that readers get by the tag, when it is another one.
    served: Option<Digest>,
}

pub(crate) async fn show(visit: Arc<Visit>, place: Place) -> Result<Response, Refusal> {
    visit.require(place.repository())?;
    let filter: Filter = parse_query(visit.uri.query())?;
    let (app, wanted) = (Arc::clone(&visit.app), place.clone());
    let known = visit.app.ask(move |store| read(store, &app, &wanted)).await?.ok_or(Refusal::NotThere)?;
    let page = page(&visit, &place, known, &filter);
    Ok(respond::page(StatusCode::OK, &page)?)
}

fn read(store: &Store, app: &App, place: &Place) -> Result<Option<Known>, StoreError> {
    let name = place.repository();
    let (digest, served) = match place {
        Place::Image(_, digest) => (digest.clone(), None),
        Place::Tag(_, tag) => match store.tag(name, tag)? {
            Some(row) => (row.newest, row.served),
            None => return Ok(None),
        },
        Place::Repository(_) | Place::Decision(..) => return Ok(None),
    };
    let Some(row) = store.manifest(name, &digest)? else { return Ok(None) };
    let before = served.filter(|served| *served != digest && !row.state.is_served());
    let before = match before {
        Some(served) => store.manifest(name, &served)?.filter(|row| row.state.is_served()).map(|row| row.digest),
        None => None,
    };
    let is_image = row.kind == ManifestKind::Image;
    Ok(Some(Known {
        tags: store.tags_of(name, &digest)?,
        history: store.decisions_of(name, &digest)?,
        stored: row.decision.as_ref().map(|id| Stored::read(store, id)).transpose()?.flatten(),
        platforms: if is_image { Vec::new() } else { platforms::of(store, &app.desk.briefs, &row)? },
        served: before,
        row,
    }))
}

fn page(visit: &Visit, place: &Place, known: Known, filter: &Filter) -> Page {
    let name = place.repository();
    let Known { row, tags, history, stored, platforms, served } = known;
    let path = place.to_string();
    let waiting = row.state == ImageState::Quarantined && row.decision.is_none();
    let facts = facts::of(&row, &tags, stored.as_ref(), &visit.host(), visit.now);
    let (layers, homeless) =
        stored.as_ref().and_then(|s| Some(layers::of(s.subject.as_ref()?, &s.decision))).unwrap_or_default();
    let decision = stored.as_ref().map(|stored| &stored.decision);
    let findings = decision.map_or(&[][..], |decision| &decision.findings);
    let found = Found::of(findings, &layers, filter, &path);
    let views = layer::views(&layers, &homeless, findings, &path);
    let problems = decision.map_or(&[][..], |decision| &decision.problems);
    Page {
        shell: Shell::of(visit).refreshing(if waiting { REFRESH } else { 0 }),
        repository: name.to_string(),
        repository_path: Place::Repository(name.clone()).to_string(),
        reference: match place {
            Place::Tag(_, tag) => format!(":{tag}"),
            _ => format!("@{}", row.digest.short()),
        },
        badge: Badge::of(row.state),
        kind: row.kind.name(),
        waiting,
        unreadable: row.decision.is_some() && stored.is_none(),
        pending: served.map(|served| Pending {
            short: served.short().to_owned(),
            path: Place::Image(name.clone(), served).to_string(),
        }),
        verdict: stored.as_ref().map(|stored| VerdictView::of(stored, name, &row.digest, visit)),
        facts,
        platforms,
        stripe: layers::stripe(&layers),
        layers: views,
        counts: counts(&findings.iter().map(|finding| finding.severity)),
        found,
        problems: problems.iter().take(MAX_LINES).map(problem_line).collect(),
        more_problems: problems.len().saturating_sub(MAX_LINES),
        history: history.into_iter().take(MAX_LINES).map(|row_| step(row_, name, &row.digest, visit)).collect(),
        path,
    }
}

fn problem_line(problem: &Problem) -> Line {
    Line {
        what: problem.kind.name().to_owned(),
        place: cut(&problem.path, 200),
        message: cut(&problem.message, MESSAGE),
    }
}

fn step(row: DecisionRow, name: &Repository, digest: &Digest, visit: &Visit) -> Step {
    Step {
        at: Moment::of(row.at, visit.now),
        badge: Badge::of(row.state),
        actor: cut(&row.actor, 60),
        reason: cut(&row.reason, MESSAGE),
        decision: row.decision.map(|id| {
            let short = id.short().to_owned();
            (short, Place::Decision(name.clone(), digest.clone(), id).to_string())
        }),
    }
}
