//! Refusals by the gate: 403 `DENIED` with what a person needs to go on. docker prints the message of the first
//! error, containerd the whole body; so the first reason and the command for the rest stand in the message.

use lazaret_model::{Digest, ImageState, Repository};
use lazaret_store::ManifestRow;
use serde_json::{Value, json};

use crate::{
    ApiError,
    call::Call,
    console::Place,
    standing::{self, Standing},
};

/// Reasons in one answer; the rest is behind `verdict_url`.
const MAX_REASONS: usize = 3;

/// Longest reason in the message, in characters.
const MAX_REASON: usize = 300;

/// Seconds after which a verdict can be expected.
const RETRY_AFTER: u64 = 5;

/// For a manifest that is not served.
pub(super) async fn manifest(call: &Call, repository: &Repository, row: ManifestRow) -> ApiError {
    let (name, looked_at) = (repository.clone(), row.clone());
    let found = call.app.ask(move |store| standing::standing(store, &name, &looked_at)).await;
    let Standing { reasons, .. } = match found {
        Ok(found) => found,
        Err(error) => return error,
    };
    let pending = row.state == ImageState::Quarantined && row.decision.is_none();
    let first = reasons.first().map_or_else(|| standing::explain(row.state).to_owned(), |r| cut(&r.message));
    let shown: Vec<_> =
        reasons.iter().take(MAX_REASONS).map(|r| json!({"rule": r.rule, "message": r.message})).collect();
    let mut detail = json!({
        "state": row.state.name(),
        "digest": row.digest,
        "reasons": shown,
    });
    point(&mut detail, call, &Place::Image(repository.clone(), row.digest.clone()), Some(&row.digest));
    if pending {
        detail["retry_after"] = json!(RETRY_AFTER);
    }
    let (state, digest) = (row.state, &row.digest);
    let message = format!("{repository}@{digest} is {state}: {first}; all reasons: lazaret why {repository}@{digest}");
    let error = ApiError::denied(message).with_detail(detail);
    if pending { error.with_header(http::header::RETRY_AFTER, &RETRY_AFTER.to_string()) } else { error }
}

/// For a blob that no served manifest of the repository holds.
pub(super) fn blob(call: &Call, repository: &Repository, digest: &Digest) -> ApiError {
    let reason = "no approved image of this repository contains this blob";
    let mut detail = json!({
        "state": "not-approved",
        "digest": digest,
        "reasons": [{ "rule": "not_approved", "message": reason }],
    });
    point(&mut detail, call, &Place::Repository(repository.clone()), None);
    ApiError::denied(format!("blob {digest} of {repository} is not released: {reason}")).with_detail(detail)
}

/// Where to read on: `verdict_url` for people, `verdict_api` for programs.
fn point(detail: &mut Value, call: &Call, page: &Place, image: Option<&Digest>) {
    let name: String = url::form_urlencoded::byte_serialize(page.repository().as_str().as_bytes()).collect();
    let image = image.map(|digest| format!("/images/{digest}")).unwrap_or_default();
    detail["verdict_url"] = json!(format!("{}{page}", call.origin));
    detail["verdict_api"] = json!(format!("{}/api/v1/repositories/{name}{image}", call.origin));
}

fn cut(text: &str) -> String {
    let mut cut: String = text.chars().take(MAX_REASON).collect();
    if cut.len() < text.len() {
        cut.push('…');
    }
    cut
}
