//! `GET /v2/<name>/blobs/uploads/<id>`: how far the session is.

use axum::response::Response;
use http::StatusCode;
use lazaret_model::Repository;

use super::session;
use crate::{ApiError, call::Call};

pub(crate) async fn status(call: Call, repository: Repository, id: String) -> Result<Response, ApiError> {
    let (name, wanted) = (repository.clone(), id.clone());
    let row = call.app.ask(move |store| store.upload(&name, &wanted)).await?;
    let row = row.ok_or_else(|| session::unknown(&id))?;
    Ok(session::standing(StatusCode::NO_CONTENT, &repository, &row.id, row.offset))
}
