//! Signed decisions, and which digest they were about.

use lazaret_model::{Digest, ImageState, Repository, SignedDecision, Timestamp};
use rusqlite::Row;

use crate::{
    Store, StoreError,
    db::{self, Tx},
};

/// One step in a digest's history: a state that was set, with the decision that did it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DecisionRow {
    pub at: Timestamp,
    pub previous: ImageState,
    pub state: ImageState,
    /// Id of the decision; `None` when a person set the state.
    pub decision: Option<Digest>,
    pub actor: String,
    pub reason: String,
}

impl Store {
    pub fn decision(&self, id: &Digest) -> Result<Option<SignedDecision>, StoreError> {
        let sql = "SELECT id, body, signed_by, signature FROM decisions WHERE id = ?1";
        self.read(|c| db::one(c, sql, [id.to_string()], signed))
    }

    /// The newest decision about a digest in a repository, the manifest still there or not.
    pub fn latest_decision(
        &self,
        repository: &Repository,
        digest: &Digest,
    ) -> Result<Option<SignedDecision>, StoreError> {
        let sql = "SELECT d.id, d.body, d.signed_by, d.signature
                   FROM state_changes s JOIN decisions d ON d.id = s.decision
                   WHERE s.repository = ?1 AND s.digest = ?2 ORDER BY s.seq DESC LIMIT 1";
        self.read(|c| db::one(c, sql, (repository.as_str(), digest.to_string()), signed))
    }

    /// The whole history of a digest in a repository, newest first.
    pub fn decisions_of(&self, repository: &Repository, digest: &Digest) -> Result<Vec<DecisionRow>, StoreError> {
        let sql = "SELECT at, previous, state, decision, actor, reason FROM state_changes
                   WHERE repository = ?1 AND digest = ?2 ORDER BY seq DESC";
        let read = |row: &Row<'_>| {
            Ok(DecisionRow {
                at: db::time(row, 0)?,
                previous: db::state(row, 1)?,
                state: db::state(row, 2)?,
                decision: db::digest_option(row, 3)?,
                actor: row.get(4)?,
                reason: row.get(5)?,
            })
        };
        self.read(|c| db::all(c, sql, (repository.as_str(), digest.to_string()), read))
    }
}

/// Stores a decision. One with the same id has the same body; its first signature stays.
pub(crate) fn record(tx: &Tx<'_>, decision: &SignedDecision) -> Result<(), StoreError> {
    db::execute(
        tx,
        "INSERT INTO decisions (id, body, signed_by, signature, created_at) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (id) DO NOTHING",
        (decision.id.to_string(), &decision.body, &decision.key, &decision.signature, tx.now.as_millis()),
    )?;
    Ok(())
}

fn signed(row: &Row<'_>) -> rusqlite::Result<SignedDecision> {
    Ok(SignedDecision { id: db::digest(row, 0)?, body: row.get(1)?, key: row.get(2)?, signature: row.get(3)? })
}
