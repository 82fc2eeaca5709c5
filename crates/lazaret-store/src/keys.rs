//! Keys that sign decisions. A retired one loses its private half and verifies old decisions for ever.

use std::fmt;

use lazaret_model::Timestamp;
use rusqlite::{Connection, Row};

use crate::{
    Store, StoreError, audit_log,
    blobs::hash::sha256,
    db::{self, Tx},
};

/// A key that signs decisions.
#[derive(Clone, PartialEq, Eq)]
pub struct KeyRow {
    /// First 16 hexadecimal digits of the SHA-256 of `public`.
    pub id: String,
    pub created: Timestamp,
    pub retired: Option<Timestamp>,
    /// The private key; gone once retired.
    pub pkcs8: Option<Vec<u8>>,
    pub public: Vec<u8>,
}

/// Without the private key: rows get logged.
impl fmt::Debug for KeyRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyRow")
            .field("id", &self.id)
            .field("created", &self.created)
            .field("retired", &self.retired)
            .finish_non_exhaustive()
    }
}

impl Store {
    /// All keys, oldest first, retired ones too.
    pub fn signing_keys(&self) -> Result<Vec<KeyRow>, StoreError> {
        self.read(keys)
    }

    /// Adds a key; from now on it is the newest in use.
    pub fn add_signing_key(&self, pkcs8: &[u8], public: &[u8], actor: &str) -> Result<KeyRow, StoreError> {
        self.write(|tx| add(tx, pkcs8, public, actor))
    }

    /// The newest key in use; `pkcs8` and `public` become it when there is none. Of several processes that start at
    /// once, one adds its key and all get that.
    pub fn first_signing_key(&self, pkcs8: &[u8], public: &[u8], actor: &str) -> Result<KeyRow, StoreError> {
        self.write(|tx| match keys(tx)?.into_iter().rfind(|key| key.retired.is_none()) {
            Some(key) => Ok(key),
            None => add(tx, pkcs8, public, actor),
        })
    }

    /// Takes a key out of use and drops its private half; `false` when it was not in use.
    pub fn retire_signing_key(&self, id: &str, actor: &str) -> Result<bool, StoreError> {
        self.write(|tx| {
            let sql = "UPDATE signing_keys SET retired_at = ?2, pkcs8 = NULL WHERE id = ?1 AND retired_at IS NULL";
            if db::execute(tx, sql, (id, tx.now.as_millis()))? == 0 {
                return Ok(false);
            }
            audit_log::append(tx, actor, "retire_signing_key", id, "{}")?;
            Ok(true)
        })
    }
}

fn add(tx: &Tx<'_>, pkcs8: &[u8], public: &[u8], actor: &str) -> Result<KeyRow, StoreError> {
    let id = sha256(public).hex()[..16].to_owned();
    db::execute(
        tx,
        "INSERT INTO signing_keys (id, created_at, pkcs8, public) VALUES (?1, ?2, ?3, ?4)",
        (&id, tx.now.as_millis(), pkcs8, public),
    )?;
    audit_log::append(tx, actor, "add_signing_key", &id, "{}")?;
    Ok(KeyRow { id, created: tx.now, retired: None, pkcs8: Some(pkcs8.to_vec()), public: public.to_vec() })
}

fn keys(c: &Connection) -> Result<Vec<KeyRow>, StoreError> {
    let sql = "SELECT id, created_at, retired_at, pkcs8, public FROM signing_keys ORDER BY created_at, id";
    db::all(c, sql, [], |row: &Row<'_>| {
        Ok(KeyRow {
            id: row.get(0)?,
            created: db::time(row, 1)?,
            retired: db::time_option(row, 2)?,
            pkcs8: row.get(3)?,
            public: row.get(4)?,
        })
    })
}
