//! Blobs that are whole.

mod body;
pub(super) mod delete;
mod range;
pub(super) mod read;

use lazaret_model::{Digest, Repository};

use crate::{
    ApiError, App,
    gate::{self, Reach, Ruling},
};

/// How the blob stands to the repository.
pub(super) async fn reach(app: &App, repository: &Repository, digest: &Digest) -> Result<Reach, ApiError> {
    let (repository, digest) = (repository.clone(), digest.clone());
    let reach = app.ask(move |store| store.blob_reach(&repository, &digest)).await?;
    Ok(match (reach.in_repository, reach.served) {
        (false, _) => Reach::Absent,
        (true, false) => Reach::Unserved,
        (true, true) => Reach::Served,
    })
}

/// The gate's word on a blob. With the feature `sabotage` (for proofs that the tests can fail, never in a build for
/// people) it serves all that is there.
pub(super) fn ruling(rights: gate::Rights, reach: Reach) -> Ruling {
    #[cfg(feature = "sabotage")]
    let reach = if reach == Reach::Unserved { Reach::Served } else { reach };
    gate::blob(rights, reach)
}
