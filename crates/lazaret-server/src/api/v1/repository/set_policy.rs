//! `PUT /api/v1/repositories/{repository}/policy` `{"policy": "production" | null}`; null = the default. Every image
//! of the repository is judged again.

use axum::response::Response;
use lazaret_assess::Policy;
use serde::Deserialize;
use serde_json::json;

use crate::{
    ApiError,
    api::v1::{MAX_JSON, Params, unknown_repository},
    call::Call,
    distribution,
    error::Code,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    policy: Option<String>,
}

pub(crate) async fn set_policy(mut call: Call, params: Params) -> Result<Response, ApiError> {
    let name = params.repository()?;
    let Body { policy } = call.json(MAX_JSON).await?;
    if policy.as_deref().is_some_and(|policy| Policy::named(policy).is_none()) {
        let message = format!("the policy is not known: {}", Policy::names().collect::<Vec<_>>().join(", "));
        return Err(ApiError::bad_request(Code::Invalid, message));
    }
    let (repository, actor) = (name.clone(), call.actor());
    let set = call
        .app
        .ask(move |store| {
            if store.repository(&repository)?.is_none() {
                return Ok(None);
            }
            store.set_policy(&repository, policy.as_deref(), &actor)?;
            Ok(Some(policy))
        })
        .await?;
    let policy = set.ok_or_else(|| unknown_repository(&name))?;
    Ok(distribution::json(
        &json!({ "name": name, "policy": policy.as_deref().unwrap_or(&call.app.settings.default_policy) }),
    ))
}
