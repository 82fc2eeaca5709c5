//! `PUT /v2/<name>/blobs/uploads/<id>?digest=`: the last bytes, if any, and the end. 201 is sent when the blob is
//! durable and known.

use axum::response::Response;
use http::header;
use lazaret_model::{Digest, Repository};
use lazaret_store::{FinishError, Priority, Upload, Work};
use serde::Deserialize;

use super::{receive::receive, session};
use crate::{
    ApiError, App,
    app::blocking,
    call::Call,
    distribution::{path::digest, taps},
    error::Code,
};

#[derive(Deserialize)]
struct Query {
    digest: Option<String>,
}

pub(crate) async fn finish(mut call: Call, repository: Repository, id: String) -> Result<Response, ApiError> {
    let Query { digest: wanted } = call.query()?;
    let wanted = wanted.ok_or_else(|| {
        ApiError::bad_request(Code::DigestInvalid, "the digest is missing: PUT <location>?digest=...")
    })?;
    let wanted = digest(&wanted)?;
    if is_finished(&call, &repository, &id, &wanted).await? {
        return Ok(session::created(&repository, &wanted));
    }
    let upload = session::open(&call.app, &repository, &id).await?;
    if !session::follows(call.header(&header::CONTENT_RANGE), call.content_length(), upload.offset())? {
        return Err(session::out_of_order(&repository, &id, upload.offset()));
    }
    let upload = receive(&mut call, upload).await?;
    commit(&call.app, &repository, upload, &wanted).await
}

/// A PUT whose answer was lost is sent again; it is answered as the first was.
async fn is_finished(call: &Call, repository: &Repository, id: &str, wanted: &Digest) -> Result<bool, ApiError> {
    let (name, session) = (repository.clone(), id.to_owned());
    let finished = call.app.ask(move |store| store.finished_upload(&name, &session)).await?;
    Ok(finished.is_some_and(|blob| blob.digest == *wanted))
}

/// Makes the session a blob and tells the tap. With a wrong digest nothing is kept: a hash cannot be taken back, so
/// the bytes are of no use to the client either.
pub(super) async fn commit(
    app: &App,
    repository: &Repository,
    upload: Upload,
    digest: &Digest,
) -> Result<Response, ApiError> {
    let (id, wanted) = (upload.id().to_owned(), digest.clone());
    match blocking(move || upload.finish(&wanted)).await? {
        Ok(blob) => {
            if !app.taps.complete(&id, digest) && blob.size >= taps::FIRST_BYTES {
                let work = Work::AnalyseLayer { digest: digest.clone(), media_type: String::new() };
                app.ask(move |store| store.enqueue(&work, Priority::Push)).await?;
            }
            Ok(session::created(repository, digest))
        }
        Err(FinishError::DigestMismatch { actual }) => {
            session::discard(app, repository, &id).await;
            let message = format!("the bytes received have digest {actual}, not {digest}; begin a new upload");
            Err(ApiError::bad_request(Code::DigestInvalid, message))
        }
        Err(FinishError::Store(error)) => Err(session::refusal(error)),
    }
}
