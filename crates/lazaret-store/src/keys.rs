use lazaret_model::Timestamp;

use crate::{Store, StoreError, store::later};

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

impl Store {
    pub fn signing_keys(&self) -> Result<Vec<KeyRow>, StoreError> {
        Err(later())
    }
    pub fn add_signing_key(&self, _pkcs8: &[u8], _public: &[u8], _actor: &str) -> Result<KeyRow, StoreError> {
        Err(later())
    }
    /// The newest key in use; `pkcs8` and `public` become it when there is none (atomic over processes).
    pub fn first_signing_key(&self, _pkcs8: &[u8], _public: &[u8], _actor: &str) -> Result<KeyRow, StoreError> {
        Err(later())
    }
    pub fn retire_signing_key(&self, _id: &str, _actor: &str) -> Result<bool, StoreError> {
        Err(later())
    }
}
