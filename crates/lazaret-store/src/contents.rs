//! Documents by digest: what decisions were made from, so that they can be replayed.

use lazaret_model::Digest;

use crate::{
    Store, StoreError,
    blobs::hash::Hasher,
    db::{self, Tx},
};

impl Store {
    /// Stores documents; those that are there already stay. One whose digest is another is refused.
    pub fn put_contents(&self, contents: &[(Digest, Vec<u8>)]) -> Result<(), StoreError> {
        for (digest, bytes) in contents {
            check(digest, bytes)?;
        }
        // Most of a new judgement's documents are there from the one before: those are not written again.
        let missing = self.read(|c| {
            let mut missing = Vec::new();
            for item in contents {
                let sql = "SELECT 1 FROM contents WHERE digest = ?1";
                if db::one(c, sql, [item.0.to_string()], |_| Ok(()))?.is_none() {
                    missing.push(item);
                }
            }
            Ok(missing)
        })?;
        if missing.is_empty() {
            return Ok(());
        }
        self.write(|tx| missing.iter().try_for_each(|(digest, bytes)| put(tx, digest, bytes)))
    }

    /// A document, checked against its digest.
    pub fn content(&self, digest: &Digest) -> Result<Option<Vec<u8>>, StoreError> {
        let sql = "SELECT bytes FROM contents WHERE digest = ?1";
        let bytes: Option<Vec<u8>> = self.read(|c| db::one(c, sql, [digest.to_string()], |row| row.get(0)))?;
        bytes.map(|bytes| check(digest, &bytes).map(|()| bytes)).transpose()
    }
}

fn put(tx: &Tx<'_>, digest: &Digest, bytes: &[u8]) -> Result<(), StoreError> {
    db::execute(
        tx,
        "INSERT INTO contents (digest, created_at, bytes) VALUES (?1, ?2, ?3) ON CONFLICT (digest) DO NOTHING",
        (digest.to_string(), tx.now.as_millis(), bytes),
    )?;
    Ok(())
}

fn check(digest: &Digest, bytes: &[u8]) -> Result<(), StoreError> {
    let mut hasher = Hasher::new(digest.algorithm());
    hasher.update(bytes);
    let actual = hasher.finish();
    if actual == *digest {
        return Ok(());
    }
    Err(StoreError::corrupt(format!("document {digest}"), format!("its bytes have digest {actual}")))
}
