//! What the answers of a session have in common.

use std::time::Duration;

use axum::response::Response;
use http::{HeaderName, StatusCode, header};
use lazaret_model::{Digest, Repository};
use lazaret_store::{Store, StoreError, Upload};

use crate::{
    ApiError, App,
    app::blocking,
    distribution::{CONTENT_DIGEST, empty, set},
    error::Code,
};

const UPLOAD_UUID: HeaderName = HeaderName::from_static("docker-upload-uuid");

/// How long a request waits for the one before it on the same session to end: a client that was cut and comes back
/// at once finds its old request still writing down what came.
const PATIENCE: Duration = Duration::from_secs(5);

const STEP: Duration = Duration::from_millis(20);

/// Longest session id that is asked for.
const MAX_ID: usize = 128;

/// The session for this request alone.
pub(super) async fn open(app: &App, repository: &Repository, id: &str) -> Result<Upload, ApiError> {
    if id.len() > MAX_ID {
        return Err(unknown(id));
    }
    let mut waited = Duration::ZERO;
    loop {
        let (store, name, session) = (app.store.clone(), repository.clone(), id.to_owned());
        match blocking(move || store.open_upload(&name, &session)).await? {
            Ok(upload) => return Ok(upload),
            Err(StoreError::UploadInUse { .. }) if waited < PATIENCE => {
                tokio::time::sleep(STEP).await;
                waited += STEP;
            }
            Err(error) => return Err(refusal(error)),
        }
    }
}

/// Store errors of a session, as the client's.
pub(super) fn refusal(error: StoreError) -> ApiError {
    match error {
        StoreError::NoUpload { id } => unknown(&id),
        StoreError::UploadInUse { id } => {
            let message = format!("upload {id} is being written by another request");
            ApiError::new(StatusCode::CONFLICT, Code::BlobUploadInvalid, message)
        }
        other => other.into(),
    }
}

pub(super) fn unknown(id: &str) -> ApiError {
    let id: String = id.chars().take(MAX_ID).collect();
    ApiError::not_found(Code::BlobUploadUnknown, format!("upload {id:?} is not known here: begin a new one"))
}

/// An answer that says where the session stands.
pub(super) fn standing(status: StatusCode, repository: &Repository, id: &str, offset: u64) -> Response {
    let mut response = empty(status);
    set(&mut response, header::LOCATION, &location(repository, id));
    set(&mut response, header::RANGE, &range(offset));
    set(&mut response, UPLOAD_UUID, id);
    response
}

/// 416 for bytes that do not follow on what is there; the session goes on.
pub(super) fn out_of_order(repository: &Repository, id: &str, offset: u64) -> ApiError {
    let message = format!("the chunk does not begin at byte {offset}, where the upload stands");
    ApiError::new(StatusCode::RANGE_NOT_SATISFIABLE, Code::BlobUploadInvalid, message)
        .with_header(header::LOCATION, &location(repository, id))
        .with_header(header::RANGE, &range(offset))
        .with_header(UPLOAD_UUID, id)
}

/// 201 for a blob that is durable.
pub(super) fn created(repository: &Repository, digest: &Digest) -> Response {
    let mut response = empty(StatusCode::CREATED);
    set(&mut response, header::LOCATION, &format!("/v2/{repository}/blobs/{digest}"));
    set(&mut response, CONTENT_DIGEST, &digest.to_string());
    response
}

/// Without a query: clients append `?digest=` or `&digest=`, not all of them rightly.
fn location(repository: &Repository, id: &str) -> String {
    format!("/v2/{repository}/blobs/uploads/{id}")
}

/// Of an empty session too it is `0-0`.
fn range(offset: u64) -> String {
    format!("0-{}", offset.saturating_sub(1))
}

/// Checks `Content-Range: <first>-<last>` (with or without `bytes `) against the session and `Content-Length`.
pub(super) fn follows(content_range: Option<&str>, length: Option<u64>, offset: u64) -> Result<bool, ApiError> {
    let Some(text) = content_range else { return Ok(true) };
    let malformed = || ApiError::bad_request(Code::BlobUploadInvalid, "Content-Range must read <first>-<last>");
    let text = text.trim();
    let span = text.strip_prefix("bytes").map_or(text, |rest| rest.trim_start_matches([' ', '=']));
    let span = span.split_once('/').map_or(span, |(span, _)| span);
    let (first, last) = span.split_once('-').ok_or_else(malformed)?;
    let first: u64 = first.trim().parse().map_err(|_| malformed())?;
    let last: u64 = last.trim().parse().map_err(|_| malformed())?;
    if first != offset {
        return Ok(false);
    }
    // An empty body with `0-0` is one byte short on paper; clients send it, and it does no harm.
    let span = last.checked_sub(first).and_then(|n| n.checked_add(1));
    if length.is_some_and(|length| span != Some(length) && length != 0) {
        return Err(ApiError::new(
            StatusCode::BAD_REQUEST,
            Code::SizeInvalid,
            "Content-Range and Content-Length do not say the same",
        ));
    }
    Ok(true)
}

/// Throws the session away in the background of an error that is already on its way.
pub(super) async fn discard(app: &App, repository: &Repository, id: &str) {
    app.taps.abandon(id);
    let (name, session) = (repository.clone(), id.to_owned());
    let gone = app.ask(move |store: &Store| store.cancel_upload(&name, &session)).await;
    if gone.is_err() {
        tracing::warn!(upload.id = %id, "an upload session could not be removed; it expires by itself");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_in_and_out_of_order() {
        assert!(follows(None, Some(5), 7).unwrap());
        assert!(follows(Some("7-11"), Some(5), 7).unwrap());
        assert!(follows(Some("bytes 7-11/*"), None, 7).unwrap());
        assert!(!follows(Some("8-11"), Some(4), 7).unwrap());
        assert!(!follows(Some("0-6"), Some(7), 7).unwrap());
        for bad in ["x", "7", "7-x", "-7", "7-10"] {
            assert!(follows(Some(bad), Some(5), 7).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_empty_session_stands_at_zero() {
        assert_eq!((range(0), range(1), range(10)), ("0-0".into(), "0-0".into(), "0-9".into()));
    }
}
