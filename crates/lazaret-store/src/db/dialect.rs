//! What is SQLite's own: pragmas, and the meaning of its error codes. Everything else is plain SQL.

use std::{path::PathBuf, time::Duration};

use rusqlite::{Connection, ErrorCode};

use crate::StoreError;

/// How long a connection waits for a lock of another process.
pub(super) const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// Write-ahead log, so that readers never wait; every commit is on disk before it returns (registry.md, I1).
pub(super) fn configure_writer(connection: &Connection) -> rusqlite::Result<()> {
    configure(connection)?;
    // Changing the journal mode does not honour the busy time-out; it is only changed once per data directory.
    let mode: String = connection.pragma_query_value(None, "journal_mode", |row| row.get(0))?;
    if mode != "wal" {
        let mode: String = connection.pragma_update_and_check(None, "journal_mode", "wal", |row| row.get(0))?;
        tracing::debug!(db.journal_mode = %mode, "set the journal mode");
    }
    connection.pragma_update(None, "synchronous", "full")
}

pub(super) fn configure_reader(connection: &Connection) -> rusqlite::Result<()> {
    configure(connection)?;
    connection.pragma_update(None, "query_only", true)
}

fn configure(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.set_prepared_statement_cache_capacity(128);
    Ok(())
}

/// Whether trying the same again may help.
pub(super) fn is_busy(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        if is_busy(&error) {
            return Self::Busy { seconds: BUSY_TIMEOUT.as_secs() };
        }
        match (&error, error.sqlite_error_code()) {
            (_, Some(ErrorCode::DiskFull)) => {
                Self::NoSpace { path: PathBuf::from("the data directory"), operation: "write the database" }
            }
            (_, Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
            | (
                rusqlite::Error::FromSqlConversionFailure(..)
                | rusqlite::Error::IntegralValueOutOfRange(..)
                | rusqlite::Error::InvalidColumnType(..),
                _,
            ) => Self::corrupt("the database", error.to_string()),
            _ => Self::Database(error),
        }
    }
}
