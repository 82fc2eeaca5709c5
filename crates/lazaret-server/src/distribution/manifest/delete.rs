//! `DELETE /v2/<name>/manifests/<reference>`: by tag it removes the tag, by digest the manifest with its tags.

use axum::response::Response;
use http::StatusCode;
use lazaret_model::Repository;

use crate::{
    ApiError,
    call::Call,
    distribution::{empty, path::Reference},
};

pub(crate) async fn delete(call: Call, repository: Repository, at: Reference) -> Result<Response, ApiError> {
    let (name, actor) = (repository.clone(), call.actor());
    let (there, what) = match at {
        Reference::Tag(tag) => {
            let what = tag.to_string();
            (call.app.ask(move |store| store.delete_tag(&name, &tag, &actor)).await?, what)
        }
        Reference::Digest(digest) => {
            let what = digest.to_string();
            (call.app.ask(move |store| store.delete_manifest(&name, &digest, &actor)).await?, what)
        }
    };
    if there { Ok(empty(StatusCode::ACCEPTED)) } else { Err(super::read::unknown(&repository, &what)) }
}
