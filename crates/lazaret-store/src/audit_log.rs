use lazaret_model::Timestamp;

use crate::{Store, StoreError, store::later};

/// One line of the audit log.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AuditRow {
    pub seq: i64,
    pub at: Timestamp,
    /// Id of the principal, or `system`, `worker`, `admin`.
    pub actor: String,
    /// `verb_object`: `push_manifest`, `set_state`, `grant_role`.
    pub action: String,
    /// What it was done to: `repo@digest`, `repo:tag`, a principal's id.
    pub target: String,
    /// Anything else, as JSON text.
    pub detail: String,
    /// Hash of the row before; 64 zeros in the first.
    pub prev: String,
    /// SHA-256 over `prev` and every field of this row.
    pub hash: String,
}

/// What [`Store::verify_audit_log`] found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AuditCheck {
    pub rows: u64,
    /// `seq` of the first row that does not follow from the one before; `None` when the chain holds.
    pub broken: Option<i64>,
}

impl Store {
    pub fn audit(&self, _actor: &str, _action: &str, _target: &str, _detail: &str) -> Result<(), StoreError> {
        Err(later())
    }
    pub fn audit_rows(&self, _after: i64, _n: usize) -> Result<Vec<AuditRow>, StoreError> {
        Err(later())
    }
    pub fn verify_audit_log(&self) -> Result<AuditCheck, StoreError> {
        Err(later())
    }
}
