//! `GET /api/v1/signing-keys`: public keys, retired ones too, which still verify what they signed.

use axum::response::Response;
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use crate::{ApiError, api::v1::Params, call::Call, distribution};

pub(crate) async fn list(call: Call, _: Params) -> Result<Response, ApiError> {
    let keys = call.app.ask(lazaret_store::Store::signing_keys).await?;
    let shown: Vec<Value> = keys
        .into_iter()
        .map(|key| {
            json!({
                "id": key.id,
                "algorithm": "Ed25519",
                "public_key": STANDARD.encode(&key.public),
                "created": key.created,
                "retired": key.retired,
            })
        })
        .collect();
    Ok(distribution::json(&Value::Array(shown)))
}
