//! Numbered migrations, embedded, each applied once under the write lock and remembered by its checksum.

use std::path::Path;

use lazaret_model::Timestamp;
use rusqlite::{Connection, TransactionBehavior};

use super::{all, execute};
use crate::{StoreError, blobs::hash::sha256};

struct Migration {
    version: i64,
    name: &'static str,
    sql: &'static str,
}

/// In order. A line that has shipped is never edited: write the next one.
const MIGRATIONS: &[Migration] = &[
    Migration { version: 1, name: "base", sql: include_str!("../../migrations/0001_base.sql") },
    Migration { version: 2, name: "blob_holders", sql: include_str!("../../migrations/0002_blob_holders.sql") },
];

/// Brings the schema up to this program's. Safe when several processes do it at once.
pub(super) fn migrate(connection: &mut Connection, path: &Path, now: Timestamp) -> Result<(), StoreError> {
    apply(connection, path, now, MIGRATIONS)
}

fn apply(connection: &mut Connection, path: &Path, now: Timestamp, known: &[Migration]) -> Result<(), StoreError> {
    let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    tx.execute_batch(
        "CREATE TABLE IF NOT EXISTS schema_migrations (
            version BIGINT NOT NULL PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL, applied_at BIGINT NOT NULL
        )",
    )?;
    let applied: Vec<(i64, String)> =
        all(&tx, "SELECT version, checksum FROM schema_migrations ORDER BY version", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
    let newest_known = known.last().map_or(0, |m| m.version);
    if let Some((found, _)) = applied.iter().rfind(|(version, _)| *version > newest_known) {
        return Err(StoreError::NewerSchema { path: path.to_owned(), found: *found, known: newest_known });
    }
    for migration in known {
        let checksum = sha256(migration.sql.as_bytes()).to_string();
        match applied.iter().find(|(version, _)| *version == migration.version) {
            Some((_, found)) if *found == checksum => {}
            Some(_) => return Err(StoreError::ForeignSchema { path: path.to_owned(), version: migration.version }),
            None => {
                tx.execute_batch(migration.sql)?;
                let row = (migration.version, migration.name, checksum, now.as_millis());
                execute(&tx, "INSERT INTO schema_migrations VALUES (?1, ?2, ?3, ?4)", row)?;
            }
        }
    }
    tx.commit()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(connection: &mut Connection, known: &[Migration]) -> Result<(), StoreError> {
        apply(connection, Path::new("x.db"), Timestamp::from_millis(0).unwrap(), known)
    }

    fn step(version: i64, sql: &'static str) -> Migration {
        Migration { version, name: "test", sql }
    }

    #[test]
    fn applies_each_once_and_keeps_what_is_there() {
        let mut connection = Connection::open_in_memory().unwrap();
        run(&mut connection, &[step(1, "CREATE TABLE a (x)")]).unwrap();
        connection.execute_batch("INSERT INTO a VALUES (7)").unwrap();
        let two = [step(1, "CREATE TABLE a (x)"), step(2, "ALTER TABLE a ADD COLUMN y")];
        run(&mut connection, &two).unwrap();
        run(&mut connection, &two).unwrap();
        assert_eq!(connection.query_row("SELECT x FROM a", [], |r| r.get::<_, i64>(0)).unwrap(), 7);
    }

    #[test]
    fn refuses_a_newer_and_a_foreign_schema() {
        let mut connection = Connection::open_in_memory().unwrap();
        run(&mut connection, &[step(1, "CREATE TABLE a (x)"), step(2, "CREATE TABLE b (x)")]).unwrap();
        let newer = run(&mut connection, &[step(1, "CREATE TABLE a (x)")]).unwrap_err();
        assert!(matches!(newer, StoreError::NewerSchema { found: 2, known: 1, .. }), "{newer}");
        assert!(newer.to_string().contains("use the newer program"));
        let foreign = run(&mut connection, &[step(1, "CREATE TABLE a (y)"), step(2, "CREATE TABLE b (x)")]);
        assert!(matches!(foreign, Err(StoreError::ForeignSchema { version: 1, .. })));
    }

    #[test]
    fn a_failed_step_leaves_nothing() {
        let mut connection = Connection::open_in_memory().unwrap();
        assert!(run(&mut connection, &[step(1, "CREATE TABLE a (x); CREATE TABLE a (x)")]).is_err());
        run(&mut connection, &[step(1, "CREATE TABLE a (x)")]).unwrap();
    }
}
