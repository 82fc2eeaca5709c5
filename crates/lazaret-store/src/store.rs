use std::{
    fs::{self, DirBuilder, File},
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
    sync::Arc,
};

use lazaret_model::{Clock, Timestamp};
use rusqlite::Connection;

use crate::{
    StoreError,
    blobs::{fs::BlobFiles, spool::Spool},
    db::{Pool, Tx},
    queue::Wake,
};

/// Handle on a data directory. Cheap to clone; every method blocks, so async callers use a blocking thread.
/// Several processes may hold one on the same directory.
#[derive(Clone)]
pub struct Store {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    dir: PathBuf,
    clock: Arc<dyn Clock>,
    pool: Pool,
    pub(crate) files: BlobFiles,
    pub(crate) spool: Spool,
    pub(crate) wake: Wake,
}

impl Store {
    /// Opens (and makes, on first use) `dir/lazaret.db`, `dir/blobs` and `dir/spool`, then removes upload sessions
    /// that have expired. A new directory is readable by its owner alone: it will hold private keys.
    pub fn open(dir: &Path, clock: Arc<dyn Clock>) -> Result<Self, StoreError> {
        let made = !dir.exists();
        make_dir(dir)?;
        if let (true, Some(parent)) = (made, dir.canonicalize().ok().as_deref().and_then(Path::parent)) {
            sync_dir(parent)?;
        }
        let (blobs, spool) = (dir.join("blobs"), dir.join("spool"));
        make_dir(&blobs)?;
        make_dir(&spool)?;
        let pool = Pool::open(&dir.join("lazaret.db"), clock.now())?;
        // The names of the database and of both directories are durable before anything is acknowledged.
        sync_dir(dir)?;
        let inner = Inner {
            dir: dir.to_owned(),
            clock,
            pool,
            files: BlobFiles::new(blobs),
            spool: Spool::new(spool),
            wake: Wake::default(),
        };
        let store = Self { inner: Arc::new(inner) };
        if let Err(error) = store.sweep_spool() {
            tracing::warn!(error = %error, "could not clean the spool");
        }
        Ok(store)
    }

    /// The data directory.
    pub fn dir(&self) -> &Path {
        &self.inner.dir
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.inner.clock.now()
    }

    /// One write transaction; whoever waits for work is woken after its commit.
    pub(crate) fn write<T>(&self, work: impl FnOnce(&Tx<'_>) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let (value, enqueued) = self.inner.pool.write(self.now(), work)?;
        self.inner.wake.notify(enqueued);
        Ok(value)
    }

    pub(crate) fn read<T>(&self, work: impl FnOnce(&Connection) -> Result<T, StoreError>) -> Result<T, StoreError> {
        self.inner.pool.read(work)
    }
}

/// Makes a directory (and those above it) for the owner alone; one that exists is left as it is.
pub(crate) fn make_dir(path: &Path) -> Result<(), StoreError> {
    DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(|e| StoreError::io(path, "make directory", e))
}

/// Makes the names in a directory durable.
pub(crate) fn sync_dir(path: &Path) -> Result<(), StoreError> {
    File::open(path).and_then(|dir| dir.sync_all()).map_err(|e| StoreError::io(path, "sync directory", e))
}

/// Removes a file; one that is gone already is no fault.
pub(crate) fn remove_file(path: &Path) -> Result<(), StoreError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(StoreError::io(path, "remove", error)),
        _ => Ok(()),
    }
}
