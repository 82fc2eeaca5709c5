//! `GET /api/v1/repositories/{repository}/images/{digest}/inventory`: facts, layers and packages that the latest
//! decision was made from; null when there is none. Without the values of the environment and of build arguments.

use axum::response::Response;
use lazaret_assess::Subject;
use serde_json::{Value, json};

use super::show::parse;
use crate::{
    ApiError,
    api::v1::{Params, unknown_image},
    call::Call,
    console::instruction,
    distribution,
};

pub(crate) async fn inventory(call: Call, params: Params) -> Result<Response, ApiError> {
    let (name, digest) = (params.repository()?, params.digest()?);
    let (repository, wanted) = (name.clone(), digest.clone());
    let signed = call
        .app
        .ask(move |store| {
            let Some(row) = store.manifest(&repository, &wanted)? else { return Ok(None) };
            Ok(Some(row.decision.map(|id| store.decision(&id)).transpose()?.flatten()))
        })
        .await?
        .ok_or_else(|| unknown_image(&name, &digest))?;
    let Some(signed) = signed else { return Ok(distribution::json(&json!({ "decision": null }))) };
    let document = parse(&signed)?.inputs.inventory;
    let bytes = call.app.ask(move |store| store.content(&document)).await?;
    let subject: Option<Subject> = bytes
        .map(|bytes| serde_json::from_slice(&bytes))
        .transpose()
        .map_err(|error| ApiError::internal("a stored subject could not be read", &error))?;
    Ok(distribution::json(&json!({
        "decision": signed.id,
        "facts": subject.as_ref().map(facts),
        "layers": subject.as_ref().map(layers),
        "os": subject.as_ref().map(|subject| &subject.inventory.os),
        "identified": subject.as_ref().map(|subject| &subject.inventory.identified),
        "packages": subject.as_ref().map(|subject| &subject.inventory.packages),
    })))
}

fn facts(subject: &Subject) -> Value {
    let facts = &subject.facts;
    json!({
        "digest": facts.digest,
        "platform": facts.platform,
        "user": facts.user,
        "exposed_ports": facts.exposed_ports,
        "created": facts.created,
    })
}

fn layers(subject: &Subject) -> Vec<Value> {
    let facts = &subject.facts;
    let step = |diff_id| facts.history.iter().find(|entry| entry.layer.as_ref() == Some(diff_id));
    let layer = |(index, diff_id)| {
        json!({
            "diff_id": diff_id,
            "digest": facts.layers.get(index),
            "size": facts.layer_sizes.get(index),
            "base": facts.base_layers.map(|base| index < base),
            "step": step(diff_id).map(|entry| instruction(&entry.created_by)),
        })
    };
    facts.diff_ids.iter().enumerate().map(layer).collect()
}
