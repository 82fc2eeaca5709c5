//! `POST /v2/<name>/blobs/uploads/`: a new session, a mount, or a blob in one request.

use axum::response::Response;
use http::StatusCode;
use lazaret_model::{Action, Digest, Repository};
use serde::Deserialize;

use super::{finish::commit, receive::receive, session};
use crate::{
    ApiError,
    auth::{
        permission::{Fault, challenge},
        scope,
    },
    call::Call,
    distribution::{blob, path::digest},
    gate::Rights,
};

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
        && let Some(Ok(from)) = query.from.as_deref().map(Repository::parse)
        && mounted(&call, &from, &repository, &digest).await?
    {
        return Ok(session::created(&repository, &digest));
    }
    // A mount that cannot be is no error: the client uploads instead.
    let (name, actor) = (repository.clone(), call.actor());
    let row = call.app.ask(move |store| store.begin_upload(&name, &actor)).await?;
    call.app.taps.expect(&row.id);
    Ok(session::standing(StatusCode::ACCEPTED, &repository, &row.id, 0))
}

/// A mount reads the blob in `from`, so the gate is asked there as for a GET. What the caller may push to says
/// nothing about it.
async fn mounted(call: &Call, from: &Repository, to: &Repository, digest: &Digest) -> Result<bool, ApiError> {
    let (pull, push) = (Action::Pull, Action::Push);
    if call.caller.holds(pull, Some(from)) && !call.caller.may(pull, Some(from)) {
        // The token was made for the target alone; one for both is to be had (registry.md 2.4).
        let both = format!("{} {}", scope::wanted(push, Some(to)), scope::wanted(pull, Some(from)));
        return Err(challenge(&call.origin, &call.app.settings.service, Some(&both), Fault::Scope));
    }
    let rights = Rights {
        pull: call.caller.may(Action::Pull, Some(from)),
        read_unapproved: call.caller.may(Action::ReadUnapproved, Some(from)),
    };
    let reach = blob::reach(&call.app, from, digest).await?;
    let ruling = blob::ruling(rights, reach);
    if !ruling.serves() {
        return Ok(false);
    }
    if ruling.is_unapproved_read() {
        call.app.reads.count(&call.caller.principal.id, from, digest);
    }
    let (from, to, digest) = (from.clone(), to.clone(), digest.clone());
    call.app.ask(move |store| store.mount_blob(&from, &to, &digest)).await
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
