//! `GET` and `HEAD /v2/<name>/blobs/<digest>`, whole or a range.

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use http::{Method, StatusCode, header};
use lazaret_model::{Digest, Repository};

use super::{body, range, range::Wanted};
use crate::{
    ApiError,
    call::Call,
    distribution::{CONTENT_DIGEST, denial, manifest::read::matches_etag, set},
    error::Code,
    gate::{Caveat, Ruling},
};

pub(crate) async fn read(call: Call, repository: Repository, digest: Digest) -> Result<Response, ApiError> {
    let reach = super::reach(&call.app, &repository, &digest).await?;
    let ruling = super::ruling(call.rights(&repository), reach);
    let caveat = match ruling {
        Ruling::Serve { caveat } => caveat,
        Ruling::Deny => return Err(denial::blob(&call, &repository, &digest)),
        Ruling::Hidden | Ruling::NoRight => return Err(unknown(&repository, &digest)),
    };
    let wanted = digest.clone();
    let opened = call.app.ask(move |store| store.open_blob(&wanted)).await?;
    let (file, size) = opened.ok_or_else(|| unknown(&repository, &digest))?;
    if ruling.is_unapproved_read() {
        call.app.reads.count(&call.caller.principal.id, &repository, &digest);
    }
    let etag = format!("\"{digest}\"");
    if call.header(&header::IF_NONE_MATCH).is_some_and(|v| matches_etag(v, &etag)) {
        let mut response = StatusCode::NOT_MODIFIED.into_response();
        describe(&mut response, &digest, &etag, caveat);
        return Ok(response);
    }
    let fresh = call.header(&header::IF_RANGE).is_none_or(|v| v == etag);
    let asked = call.header(&header::RANGE).filter(|_| fresh);
    let (status, part) = match range::parse(asked, size) {
        Wanted::Whole => (StatusCode::OK, 0..size),
        Wanted::Part(part) => (StatusCode::PARTIAL_CONTENT, part),
        Wanted::Unsatisfiable => {
            let error =
                ApiError::new(StatusCode::RANGE_NOT_SATISFIABLE, Code::SizeInvalid, "the range is not in the blob");
            return Err(error.with_header(header::CONTENT_RANGE, &format!("bytes */{size}")));
        }
    };
    let length = part.end - part.start;
    let content_range = format!("bytes {}-{}/{size}", part.start, part.end.saturating_sub(1));
    let body = if call.method == Method::HEAD { Body::empty() } else { body::stream(file, part) };
    let mut response = (status, body).into_response();
    describe(&mut response, &digest, &etag, caveat);
    set(&mut response, header::CONTENT_TYPE, "application/octet-stream");
    set(&mut response, header::CONTENT_LENGTH, &length.to_string());
    set(&mut response, header::ACCEPT_RANGES, "bytes");
    if status == StatusCode::PARTIAL_CONTENT {
        set(&mut response, header::CONTENT_RANGE, &content_range);
    }
    Ok(response)
}

fn describe(response: &mut Response, digest: &Digest, etag: &str, caveat: Option<Caveat>) {
    set(response, CONTENT_DIGEST, &digest.to_string());
    set(response, header::ETAG, etag);
    // Gated bytes: a cache must ask again (gate.md 16).
    set(response, header::CACHE_CONTROL, "private, no-cache");
    if let Some(caveat) = caveat {
        set(response, header::WARNING, &format!("299 - \"{}\"", caveat.text()));
    }
}

pub(super) fn unknown(repository: &Repository, digest: &Digest) -> ApiError {
    ApiError::not_found(Code::BlobUnknown, format!("blob {digest} is not known in {repository}"))
}
