//! `DELETE /v2/<name>/blobs/uploads/<id>`: needs the right to push, no more (skopeo does it after each mount that
//! could not be).

use axum::response::Response;
use http::StatusCode;
use lazaret_model::Repository;

use super::session;
use crate::{ApiError, call::Call, distribution::empty};

pub(crate) async fn cancel(call: Call, repository: Repository, id: String) -> Result<Response, ApiError> {
    let (name, session) = (repository.clone(), id.clone());
    if call.app.ask(move |store| store.cancel_upload(&name, &session)).await? {
        call.app.taps.abandon(&id);
        Ok(empty(StatusCode::NO_CONTENT))
    } else {
        Err(session::unknown(&id))
    }
}
