//! Bytes on their way in: one named file per upload session, `spool/<id>`, on the file system of the blobs.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io,
    os::unix::fs::{MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use crate::{StoreError, store::remove_file};

pub(crate) struct Spool {
    dir: PathBuf,
}

/// A spool file that nobody else writes to, in any process, while it is held.
pub(crate) struct SpoolFile {
    pub(crate) file: File,
    pub(crate) path: PathBuf,
}

impl Spool {
    pub(crate) fn new(dir: PathBuf) -> Self {
        Self { dir }
    }

    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    /// `id` comes from a session row, never from a client.
    pub(crate) fn path(&self, id: &str) -> PathBuf {
        self.dir.join(id)
    }

    pub(crate) fn create(&self, id: &str) -> Result<(), StoreError> {
        let path = self.path(id);
        options().create_new(true).open(&path).map(drop).map_err(|e| StoreError::io(&path, "create upload", e))
    }

    /// Bytes received; 0 when a crash took the file's name.
    pub(crate) fn len(&self, id: &str) -> Result<u64, StoreError> {
        let path = self.path(id);
        match fs::metadata(&path) {
            Ok(metadata) => Ok(metadata.len()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(0),
            Err(error) => Err(StoreError::io(&path, "look at upload", error)),
        }
    }

    /// Opens the session's file for writing, at most one at a time; `None` when another holds it.
    pub(crate) fn hold(&self, id: &str) -> Result<Option<SpoolFile>, StoreError> {
        let path = self.path(id);
        let failed = |e| StoreError::io(&path, "open upload", e);
        // The name is created again where a crash took it: the row promises a session, and it begins at 0.
        let file = options().create(true).truncate(false).open(&path).map_err(failed)?;
        if !lock(&file, &path)? {
            return Ok(None);
        }
        let links = file.metadata().map_err(failed)?.nlink();
        match links {
            // Cancelled, finished or detached between the open and the lock.
            0 => Ok(None),
            1 => Ok(Some(SpoolFile { file, path })),
            _ => self.detach(id, file, &path),
        }
    }

    /// A crash between link and commit leaves the spool file and the published object one and the same. An object is
    /// never written to again, so the session goes on with a copy.
    fn detach(&self, id: &str, mut shared: File, path: &Path) -> Result<Option<SpoolFile>, StoreError> {
        let beside = self.dir.join(format!("{id}.detach"));
        let failed = |e| StoreError::io(&beside, "copy upload", e);
        let mut copy = options().create(true).truncate(true).open(&beside).map_err(failed)?;
        if !lock(&copy, &beside)? {
            return Ok(None);
        }
        io::copy(&mut shared, &mut copy).map_err(failed)?;
        copy.sync_all().map_err(failed)?;
        fs::rename(&beside, path).map_err(failed)?;
        Ok(Some(SpoolFile { file: copy, path: path.to_owned() }))
    }

    pub(crate) fn remove(&self, id: &str) -> Result<(), StoreError> {
        remove_file(&self.path(id))
    }
}

fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true).mode(0o600);
    options
}

fn lock(file: &File, path: &Path) -> Result<bool, StoreError> {
    match file.try_lock() {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) => Err(StoreError::io(path, "lock upload", error)),
    }
}
