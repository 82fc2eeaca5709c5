//! Repositories with their settings. One comes into being with its first blob, manifest or setting.

use lazaret_model::{Digest, ImageState, Repository, Timestamp};
use rusqlite::Row;

use crate::{
    Priority, Store, StoreError, Work, audit_log,
    db::{self, Tx},
    queue,
};

/// A repository with its settings.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RepositoryRow {
    pub name: Repository,
    /// Name of its policy; `None` = `production`.
    pub policy: Option<String>,
    pub created: Timestamp,
    /// Id of the principal, or what made it (`upload`, `mount`).
    pub created_by: String,
}

impl Store {
    /// All of them, by name.
    pub fn repositories(&self) -> Result<Vec<RepositoryRow>, StoreError> {
        let sql = "SELECT name, policy, created_at, created_by FROM repositories ORDER BY name";
        self.read(|c| db::all(c, sql, [], row))
    }

    pub fn repository(&self, name: &Repository) -> Result<Option<RepositoryRow>, StoreError> {
        let sql = "SELECT name, policy, created_at, created_by FROM repositories WHERE name = ?1";
        self.read(|c| db::one(c, sql, [name.as_str()], row))
    }

    /// Names the policy that judges the repository's images (`None`: the default), and enqueues that they are judged
    /// again, in one transaction. A repository that does not exist yet is made.
    pub fn set_policy(&self, name: &Repository, policy: Option<&str>, actor: &str) -> Result<(), StoreError> {
        self.write(|tx| {
            ensure(tx, name, actor)?;
            db::execute(tx, "UPDATE repositories SET policy = ?2 WHERE name = ?1", (name.as_str(), policy))?;
            let detail = serde_json::json!({ "policy": policy }).to_string();
            audit_log::append(tx, actor, "set_policy", name.as_str(), &detail)?;
            for digest in images(tx, name)? {
                queue::enqueue(tx, &Work::JudgeImage { repository: name.clone(), digest }, Priority::Background)?;
            }
            Ok(())
        })
    }

    /// Images (no indexes, no artifacts) by state.
    pub fn state_counts(&self, name: &Repository) -> Result<Vec<(ImageState, u64)>, StoreError> {
        let sql = "SELECT effective, COUNT(*) FROM manifests WHERE repository = ?1 AND kind = 'image'
                   GROUP BY effective ORDER BY effective";
        self.read(|c| db::all(c, sql, [name.as_str()], |row| Ok((db::state(row, 0)?, db::count(row, 1)?))))
    }
}

fn images(tx: &Tx<'_>, name: &Repository) -> Result<Vec<Digest>, StoreError> {
    let sql = "SELECT digest FROM manifests WHERE repository = ?1 AND kind = 'image' ORDER BY digest";
    db::all(tx, sql, [name.as_str()], |row| db::digest(row, 0))
}

/// Makes the repository unless it is there.
pub(crate) fn ensure(tx: &Tx<'_>, name: &Repository, by: &str) -> Result<(), StoreError> {
    db::execute(
        tx,
        "INSERT INTO repositories (name, created_at, created_by) VALUES (?1, ?2, ?3) ON CONFLICT (name) DO NOTHING",
        (name.as_str(), tx.now.as_millis(), by),
    )?;
    Ok(())
}

fn row(row: &Row<'_>) -> rusqlite::Result<RepositoryRow> {
    Ok(RepositoryRow {
        name: db::repository(row, 0)?,
        policy: row.get(1)?,
        created: db::time(row, 2)?,
        created_by: row.get(3)?,
    })
}
