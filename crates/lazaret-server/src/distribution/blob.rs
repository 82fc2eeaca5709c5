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

/// `{}`: the config of most artifacts (OCI image-spec, "Guidance for an empty descriptor"). Two bytes that give
/// nothing away, and would else be held back by any image that names them too.
const EMPTY_JSON: &str = "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";

/// How the blob stands to the repository.
pub(super) async fn reach(app: &App, repository: &Repository, digest: &Digest) -> Result<Reach, ApiError> {
    let is_empty_json = digest.to_string() == EMPTY_JSON;
    let (repository, digest) = (repository.clone(), digest.clone());
    let reach = app.ask(move |store| store.blob_reach(&repository, &digest)).await?;
    Ok(if !reach.in_repository {
        Reach::Absent
    } else if reach.served || is_empty_json {
        Reach::Served
    } else if reach.named {
        Reach::Unserved
    } else {
        Reach::Loose
    })
}

/// The gate's word on a blob. With the feature `sabotage` (for proofs that the tests can fail, never in a build for
/// people) it serves all that is there.
pub(super) fn ruling(rights: gate::Rights, reach: Reach) -> Ruling {
    #[cfg(feature = "sabotage")]
    let reach = if reach == Reach::Absent { reach } else { Reach::Served };
    gate::blob(rights, reach)
}
