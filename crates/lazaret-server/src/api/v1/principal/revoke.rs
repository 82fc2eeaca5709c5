//! `POST /api/v1/principals/{id}/revoke` `{"role", "on"}`: holds with the next request, tokens included.

use axum::response::Response;
use lazaret_model::{Binding, Prefix, Role};
use serde::Deserialize;
use serde_json::json;

use super::bindings::{may_give, row};
use crate::{
    ApiError,
    api::v1::{MAX_JSON, Params},
    call::Call,
    distribution,
    error::Code,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    role: Role,
    on: Prefix,
}

pub(crate) async fn revoke(mut call: Call, params: Params) -> Result<Response, ApiError> {
    let Body { role, on } = call.json(MAX_JSON).await?;
    may_give(&call.caller, &[Binding { role, on: on.clone(), expires: None }])?;
    let id = row(&call, params.text("id")).await?.principal.id;
    let actor = call.actor();
    if call.app.ask(move |store| store.revoke(&id, role, &on, &actor)).await? {
        Ok(distribution::json(&json!({})))
    } else {
        Err(ApiError::not_found(Code::NotFound, "the principal does not hold this role on this prefix"))
    }
}
