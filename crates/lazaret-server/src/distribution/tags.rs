//! `GET /v2/<name>/tags/list`. A reader sees the tags for which it would get bytes.

use axum::response::Response;
use lazaret_model::Repository;
use serde_json::json;

use crate::{
    ApiError,
    call::Call,
    error::Code,
    gate::{self, TagStates},
    page::{self, Page},
};

pub(crate) async fn list(call: Call, repository: Repository) -> Result<Response, ApiError> {
    let page = Page::parse(call.uri.query())?;
    let (name, rights, wanted) = (repository.clone(), call.rights(&repository), page.clone());
    let names = call
        .app
        .ask(move |store| {
            if store.repository(&name)?.is_none() {
                return Ok(None);
            }
            if wanted.n == 0 {
                return Ok(Some(Vec::new()));
            }
            let mut names = Vec::new();
            let mut last = wanted.last.clone();
            // `served` says that a digest was served once; the gate says whether it still is.
            loop {
                let rows = store.tags(&name, !rights.read_unapproved, last.as_deref(), wanted.n + 1)?;
                let whole = rows.len() > wanted.n;
                last = rows.last().map(|row| row.name.to_string());
                for row in rows {
                    if rights.read_unapproved || is_served(store, &name, rights, &row)? {
                        names.push(row.name.to_string());
                    }
                }
                if !whole || names.len() > wanted.n {
                    return Ok(Some(names));
                }
            }
        })
        .await?;
    let names = names.ok_or_else(|| {
        ApiError::not_found(Code::NameUnknown, format!("repository {repository} is not known; it begins with a push"))
    })?;
    let (tags, next) = page.cut(names);
    let path = format!("/v2/{repository}/tags/list");
    Ok(page::answer(&path, &page, next.as_deref(), &json!({ "name": repository, "tags": tags })))
}

fn is_served(
    store: &lazaret_store::Store,
    name: &Repository,
    rights: gate::Rights,
    row: &lazaret_store::TagRow,
) -> Result<bool, lazaret_store::StoreError> {
    let state = |digest| Ok::<_, lazaret_store::StoreError>(store.manifest(name, digest)?.map(|m| m.state));
    let Some(newest) = state(&row.newest)? else { return Ok(false) };
    let served = row.served.as_ref().map(state).transpose()?.flatten();
    Ok(gate::tag(rights, Some(TagStates { newest, served, same: false })).1.serves())
}
