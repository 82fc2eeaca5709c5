//! `GET /api/v1/whoami`.

use axum::response::Response;
use serde_json::json;

use crate::{ApiError, api::v1::Params, call::Call, distribution};

pub(crate) async fn show(call: Call, _: Params) -> Result<Response, ApiError> {
    let principal = &call.caller.principal;
    Ok(distribution::json(&json!({
        "id": principal.id,
        "name": principal.name,
        "bindings": principal.bindings,
        "access": call.caller.token.as_ref().map(|token| &token.access),
    })))
}
