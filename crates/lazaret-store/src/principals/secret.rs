//! Ids and secrets: made here, shown once, stored as a hash, compared in constant time.

use std::fmt;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use lazaret_model::{Binding, Principal, Timestamp};
use rand::TryRngCore;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::{bind, known, load, raise_epoch};
use crate::{Store, StoreError, audit_log, db};

/// What is shown once.
#[derive(Clone, PartialEq, Eq)]
pub struct NewPrincipal {
    /// `sp-` and ten characters of `a-z2-7`.
    pub id: String,
    /// 256 random bits in 43 characters of `A-Za-z0-9_-`.
    pub secret: String,
}

/// Without the secret.
impl fmt::Debug for NewPrincipal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewPrincipal").field("id", &self.id).finish_non_exhaustive()
    }
}

impl Store {
    /// Makes a principal with its first bindings. The secret is returned here and nowhere else.
    pub fn create_principal(
        &self,
        name: &str,
        bindings: &[Binding],
        expires: Option<Timestamp>,
        actor: &str,
    ) -> Result<NewPrincipal, StoreError> {
        let new = NewPrincipal { id: new_id()?, secret: new_secret()? };
        self.write(|tx| {
            db::execute(
                tx,
                "INSERT INTO principals (id, name, secret_hash, created_at, created_by, expires_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                (
                    &new.id,
                    name,
                    hash(&new.secret).as_slice(),
                    tx.now.as_millis(),
                    actor,
                    expires.map(Timestamp::as_millis),
                ),
            )?;
            bindings.iter().try_for_each(|binding| bind(tx, &new.id, binding))?;
            let detail = serde_json::json!({ "name": name, "bindings": bindings, "expires": expires });
            audit_log::append(tx, actor, "create_principal", &new.id, &detail.to_string())
        })?;
        Ok(new)
    }

    /// The principal when the secret is its own and it is active. An unknown id takes the same path as a wrong
    /// secret: the time says nothing about which it was.
    pub fn authenticate(&self, id: &str, secret: &str) -> Result<Option<Principal>, StoreError> {
        let now = self.now();
        let given = hash(secret);
        let (stored, row) = self.read(|c| {
            let sql = "SELECT secret_hash FROM principals WHERE id = ?1";
            let stored = db::one(c, sql, [id], |row| row.get::<_, [u8; 32]>(0))?;
            Ok((stored, load(c, id)?))
        })?;
        let same = given.ct_eq(&stored.unwrap_or([0; 32])).into();
        let row = row.filter(|row| same && stored.is_some() && row.is_active(now));
        Ok(row.map(|row| row.principal))
    }

    /// Gives a principal a new secret. The old one, and tokens minted before, are refused from now on.
    pub fn rotate_secret(&self, id: &str, actor: &str) -> Result<String, StoreError> {
        let secret = new_secret()?;
        self.write(|tx| {
            known(tx, id)?;
            let sql = "UPDATE principals SET secret_hash = ?2 WHERE id = ?1";
            db::execute(tx, sql, (id, hash(&secret).as_slice()))?;
            raise_epoch(tx, id)?;
            audit_log::append(tx, actor, "rotate_secret", id, "{}")
        })?;
        Ok(secret)
    }
}

/// A plain hash is enough for 256 random bits: there is nothing to guess.
fn hash(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}

fn random<const N: usize>() -> Result<[u8; N], StoreError> {
    let mut bytes = [0; N];
    rand::rngs::OsRng.try_fill_bytes(&mut bytes).map_err(|_| StoreError::Random)?;
    Ok(bytes)
}

fn new_id() -> Result<String, StoreError> {
    const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
    let digits = random::<10>()?.map(|byte| char::from(ALPHABET[usize::from(byte & 31)]));
    Ok(format!("sp-{}", digits.iter().collect::<String>()))
}

/// Never begins with '-', which a command line would take for an option.
fn new_secret() -> Result<String, StoreError> {
    loop {
        let secret = URL_SAFE_NO_PAD.encode(random::<32>()?);
        if !secret.starts_with('-') {
            return Ok(secret);
        }
    }
}
