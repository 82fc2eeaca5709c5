//! Which repositories hold a blob, and which of their images are made of it.

use lazaret_model::{Digest, Prefix, Repository};
use rusqlite::Connection;

use crate::{Store, StoreError, db};

/// Above every letter that a repository's name may have.
const END: char = '\u{7f}';

impl Store {
    /// Up to `n` repositories of `within` that hold the blob, prefix by prefix, each by name. Nothing outside of
    /// `within` is looked at, so that neither the answer nor its time tells of it. Whether the blob is whole, and whether
    /// anybody may read it there, is [`Store::blob_reach`]'s question.
    pub fn blob_holders(&self, digest: &Digest, within: &[Prefix], n: usize) -> Result<Vec<Repository>, StoreError> {
        let sql = "SELECT repository FROM repository_blobs
                   WHERE digest = ?1 AND repository BETWEEN ?2 AND ?3 ORDER BY repository LIMIT ?4";
        let digest = digest.to_string();
        self.read(|c| {
            let mut holders = Vec::new();
            for prefix in within {
                let (first, last) = range(prefix);
                let found = db::all(c, sql, (&digest, first, last, db::limit(n)), |row| db::repository(row, 0))?;
                for repository in found {
                    if holders.len() < n && !holders.contains(&repository) {
                        holders.push(repository);
                    }
                }
            }
            Ok(holders)
        })
    }

    /// Whether the blob was pushed to or mounted into the repository, whole or damaged since.
    pub fn holds_blob(&self, repository: &Repository, digest: &Digest) -> Result<bool, StoreError> {
        let sql = "SELECT 1 FROM repository_blobs WHERE repository = ?1 AND digest = ?2";
        let found = self.read(|c| db::one(c, sql, (repository.as_str(), digest.to_string()), |_| Ok(())))?;
        Ok(found.is_some())
    }
}

/// Images of the repository that the blob is config or layer of.
pub(super) fn images_of(c: &Connection, repository: &Repository, blob: &Digest) -> Result<Vec<Digest>, StoreError> {
    let sql = "SELECT DISTINCT e.manifest FROM manifest_blobs e
               JOIN manifests m ON m.repository = e.repository AND m.digest = e.manifest
               WHERE e.repository = ?1 AND e.digest = ?2 AND m.kind = 'image'";
    db::all(c, sql, (repository.as_str(), blob.to_string()), |row| db::digest(row, 0))
}

/// First and last name that the prefix covers.
fn range(prefix: &Prefix) -> (String, String) {
    match prefix.as_str().strip_suffix('*') {
        Some(start) => (start.to_owned(), format!("{start}{END}")),
        None => (prefix.to_string(), prefix.to_string()),
    }
}
