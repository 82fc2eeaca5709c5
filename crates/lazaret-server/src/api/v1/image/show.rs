//! `GET /api/v1/repositories/{repository}/images/{digest}`: state, decision, reasons, and how many findings there
//! are of each severity.

use axum::response::Response;
use lazaret_model::{Decision, Digest, Reason, Repository, Severity, SignedDecision};
use lazaret_store::{ManifestKind, ManifestRow, Store, StoreError};
use serde_json::{Map, Value, json};

use crate::{
    ApiError,
    api::v1::{Params, unknown_image},
    call::Call,
    distribution,
    standing::standing,
};

/// Reasons in one answer; an index has those of all its platforms.
const MAX_REASONS: usize = 1000;

/// What the store knows of one manifest.
struct Known {
    row: ManifestRow,
    tags: Vec<String>,
    children: Vec<Digest>,
    parents: Vec<Digest>,
    decision: Option<SignedDecision>,
    reasons: Vec<Reason>,
}

pub(crate) async fn show(call: Call, params: Params) -> Result<Response, ApiError> {
    let (name, digest) = (params.repository()?, params.digest()?);
    let (repository, wanted) = (name.clone(), digest.clone());
    let known = call.app.ask(move |store| read(store, &repository, &wanted)).await?;
    let Known { row, tags, children, parents, decision, reasons } =
        known.ok_or_else(|| unknown_image(&name, &digest))?;
    let decision = decision.map(|signed| parse(&signed)).transpose()?;
    Ok(distribution::json(&json!({
        "repository": row.repository,
        "digest": row.digest,
        "media_type": row.media_type,
        "artifact_type": row.artifact_type,
        "kind": kind_name(row.kind),
        "size": row.size,
        "state": row.state,
        "state_at": row.state_at,
        "pushed_at": row.pushed_at,
        "pushed_by": row.pushed_by,
        "subject": row.subject,
        "tags": tags,
        "children": children,
        "parents": parents,
        "decision": row.decision,
        "reasons": reasons.iter().take(MAX_REASONS).map(|r| json!({ "rule": r.rule, "message": r.message })).collect::<Vec<_>>(),
        "platform": decision.as_ref().map(|d| &d.platform),
        "inputs": decision.as_ref().map(|d| &d.inputs),
        "verdict": decision.as_ref().map(|d| &d.verdict),
        "problems": decision.as_ref().map(|d| &d.problems),
        "findings": decision.as_ref().map(count),
    })))
}

fn read(store: &Store, repository: &Repository, digest: &Digest) -> Result<Option<Known>, StoreError> {
    let Some(row) = store.manifest(repository, digest)? else { return Ok(None) };
    Ok(Some(Known {
        tags: store.tags_of(repository, digest)?.iter().map(ToString::to_string).collect(),
        children: store.children(repository, digest)?,
        parents: store.parents(repository, digest)?,
        decision: row.decision.as_ref().map(|id| store.decision(id)).transpose()?.flatten(),
        reasons: standing(store, repository, &row)?.reasons,
        row,
    }))
}

/// `{"total": n, "critical": n, ...}`, every severity named.
fn count(decision: &Decision) -> Value {
    let mut counts = Map::new();
    counts.insert("total".to_owned(), json!(decision.findings.len()));
    for severity in Severity::ALL {
        let count = decision.findings.iter().filter(|finding| finding.severity == severity).count();
        counts.insert(severity.name().to_owned(), json!(count));
    }
    Value::Object(counts)
}

pub(super) fn parse(signed: &SignedDecision) -> Result<Decision, ApiError> {
    serde_json::from_str(&signed.body)
        .map_err(|error| ApiError::internal("a stored decision could not be read", &error))
}

pub(super) const fn kind_name(kind: ManifestKind) -> &'static str {
    match kind {
        ManifestKind::Image => "image",
        ManifestKind::Index => "index",
        ManifestKind::Artifact => "artifact",
    }
}
