//! `POST /api/v1/principals` `{"name", "bindings": [{"role", "on", "expires"}], "expires"}` -> `{"id", "secret"}`,
//! the secret shown this once.

use axum::response::Response;
use http::StatusCode;
use lazaret_model::{Binding, Timestamp};
use serde::Deserialize;
use serde_json::json;

use super::bindings::{may_give, may_last};
use crate::{
    ApiError,
    api::v1::{MAX_JSON, Params},
    call::Call,
    distribution,
    error::Code,
};

/// Bindings of one principal.
const MAX_BINDINGS: usize = 100;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    name: String,
    bindings: Vec<Binding>,
    #[serde(default)]
    expires: Option<Timestamp>,
}

pub(crate) async fn create(mut call: Call, _: Params) -> Result<Response, ApiError> {
    let Body { name, bindings, expires } = call.json(MAX_JSON).await?;
    if name.is_empty() || name.chars().count() > 200 || name.chars().any(char::is_control) {
        return Err(ApiError::bad_request(Code::Invalid, "name must have 1 to 200 printable characters"));
    }
    if bindings.is_empty() || bindings.len() > MAX_BINDINGS {
        return Err(ApiError::bad_request(Code::Invalid, format!("bindings must be 1 to {MAX_BINDINGS}")));
    }
    may_give(&call.caller, &bindings)?;
    may_last(&call, &bindings, expires).await?;
    let actor = call.actor();
    let new = call.app.ask(move |store| store.create_principal(&name, &bindings, expires, &actor)).await?;
    let mut response = distribution::json(&json!({ "id": new.id, "secret": new.secret }));
    *response.status_mut() = StatusCode::CREATED;
    response.headers_mut().insert(http::header::CACHE_CONTROL, http::HeaderValue::from_static("no-store"));
    Ok(response)
}
