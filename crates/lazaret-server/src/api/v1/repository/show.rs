//! `GET /api/v1/repositories/{repository}`.

use axum::response::Response;
use lazaret_store::{RepositoryRow, Store, StoreError};
use serde_json::{Map, Value, json};

use crate::{
    ApiError,
    api::v1::{Params, unknown_repository},
    call::Call,
    distribution,
};

pub(crate) async fn show(call: Call, params: Params) -> Result<Response, ApiError> {
    let name = params.repository()?;
    let wanted = name.clone();
    let default = call.app.settings.default_policy.clone();
    let shown = call
        .app
        .ask(move |store| store.repository(&wanted)?.map(|row| describe(store, &row, &default)).transpose())
        .await?;
    shown.map(|shown| distribution::json(&shown)).ok_or_else(|| unknown_repository(&name))
}

/// `policy` is the one in force; `states` counts images, states without any left out.
pub(super) fn describe(store: &Store, row: &RepositoryRow, default: &str) -> Result<Value, StoreError> {
    let counts = store.state_counts(&row.name)?;
    let states: Map<String, Value> =
        counts.into_iter().map(|(state, count)| (state.name().to_owned(), json!(count))).collect();
    Ok(json!({
        "name": row.name,
        "policy": row.policy.as_deref().unwrap_or(default),
        "created": row.created,
        "created_by": row.created_by,
        "states": states,
    }))
}
