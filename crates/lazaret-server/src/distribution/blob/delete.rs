//! `DELETE /v2/<name>/blobs/<digest>`: takes it out of the repository.

use axum::response::Response;
use http::StatusCode;
use lazaret_model::{Digest, Repository};
use lazaret_store::StoreError;

use crate::{ApiError, app::blocking, call::Call, distribution::empty, error::Code};

pub(crate) async fn delete(call: Call, repository: Repository, digest: Digest) -> Result<Response, ApiError> {
    let (store, name, blob) = (call.app.store.clone(), repository.clone(), digest.clone());
    match blocking(move || store.delete_blob(&name, &blob)).await? {
        Ok(true) => Ok(empty(StatusCode::ACCEPTED)),
        Ok(false) => Err(super::read::unknown(&repository, &digest)),
        Err(error @ StoreError::Referenced { .. }) => {
            Err(ApiError::new(StatusCode::CONFLICT, Code::Denied, error.to_string()))
        }
        Err(error) => Err(error.into()),
    }
}
