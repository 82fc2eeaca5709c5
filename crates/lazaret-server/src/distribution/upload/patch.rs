//! `PATCH /v2/<name>/blobs/uploads/<id>`: a stream, or one chunk with `Content-Range`.

use axum::response::Response;
use http::{StatusCode, header};
use lazaret_model::Repository;

use super::{receive::receive, session};
use crate::{ApiError, call::Call};

pub(crate) async fn patch(mut call: Call, repository: Repository, id: String) -> Result<Response, ApiError> {
    let upload = session::open(&call.app, &repository, &id).await?;
    if !session::follows(call.header(&header::CONTENT_RANGE), call.content_length(), upload.offset())? {
        return Err(session::out_of_order(&repository, &id, upload.offset()));
    }
    let upload = receive(&mut call, upload).await?;
    Ok(session::standing(StatusCode::ACCEPTED, &repository, &id, upload.offset()))
}
