//! `PUT /api/v1/repositories/{repository}/policy` `{"policy": "production" | null}`; null = the default. Every image
//! of the repository is judged again. An owner may set one that is no laxer; only an administrator relaxes.

use axum::response::Response;
use lazaret_assess::Policy;
use lazaret_model::Action;
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
    let default = call.app.settings.default_policy.clone();
    let repository = name.clone();
    let row =
        call.app.ask(move |store| store.repository(&repository)).await?.ok_or_else(|| unknown_repository(&name))?;
    let (new, old) = (policy.as_deref().unwrap_or(&default), row.policy.as_deref().unwrap_or(&default));
    if Policy::is_laxer(new, old) {
        call.require(Action::RelaxPolicy, Some(&name))?;
    }
    let answer = json!({ "name": name, "policy": new });
    let actor = call.actor();
    call.app.ask(move |store| store.set_policy(&name, policy.as_deref(), &actor)).await?;
    Ok(distribution::json(&answer))
}
