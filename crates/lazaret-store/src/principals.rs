use lazaret_model::{Binding, Prefix, Principal, Role, Timestamp};

use crate::{Store, StoreError, store::later};

/// What is shown once.
#[derive(Clone, PartialEq, Eq)]
pub struct NewPrincipal {
    pub id: String,
    pub secret: String,
}

/// A principal as administrators see it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PrincipalRow {
    pub principal: Principal,
    pub created: Timestamp,
    pub created_by: String,
    pub expires: Option<Timestamp>,
    pub disabled: Option<Timestamp>,
    pub token_epoch: i64,
}

impl Store {
    pub fn create_principal(
        &self, _name: &str, _bindings: &[Binding], _expires: Option<Timestamp>, _actor: &str,
    ) -> Result<NewPrincipal, StoreError> {
        Err(later())
    }
    pub fn authenticate(&self, _id: &str, _secret: &str) -> Result<Option<Principal>, StoreError> {
        Err(later())
    }
    pub fn principal(&self, _id: &str) -> Result<Option<Principal>, StoreError> {
        Err(later())
    }
    pub fn principal_row(&self, _id: &str) -> Result<Option<PrincipalRow>, StoreError> {
        Err(later())
    }
    pub fn principals(&self) -> Result<Vec<PrincipalRow>, StoreError> {
        Err(later())
    }
    pub fn grant(&self, _id: &str, _binding: &Binding, _actor: &str) -> Result<(), StoreError> {
        Err(later())
    }
    pub fn revoke(&self, _id: &str, _role: Role, _on: &Prefix, _actor: &str) -> Result<bool, StoreError> {
        Err(later())
    }
    pub fn disable_principal(&self, _id: &str, _actor: &str) -> Result<(), StoreError> {
        Err(later())
    }
    pub fn rotate_secret(&self, _id: &str, _actor: &str) -> Result<String, StoreError> {
        Err(later())
    }
    pub fn token_epoch(&self, _id: &str) -> Result<i64, StoreError> {
        Err(later())
    }
    pub fn principal_with_epoch(&self, _id: &str) -> Result<Option<(Principal, i64)>, StoreError> {
        Err(later())
    }
}
