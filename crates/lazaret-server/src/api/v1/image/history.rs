//! `GET /api/v1/repositories/{repository}/images/{digest}/history`: each state it was set to, newest first.

use axum::response::Response;
use serde_json::{Value, json};

use crate::{
    ApiError,
    api::v1::{Params, unknown_image},
    call::Call,
    distribution,
};

pub(crate) async fn history(call: Call, params: Params) -> Result<Response, ApiError> {
    let (name, digest) = (params.repository()?, params.digest()?);
    let (repository, wanted) = (name.clone(), digest.clone());
    let mut rows = call
        .app
        .ask(move |store| match store.manifest(&repository, &wanted)? {
            Some(_) => store.decisions_of(&repository, &wanted).map(Some),
            None => Ok(None),
        })
        .await?
        .ok_or_else(|| unknown_image(&name, &digest))?;
    rows.sort_by_key(|row| std::cmp::Reverse(row.at));
    let shown: Vec<Value> = rows
        .into_iter()
        .map(|row| {
            json!({
                "at": row.at,
                "previous": row.previous,
                "state": row.state,
                "decision": row.decision,
                "actor": row.actor,
                "reason": row.reason,
            })
        })
        .collect();
    Ok(distribution::json(&Value::Array(shown)))
}
