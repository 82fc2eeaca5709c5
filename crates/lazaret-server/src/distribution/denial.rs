//! Refusals by the gate: 403 `DENIED` with what a person needs to go on. docker prints the message of the first
//! error, containerd the whole body; so the first reason and the command for the rest stand in the message.

use lazaret_model::{Digest, ImageState, Reason, Repository, Verdict};
use lazaret_store::ManifestRow;
use serde::Deserialize;
use serde_json::json;

use crate::{ApiError, call::Call};

/// Reasons in one answer; the rest is behind `verdict_url`.
const MAX_REASONS: usize = 3;

/// Longest reason in the message, in characters.
const MAX_REASON: usize = 300;

/// Seconds after which a verdict can be expected.
const RETRY_AFTER: u64 = 5;

/// For a manifest that is not served.
pub(super) async fn manifest(call: &Call, repository: &Repository, row: &ManifestRow) -> ApiError {
    let reasons = match reasons(call, row).await {
        Ok(reasons) => reasons,
        Err(error) => return error,
    };
    let pending = row.state == ImageState::Quarantined && row.decision.is_none();
    let first = reasons.first().map_or_else(|| explain(row.state).to_owned(), |r| cut(&r.message));
    let shown: Vec<_> =
        reasons.iter().take(MAX_REASONS).map(|r| json!({"rule": r.rule, "message": r.message})).collect();
    let mut detail = json!({
        "state": row.state.name(),
        "digest": row.digest,
        "verdict_url": verdict_url(call, repository, &row.digest),
        "reasons": shown,
    });
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
    ApiError::denied(format!("blob {digest} of {repository} is not released: {reason}")).with_detail(json!({
        "state": "not-approved",
        "digest": digest,
        "verdict_url": format!("{}/api/v1/repositories/{}", call.origin, encode(repository.as_str())),
        "reasons": [{ "rule": "not_approved", "message": reason }],
    }))
}

async fn reasons(call: &Call, row: &ManifestRow) -> Result<Vec<Reason>, ApiError> {
    #[derive(Deserialize)]
    struct Brief {
        verdict: Verdict,
    }
    let Some(id) = row.decision.clone() else { return Ok(Vec::new()) };
    let Some(decision) = call.app.ask(move |store| store.decision(&id)).await? else { return Ok(Vec::new()) };
    let brief: Brief = serde_json::from_str(&decision.body)
        .map_err(|error| ApiError::internal("a stored decision could not be read", &error))?;
    Ok(brief.verdict.reasons)
}

const fn explain(state: ImageState) -> &'static str {
    match state {
        ImageState::Quarantined => "it is not judged yet, try again in a few seconds",
        ImageState::Blocked => "the policy does not allow it",
        ImageState::Overdue => "its deadline for a fix has passed",
        ImageState::Revoked => "it was revoked",
        ImageState::Approved | ImageState::Due | ImageState::PreGate => "it is not released",
    }
}

fn verdict_url(call: &Call, repository: &Repository, digest: &Digest) -> String {
    format!("{}/api/v1/repositories/{}/images/{digest}", call.origin, encode(repository.as_str()))
}

fn encode(name: &str) -> String {
    url::form_urlencoded::byte_serialize(name.as_bytes()).collect()
}

fn cut(text: &str) -> String {
    let mut cut: String = text.chars().take(MAX_REASON).collect();
    if cut.len() < text.len() {
        cut.push('…');
    }
    cut
}
