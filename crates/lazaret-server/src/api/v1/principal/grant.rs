//! `POST /api/v1/principals/{id}/grant` `{"role", "on", "expires"}`.

use axum::response::Response;
use lazaret_model::Binding;
use serde_json::json;

use super::bindings::{may_give, may_last, row};
use crate::{
    ApiError,
    api::v1::{MAX_JSON, Params},
    call::Call,
    distribution,
};

pub(crate) async fn grant(mut call: Call, params: Params) -> Result<Response, ApiError> {
    let binding: Binding = call.json(MAX_JSON).await?;
    may_give(&call.caller, std::slice::from_ref(&binding))?;
    let row = row(&call, params.text("id")).await?;
    may_last(&call, std::slice::from_ref(&binding), row.expires).await?;
    let id = row.principal.id;
    let actor = call.actor();
    call.app.ask(move |store| store.grant(&id, &binding, &actor)).await?;
    Ok(distribution::json(&json!({})))
}
