//! `POST /v2/<name>/blobs/uploads/`: a new session, a mount, or a blob in one request.

use axum::response::Response;
use http::StatusCode;
use lazaret_model::{Digest, Repository};
use serde::Deserialize;

use super::{finish::commit, mount, receive::receive, session};
use crate::{ApiError, call::Call, distribution::path::digest};

#[derive(Deserialize)]
struct Query {
    digest: Option<String>,
    mount: Option<String>,
    from: Option<String>,
}

pub(crate) async fn start(call: Call, repository: Repository) -> Result<Response, ApiError> {
    let query: Query = call.query()?;
    if let Some(text) = query.digest {
        return whole(call, repository, digest(&text)?).await;
    }
    if let Some(mount) = &query.mount
        && let Ok(digest) = Digest::parse(mount)
        && mount::mounted(&call, query.from.as_deref(), &repository, &digest).await?
    {
        return Ok(session::created(&repository, &digest));
    }
    // A mount that cannot be is no error: the client uploads instead.
    let (name, actor) = (repository.clone(), call.actor());
    let row = call.app.ask(move |store| store.begin_upload(&name, &actor)).await?;
    call.app.taps.expect(&row.id);
    Ok(session::standing(StatusCode::ACCEPTED, &repository, &row.id, 0))
}

/// `POST ?digest=`: the session lives for this request only.
async fn whole(mut call: Call, repository: Repository, digest: Digest) -> Result<Response, ApiError> {
    let (name, actor) = (repository.clone(), call.actor());
    let row = call.app.ask(move |store| store.begin_upload(&name, &actor)).await?;
    call.app.taps.expect(&row.id);
    let upload = session::open(&call.app, &repository, &row.id).await?;
    let result = match receive(&mut call, upload).await {
        Ok(upload) => commit(&call.app, &repository, upload, &digest).await,
        Err(error) => Err(error),
    };
    if result.is_err() {
        session::discard(&call.app, &repository, &row.id).await;
    }
    result
}
