//! `GET /api/v1/decisions/{id}` for auditors of everything, and
//! `GET /api/v1/repositories/{repository}/images/{digest}/decisions/{id}` for who may read one repository's: the
//! signed bytes, with the key to verify them.

use axum::response::Response;
use base64::{Engine, engine::general_purpose::STANDARD};
use lazaret_model::{Digest, SignedDecision};
use serde_json::json;

use crate::{ApiError, App, api::v1::Params, call::Call, distribution, distribution::path, error::Code};

pub(crate) async fn show_any(call: Call, params: Params) -> Result<Response, ApiError> {
    let id = path::digest(params.text("id"))?;
    let wanted = id.clone();
    let signed = call.app.ask(move |store| store.decision(&wanted)).await?;
    answer(&call.app, signed.ok_or_else(|| unknown(&id))?).await
}

/// Only a decision that was made for this image in this repository: the id alone opens nothing.
pub(crate) async fn show(call: Call, params: Params) -> Result<Response, ApiError> {
    let (repository, digest) = (params.repository()?, params.digest()?);
    let id = path::digest(params.text("id"))?;
    let wanted = id.clone();
    let signed = call
        .app
        .ask(move |store| {
            let made = store.decisions_of(&repository, &digest)?;
            if !made.iter().any(|row| row.decision.as_ref() == Some(&wanted)) {
                return Ok(None);
            }
            store.decision(&wanted)
        })
        .await?;
    answer(&call.app, signed.ok_or_else(|| unknown(&id))?).await
}

async fn answer(app: &App, signed: SignedDecision) -> Result<Response, ApiError> {
    let keys = app.ask(lazaret_store::Store::signing_keys).await?;
    let public = keys.into_iter().find(|key| key.id == signed.key).map(|key| STANDARD.encode(key.public));
    Ok(distribution::json(&json!({
        "id": signed.id,
        "body": signed.body,
        "key": signed.key,
        "public_key": public,
        "signature": signed.signature,
    })))
}

fn unknown(id: &Digest) -> ApiError {
    ApiError::not_found(Code::NotFound, format!("decision {id} is not known here"))
}
