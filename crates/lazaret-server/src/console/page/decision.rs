//! The record of one verdict: what it was made from, who signed it, and a button that makes it again.

use std::sync::Arc;

use askama::Template;
use axum::response::Response;
use http::StatusCode;
use lazaret_assess::{Replay, replay, verify};
use lazaret_model::{Digest, Repository};
use lazaret_store::{KeyRow, Store, StoreError};

use crate::{
    app::blocking,
    console::{
        look::outcome_word,
        place::Place,
        refusal::Refusal,
        respond,
        shell::Shell,
        stored::Stored,
        text::{Moment, cut},
        visit::Visit,
    },
};

/// Longest record that is shown whole, in characters.
const BODY: usize = 60_000;

#[derive(Template)]
#[template(path = "decision.html")]
struct Page {
    shell: Shell,
    repository: String,
    repository_path: String,
    image: String,
    image_path: String,
    path: String,
    form_token: String,
    id: String,
    short: String,
    outcome: &'static str,
    word: &'static str,
    reasons: usize,
    findings: usize,
    problems: usize,
    clock: Moment,
    inputs: Vec<(&'static str, String)>,
    seal: Seal,
    replay: Option<Replayed>,
    body: String,
    body_cut: bool,
}

struct Seal {
    key: String,
    signature: String,
    valid: bool,
    text: &'static str,
}

struct Replayed {
    good: bool,
    title: &'static str,
    text: String,
}

/// A decision of this image in this repository, with the keys that may have signed it.
struct Known {
    stored: Stored,
    keys: Vec<KeyRow>,
}

pub(crate) async fn show(visit: Arc<Visit>, name: Repository, image: Digest, id: Digest) -> Result<Response, Refusal> {
    let known = known(&visit, &name, &image, &id).await?;
    answer(&visit, &name, &image, known, None)
}

/// The button: judges again from the stored documents alone.
pub(crate) async fn replay_again(
    visit: Arc<Visit>,
    name: Repository,
    image: Digest,
    id: Digest,
) -> Result<Response, Refusal> {
    let known = known(&visit, &name, &image, &id).await?;
    let (store, body) = (visit.app.store.clone(), known.stored.signed.body.clone());
    let result = blocking(move || made_again(&store, &body)).await?;
    answer(&visit, &name, &image, known, Some(result))
}

async fn known(visit: &Visit, name: &Repository, image: &Digest, id: &Digest) -> Result<Known, Refusal> {
    visit.require(name)?;
    let (name, image, id) = (name.clone(), image.clone(), id.clone());
    let known = visit.app.ask(move |store| read(store, &name, &image, &id)).await?;
    known.ok_or(Refusal::NotThere)
}

/// As in the API, the id alone opens nothing.
fn read(store: &Store, name: &Repository, image: &Digest, id: &Digest) -> Result<Option<Known>, StoreError> {
    let made = store.decisions_of(name, image)?;
    if !made.iter().any(|row| row.decision.as_ref() == Some(id)) {
        return Ok(None);
    }
    let Some(stored) = Stored::read(store, id)? else { return Ok(None) };
    Ok(Some(Known { stored, keys: store.signing_keys()? }))
}

fn made_again(store: &Store, body: &str) -> Replayed {
    let contents = |digest: &Digest| store.content(digest).ok().flatten();
    let (good, title, text) = match replay(body, &contents) {
        Ok(Replay::Same) => {
            let text = format!("Judged again from the stored documents: the same {} bytes.", body.len());
            (true, "The same decision", text)
        }
        Ok(Replay::Different { at }) => (false, "Another decision", format!("First difference: {}", cut(&at, 400))),
        Ok(Replay::OtherEngine { wanted }) => {
            let text = format!("Matcher or rules of another version made it: {}", cut(&wanted, 120));
            (false, "Needs another engine", text)
        }
        Err(error) => (false, "Cannot be made again", cut(&error.to_string(), 400)),
    };
    Replayed { good, title, text }
}

fn answer(
    visit: &Visit,
    name: &Repository,
    image: &Digest,
    known: Known,
    replay: Option<Replayed>,
) -> Result<Response, Refusal> {
    let Known { stored, keys } = known;
    let (signed, decision) = (&stored.signed, &stored.decision);
    let inputs = &decision.inputs;
    let starter = if inputs.advisories_starter_accepted { " (starter set, accepted)" } else { "" };
    let place = |id: &Digest| Place::Decision(name.clone(), image.clone(), id.clone()).to_string();
    let page = Page {
        shell: Shell::of(visit),
        repository: name.to_string(),
        repository_path: Place::Repository(name.clone()).to_string(),
        image: image.short().to_owned(),
        image_path: Place::Image(name.clone(), image.clone()).to_string(),
        path: place(&signed.id),
        form_token: visit.signed_in()?.session.form_token.clone(),
        id: signed.id.to_string(),
        short: signed.id.short().to_owned(),
        outcome: decision.verdict.outcome.name(),
        word: outcome_word(decision.verdict.outcome),
        reasons: decision.verdict.reasons.len(),
        findings: decision.findings.len(),
        problems: decision.problems.len(),
        clock: Moment::of(inputs.clock, visit.now),
        inputs: vec![
            ("Image", decision.image.to_string()),
            ("Engine", cut(&inputs.engine, 120)),
            ("Inventory", inputs.inventory.to_string()),
            ("Advisories used", inputs.advisories.to_string()),
            ("Advisory snapshot", format!("{}{starter}", inputs.advisories_snapshot)),
            ("Policy", format!("{} {}", cut(&inputs.policy_name, 60), inputs.policy)),
            ("Exceptions", inputs.exceptions.to_string()),
            ("Provenance", inputs.provenance.to_string()),
            ("Clock", inputs.clock.to_string()),
        ],
        seal: seal(&stored, &keys),
        replay,
        body_cut: signed.body.len() > BODY,
        body: pretty(&signed.body),
    };
    Ok(respond::page(StatusCode::OK, &page)?)
}

fn seal(stored: &Stored, keys: &[KeyRow]) -> Seal {
    let signed = &stored.signed;
    let key = keys.iter().find(|key| key.id == signed.key);
    let valid = key.is_some_and(|key| verify(&key.public, &signed.body, &signed.signature));
    let text = match (key, valid) {
        (None, _) => "the key is not known here",
        (Some(_), false) => "the signature does not fit the record",
        (Some(key), true) if key.retired.is_some() => "valid, by a key that is retired",
        (Some(_), true) => "valid",
    };
    Seal { key: cut(&signed.key, 60), signature: cut(&signed.signature, 120), valid, text }
}

fn pretty(body: &str) -> String {
    if body.len() > BODY {
        return body.chars().take(BODY).collect();
    }
    serde_json::from_str::<serde_json::Value>(body)
        .and_then(|value| serde_json::to_string_pretty(&value))
        .unwrap_or_else(|_| body.to_owned())
}
