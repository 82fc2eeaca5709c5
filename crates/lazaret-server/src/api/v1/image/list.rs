//! `GET /api/v1/repositories/{repository}/images?n=&last=<digest>`: every manifest, by digest.

use axum::response::Response;
use serde_json::{Value, json};

use super::show::kind_name;
use crate::{
    ApiError,
    api::v1::{Params, unknown_repository},
    call::Call,
    distribution::path,
    page::{self, Page},
};

pub(crate) async fn list(call: Call, params: Params) -> Result<Response, ApiError> {
    let page = Page::parse(call.uri.query())?;
    let name = params.repository()?;
    let last = page.last.as_deref().map(path::digest).transpose()?;
    let (repository, n) = (name.clone(), page.n.saturating_add(1));
    let rows = call
        .app
        .ask(move |store| match store.repository(&repository)? {
            Some(_) => store.manifests(&repository, last.as_ref(), n).map(Some),
            None => Ok(None),
        })
        .await?
        .ok_or_else(|| unknown_repository(&name))?;
    let (digests, next) = page.cut(rows.iter().map(|row| row.digest.to_string()).collect());
    let shown: Vec<Value> = rows
        .into_iter()
        .take(digests.len())
        .map(|row| {
            json!({
                "digest": row.digest,
                "media_type": row.media_type,
                "kind": kind_name(row.kind),
                "size": row.size,
                "state": row.state,
                "decision": row.decision,
                "pushed_at": row.pushed_at,
                "pushed_by": row.pushed_by,
            })
        })
        .collect();
    Ok(page::answer(call.uri.path(), &page, next.as_deref(), &Value::Array(shown)))
}
