//! What nobody comes back for.

use std::{fs, io, time::UNIX_EPOCH};

use super::SESSION_TTL;
use crate::{Store, StoreError, db, store::remove_file};

/// What [`Store::sweep_spool`] did.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct SweepReport {
    /// Sessions that had expired, and the memory of finished ones.
    pub sessions: u64,
    /// Spool files without a session, older than 24 h.
    pub orphans: u64,
}

impl Store {
    /// Removes expired sessions with their files, and files without a session that are older than 24 h. What is live
    /// is never touched. Called at every [`Store::open`]; call it now and then in a process that runs for long.
    pub fn sweep_spool(&self) -> Result<SweepReport, StoreError> {
        let now = self.now().as_millis();
        let expired = |c: &rusqlite::Connection| {
            db::all(c, "SELECT id FROM uploads WHERE expires_at <= ?1", [now], |row| row.get::<_, String>(0))
        };
        let mut report = SweepReport::default();
        // Looked for with a read first: the write lock is taken only when there is something to do.
        if !self.read(expired)?.is_empty() {
            let gone = self.write(|tx| {
                let ids = expired(tx)?;
                db::execute(tx, "DELETE FROM uploads WHERE expires_at <= ?1", [now])?;
                Ok(ids)
            })?;
            for id in &gone {
                self.inner.spool.remove(id)?;
            }
            report.sessions = gone.len() as u64;
        }
        report.orphans = self.sweep_orphans(now)?;
        Ok(report)
    }

    fn sweep_orphans(&self, now: i64) -> Result<u64, StoreError> {
        let dir = self.inner.spool.dir();
        let failed = |e: io::Error| StoreError::io(dir, "list", e);
        let mut orphans = 0;
        for entry in fs::read_dir(dir).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            // Gone since it was listed: finished or cancelled.
            let Ok(metadata) = entry.metadata() else { continue };
            let changed = metadata.modified().ok().and_then(|t| t.duration_since(UNIX_EPOCH).ok());
            let changed = changed.and_then(|age| i64::try_from(age.as_millis()).ok()).unwrap_or(now);
            if now.saturating_sub(changed) < SESSION_TTL {
                continue;
            }
            let name = entry.file_name();
            let id = name.to_string_lossy();
            let sql = "SELECT 1 FROM uploads WHERE id = ?1 AND finished_digest IS NULL";
            if self.read(|c| db::one(c, sql, [&id], |_| Ok(())))?.is_none() {
                remove_file(&entry.path())?;
                orphans += 1;
            }
        }
        Ok(orphans)
    }
}
