//! `POST /api/v1/principals/{id}/disable`: for good; its secret and tokens are refused from the next request on.

use axum::response::Response;
use serde_json::json;

use super::bindings::{may_rule, row};
use crate::{ApiError, api::v1::Params, call::Call, distribution};

pub(crate) async fn disable(call: Call, params: Params) -> Result<Response, ApiError> {
    let row = row(&call, params.text("id")).await?;
    may_rule(&call.caller, &row)?;
    let (id, actor) = (row.principal.id, call.actor());
    call.app.ask(move |store| store.disable_principal(&id, &actor)).await?;
    Ok(distribution::json(&json!({})))
}
