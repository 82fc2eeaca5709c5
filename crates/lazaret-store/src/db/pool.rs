//! One connection that writes, a few that read. Readers never wait for the writer (write-ahead log).

use std::{
    cell::Cell,
    ops::Deref,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    thread,
    time::Duration,
};

use lazaret_model::Timestamp;
use rusqlite::{Connection, Transaction, TransactionBehavior};

use super::{dialect, migrate};
use crate::StoreError;

/// Read connections kept for reuse; a burst opens more and lets them go.
const IDLE_READERS: usize = 8;

pub(crate) struct Pool {
    path: PathBuf,
    writer: Mutex<Connection>,
    readers: Mutex<Vec<Connection>>,
}

/// A write transaction. Dropped without commit, it leaves nothing behind.
pub(crate) struct Tx<'a> {
    inner: Transaction<'a>,
    /// The time of everything that it writes.
    pub(crate) now: Timestamp,
    enqueued: Cell<usize>,
}

impl Tx<'_> {
    /// Notes that a job was enqueued: the queue's waiters are woken after the commit, never before.
    pub(crate) fn wake_later(&self) {
        self.enqueued.set(self.enqueued.get() + 1);
    }
}

impl Deref for Tx<'_> {
    type Target = Connection;
    fn deref(&self) -> &Connection {
        &self.inner
    }
}

impl Pool {
    /// Opens the database file, making and migrating it as needed.
    pub(crate) fn open(path: &Path, now: Timestamp) -> Result<Self, StoreError> {
        let mut writer = Connection::open(path)?;
        let mut tries = 0;
        while let Err(error) = dialect::configure_writer(&writer) {
            tries += 1;
            if !dialect::is_busy(&error) || tries > 100 {
                return Err(error.into());
            }
            thread::sleep(Duration::from_millis(20));
        }
        migrate::migrate(&mut writer, path, now)?;
        Ok(Self { path: path.to_owned(), writer: Mutex::new(writer), readers: Mutex::default() })
    }

    /// Runs `work` in one transaction that holds the write lock from its start, and commits it durably. Returns what
    /// `work` returned and how many jobs it enqueued.
    pub(crate) fn write<T>(
        &self,
        now: Timestamp,
        work: impl FnOnce(&Tx<'_>) -> Result<T, StoreError>,
    ) -> Result<(T, usize), StoreError> {
        self.write_inner(now, work).map_err(|error| self.place(error))
    }

    fn write_inner<T>(
        &self,
        now: Timestamp,
        work: impl FnOnce(&Tx<'_>) -> Result<T, StoreError>,
    ) -> Result<(T, usize), StoreError> {
        // A panic inside `work` rolled its transaction back: the connection is fit for use.
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let inner = writer.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let tx = Tx { inner, now, enqueued: Cell::new(0) };
        let value = work(&tx)?;
        let enqueued = tx.enqueued.get();
        tx.inner.commit()?;
        Ok((value, enqueued))
    }

    /// Runs `work` on one consistent view of the database.
    pub(crate) fn read<T>(&self, work: impl FnOnce(&Connection) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let idle = self.readers.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let reader = match idle {
            Some(reader) => reader,
            None => self.open_reader()?,
        };
        let value = {
            let view = reader.unchecked_transaction()?;
            work(&view)
        };
        let mut readers = self.readers.lock().unwrap_or_else(PoisonError::into_inner);
        if readers.len() < IDLE_READERS {
            readers.push(reader);
        }
        value
    }

    fn open_reader(&self) -> Result<Connection, StoreError> {
        let reader = Connection::open(&self.path)?;
        dialect::configure_reader(&reader)?;
        Ok(reader)
    }

    /// Names the directory that is full.
    fn place(&self, error: StoreError) -> StoreError {
        match error {
            StoreError::NoSpace { operation, path } if !path.is_absolute() => {
                let path = self.path.parent().map_or(path, Path::to_path_buf);
                StoreError::NoSpace { path, operation }
            }
            other => other,
        }
    }
}
