//! `GET /v2/_catalog`: all names for a catalog-lister, else the names that the caller may pull. A token must have been
//! made for it (`registry:catalog:*`): one for a single repository tells of no other.

use axum::response::Response;
use lazaret_model::Action;
use serde_json::json;

use crate::{
    ApiError,
    auth::{
        permission::{Fault, challenge},
        scope,
    },
    call::Call,
    page::{self, Page},
};

pub(crate) async fn list(call: Call) -> Result<Response, ApiError> {
    let page = Page::parse(call.uri.query())?;
    if call.caller.token.as_ref().is_some_and(|token| !token.cover(Action::ListCatalog, None)) {
        let wanted = scope::wanted(Action::ListCatalog, None);
        return Err(challenge(&call.origin, &call.app.settings.service, Some(&wanted), Fault::Scope));
    }
    let rows = call.app.ask(lazaret_store::Store::repositories).await?;
    let all = call.caller.may(Action::ListCatalog, None);
    let last = page.last.as_deref().unwrap_or_default();
    let mut names: Vec<String> = rows
        .into_iter()
        .filter(|row| all || call.caller.holds(Action::Pull, Some(&row.name)))
        .map(|row| row.name.to_string())
        .filter(|name| name.as_str() > last)
        .collect();
    names.sort_unstable();
    let (names, next) = page.cut(names);
    Ok(page::answer("/v2/_catalog", &page, next.as_deref(), &json!({ "repositories": names })))
}
