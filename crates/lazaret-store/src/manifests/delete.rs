//! Deleting a manifest.

use lazaret_model::{Digest, Repository};

use super::parents;
use crate::{Priority, Store, StoreError, Work, audit_log, db, queue, states, tags};

impl Store {
    /// Deletes a manifest with its edges and its tag pushes; `false` when it was not there. Its history (states,
    /// decisions) stays. A tag whose newest push it was goes too, but where plain readers are served an older push
    /// that is left: then the tag is that. Blobs stay in the repository.
    pub fn delete_manifest(&self, repository: &Repository, digest: &Digest, actor: &str) -> Result<bool, StoreError> {
        self.write(|tx| {
            if states::effective(tx, repository, digest)?.is_none() {
                return Ok(false);
            }
            tags::forget(tx, repository, digest)?;
            let key = (repository.as_str(), digest.to_string());
            db::execute(tx, "DELETE FROM manifest_blobs WHERE repository = ?1 AND manifest = ?2", (key.0, &key.1))?;
            db::execute(tx, "DELETE FROM manifest_children WHERE repository = ?1 AND parent = ?2", (key.0, &key.1))?;
            db::execute(tx, "DELETE FROM manifests WHERE repository = ?1 AND digest = ?2", (key.0, &key.1))?;
            states::refresh_followers(tx, repository, digest)?;
            for parent in parents(tx, repository, digest)? {
                let work = Work::JudgeIndex { repository: repository.clone(), digest: parent };
                queue::enqueue(tx, &work, Priority::Push)?;
            }
            audit_log::append(tx, actor, "delete_manifest", &format!("{repository}@{digest}"), "{}")?;
            Ok(true)
        })
    }
}
