//! `POST /api/v1/principals/{id}/rotate` -> `{"id", "secret"}`: a new secret, shown this once; the old one and all
//! tokens are refused from the next request on.

use axum::response::Response;
use serde_json::json;

use super::bindings::{may_rule, row};
use crate::{ApiError, api::v1::Params, call::Call, distribution};

pub(crate) async fn rotate(call: Call, params: Params) -> Result<Response, ApiError> {
    let row = row(&call, params.text("id")).await?;
    may_rule(&call.caller, &row)?;
    let (id, actor) = (row.principal.id, call.actor());
    let target = id.clone();
    let secret = call.app.ask(move |store| store.rotate_secret(&target, &actor)).await?;
    let mut response = distribution::json(&json!({ "id": id, "secret": secret }));
    response.headers_mut().insert(http::header::CACHE_CONTROL, http::HeaderValue::from_static("no-store"));
    Ok(response)
}
