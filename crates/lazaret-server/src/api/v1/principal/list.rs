//! `GET /api/v1/principals`: all, disabled and expired ones too; never a secret.

use axum::response::Response;
use serde_json::{Value, json};

use crate::{ApiError, api::v1::Params, call::Call, distribution};

pub(crate) async fn list(call: Call, _: Params) -> Result<Response, ApiError> {
    let rows = call.app.ask(lazaret_store::Store::principals).await?;
    let shown: Vec<Value> = rows
        .into_iter()
        .map(|row| {
            json!({
                "id": row.principal.id,
                "name": row.principal.name,
                "bindings": row.principal.bindings,
                "created": row.created,
                "created_by": row.created_by,
                "expires": row.expires,
                "disabled": row.disabled,
            })
        })
        .collect();
    Ok(distribution::json(&Value::Array(shown)))
}
