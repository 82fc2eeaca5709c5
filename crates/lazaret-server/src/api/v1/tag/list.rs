//! `GET /api/v1/repositories/{repository}/tags?n=&last=`: both digests of each tag, with their states.

use axum::response::Response;
use lazaret_model::{Digest, Repository};
use lazaret_store::{Store, StoreError};
use serde_json::{Value, json};

use crate::{
    ApiError,
    api::v1::{Params, unknown_repository},
    call::Call,
    page::{self, Page},
};

pub(crate) async fn list(call: Call, params: Params) -> Result<Response, ApiError> {
    let page = Page::parse(call.uri.query())?;
    let name = params.repository()?;
    let (wanted, repository) = (page.clone(), name.clone());
    let rows = call
        .app
        .ask(move |store| {
            if store.repository(&repository)?.is_none() {
                return Ok(None);
            }
            let mut shown = Vec::new();
            for row in store.tags(&repository, false, wanted.last.as_deref(), wanted.n.saturating_add(1))? {
                let served = row.served.as_ref().map(|d| describe(store, &repository, d)).transpose()?;
                shown.push((
                    row.name.to_string(),
                    json!({
                        "name": row.name,
                        "newest": describe(store, &repository, &row.newest)?,
                        "served": served,
                        "pushed_at": row.pushed_at,
                        "pushed_by": row.pushed_by,
                    }),
                ));
            }
            Ok(Some(shown))
        })
        .await?;
    let rows = rows.ok_or_else(|| unknown_repository(&name))?;
    let (names, next) = page.cut(rows.iter().map(|(name, _)| name.clone()).collect());
    let shown: Vec<Value> = rows.into_iter().take(names.len()).map(|(_, shown)| shown).collect();
    Ok(page::answer(call.uri.path(), &page, next.as_deref(), &Value::Array(shown)))
}

fn describe(store: &Store, repository: &Repository, digest: &Digest) -> Result<Value, StoreError> {
    let state = store.manifest(repository, digest)?.map(|row| row.state);
    Ok(json!({ "digest": digest, "state": state }))
}
