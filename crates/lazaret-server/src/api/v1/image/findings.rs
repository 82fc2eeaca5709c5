//! `GET /api/v1/repositories/{repository}/images/{digest}/findings`: those of the latest decision; null when there
//! is none yet.

use axum::response::Response;
use serde_json::json;

use super::show::parse;
use crate::{
    ApiError,
    api::v1::{Params, unknown_image},
    call::Call,
    distribution,
};

pub(crate) async fn findings(call: Call, params: Params) -> Result<Response, ApiError> {
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
    let decision = signed.as_ref().map(parse).transpose()?;
    Ok(distribution::json(&json!({
        "decision": signed.map(|signed| signed.id),
        "findings": decision.map(|decision| decision.findings),
    })))
}
