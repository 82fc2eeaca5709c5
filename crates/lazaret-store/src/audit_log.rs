//! Who did what, in a chain: each row's hash covers the row before, so that none can be changed, taken out or put in
//! without every later hash changing. Rows are written in the transaction of what they record. Rows missing at the
//! very end are not seen by the chain alone: keep the last hash elsewhere.

use lazaret_model::Timestamp;
use rusqlite::Row;
use sha2::{Digest as _, Sha256};

use crate::{
    Store, StoreError,
    db::{self, Tx},
};

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

/// Rows looked at in one read while verifying.
const PAGE: usize = 1000;

impl Store {
    /// Appends a row for something that changes nothing else in the store (a bypass that was read, a failed sign-in).
    pub fn audit(&self, actor: &str, action: &str, target: &str, detail: &str) -> Result<(), StoreError> {
        self.write(|tx| append(tx, actor, action, target, detail))
    }

    /// As [`Store::audit`], for several in one transaction: actor, action, target, detail.
    pub fn audit_all(&self, rows: &[(String, &str, String, String)]) -> Result<(), StoreError> {
        self.write(|tx| {
            rows.iter().try_for_each(|(actor, action, target, detail)| append(tx, actor, action, target, detail))
        })
    }

    /// Up to `n` rows after `seq` `after`, oldest first; from the start with 0.
    pub fn audit_rows(&self, after: i64, n: usize) -> Result<Vec<AuditRow>, StoreError> {
        let sql = "SELECT seq, at, actor, action, target, detail, prev, hash FROM audit_log
                   WHERE seq > ?1 ORDER BY seq LIMIT ?2";
        self.read(|c| db::all(c, sql, (after, db::limit(n)), row))
    }

    /// Walks the whole chain.
    pub fn verify_audit_log(&self) -> Result<AuditCheck, StoreError> {
        let (mut after, mut prev, mut rows) = (0, zeros(), 0);
        loop {
            let page = self.audit_rows(after, PAGE)?;
            if page.is_empty() {
                return Ok(AuditCheck { rows, broken: None });
            }
            for row in page {
                if row.seq != after + 1 || row.prev != prev || row.hash != hash(&row) {
                    return Ok(AuditCheck { rows, broken: Some(row.seq) });
                }
                (after, prev, rows) = (row.seq, row.hash, rows + 1);
            }
        }
    }
}

/// Appends a row in the caller's transaction.
pub(crate) fn append(tx: &Tx<'_>, actor: &str, action: &str, target: &str, detail: &str) -> Result<(), StoreError> {
    let last = "SELECT seq, hash FROM audit_log ORDER BY seq DESC LIMIT 1";
    let last = db::one(tx, last, [], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?)))?;
    let (seq, prev) = last.map_or_else(|| (1, zeros()), |(seq, hash)| (seq + 1, hash));
    let mut new = AuditRow {
        seq,
        at: tx.now,
        actor: actor.to_owned(),
        action: action.to_owned(),
        target: target.to_owned(),
        detail: detail.to_owned(),
        prev,
        hash: String::new(),
    };
    new.hash = hash(&new);
    db::execute(
        tx,
        "INSERT INTO audit_log (seq, at, actor, action, target, detail, prev, hash)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        (new.seq, new.at.as_millis(), actor, action, target, detail, new.prev, new.hash),
    )?;
    Ok(())
}

fn zeros() -> String {
    "0".repeat(64)
}

/// Each field is preceded by its length, so that no text can move from one to the next unseen.
fn hash(row: &AuditRow) -> String {
    let (seq, at) = (row.seq.to_string(), row.at.as_millis().to_string());
    let mut hasher = Sha256::new();
    for field in [&row.prev, &seq, &at, &row.actor, &row.action, &row.target, &row.detail] {
        hasher.update((field.len() as u64).to_le_bytes());
        hasher.update(field.as_bytes());
    }
    hex::encode(hasher.finalize())
}

fn row(row: &Row<'_>) -> rusqlite::Result<AuditRow> {
    Ok(AuditRow {
        seq: row.get(0)?,
        at: db::time(row, 1)?,
        actor: row.get(2)?,
        action: row.get(3)?,
        target: row.get(4)?,
        detail: row.get(5)?,
        prev: row.get(6)?,
        hash: row.get(7)?,
    })
}
