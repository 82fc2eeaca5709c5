//! `GET /api/v1/repositories`: those whose decisions the caller may read; for a catalog-lister the names of all.

use axum::response::Response;
use lazaret_model::Action;
use serde_json::{Value, json};

use super::show::describe;
use crate::{ApiError, api::v1::Params, call::Call, distribution};

pub(crate) async fn list(call: Call, _: Params) -> Result<Response, ApiError> {
    let (caller, default) = (call.caller.clone(), call.app.settings.default_policy.clone());
    let rows = call
        .app
        .ask(move |store| {
            let lists = caller.may(Action::ListCatalog, None);
            let mut shown = Vec::new();
            for row in store.repositories()? {
                if caller.may(Action::ReadDecisions, Some(&row.name)) {
                    shown.push(describe(store, &row, &default)?);
                } else if lists {
                    shown.push(json!({ "name": row.name }));
                }
            }
            Ok(shown)
        })
        .await?;
    Ok(distribution::json(&Value::Array(rows)))
}
