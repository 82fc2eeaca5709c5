//! Blobs as files, `blobs/<algorithm>/<first two digits>/<hex>`. A name appears only when its bytes are durable, and
//! an object is never written to again.

use std::{
    collections::HashSet,
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use lazaret_model::Digest;

use super::hash::Hasher;
use crate::{
    StoreError,
    store::{make_dir, remove_file, sync_dir},
};

pub(crate) struct BlobFiles {
    root: PathBuf,
    /// Directories whose own names this process has made durable.
    durable: Mutex<HashSet<PathBuf>>,
}

impl BlobFiles {
    pub(crate) fn new(root: PathBuf) -> Self {
        Self { root, durable: Mutex::default() }
    }

    pub(crate) fn path(&self, digest: &Digest) -> PathBuf {
        let hex = digest.hex();
        self.root.join(digest.algorithm().name()).join(&hex[..2]).join(hex)
    }

    /// Opens an object; `None` when there is none. Returns its length as the file system has it.
    pub(crate) fn open(&self, digest: &Digest) -> Result<Option<(File, u64)>, StoreError> {
        let path = self.path(digest);
        let opened = File::open(&path).and_then(|file| file.metadata().map(|m| (file, m.len())));
        match opened {
            Ok(found) => Ok(Some(found)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(StoreError::io(&path, "open blob", error)),
        }
    }

    /// Gives the verified, already durable bytes of `spool` their name (registry.md 5.2b, "publish"). `token` makes
    /// temporary names unique. An object that is there is checked, not trusted: a damaged one is replaced, so that
    /// pushing again heals. Returns once the name is durable; the spool's own name stays.
    pub(crate) fn publish(&self, spool: &Path, token: &str, digest: &Digest, size: u64) -> Result<(), StoreError> {
        let path = self.path(digest);
        let Some(dir) = path.parent() else { return Err(StoreError::corrupt("blob path", "it has no parent")) };
        self.make_durable_dir(dir)?;
        match fs::hard_link(spool, &path) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                if !is_whole(&path, digest, size) {
                    tracing::warn!(blob.digest = %digest, "stored blob was damaged; replaced by what was pushed");
                    let beside = dir.join(format!(".{token}"));
                    // Left by a crash of this very session.
                    remove_file(&beside)?;
                    fs::hard_link(spool, &beside).map_err(|e| StoreError::io(&beside, "link blob", e))?;
                    fs::rename(&beside, &path).map_err(|e| StoreError::io(&path, "replace blob", e))?;
                    remove_file(&beside)?;
                }
            }
            Err(error) => return Err(StoreError::io(&path, "link blob", error)),
        }
        // Also when another upload made the name: its own sync may not have happened yet.
        sync_dir(dir)
    }

    fn make_durable_dir(&self, dir: &Path) -> Result<(), StoreError> {
        let known = |set: &Mutex<HashSet<PathBuf>>| set.lock().unwrap_or_else(PoisonError::into_inner).contains(dir);
        if known(&self.durable) {
            return Ok(());
        }
        make_dir(dir)?;
        // The fan-out directory's name lives in the algorithm's, that one's in the root.
        for parent in dir.ancestors().skip(1).take(2) {
            sync_dir(parent)?;
        }
        self.durable.lock().unwrap_or_else(PoisonError::into_inner).insert(dir.to_owned());
        Ok(())
    }
}

/// Whether the file has this size and digest. One that cannot be read has not.
fn is_whole(path: &Path, digest: &Digest, size: u64) -> bool {
    let check = || -> io::Result<bool> {
        let mut file = File::open(path)?;
        if file.metadata()?.len() != size {
            return Ok(false);
        }
        let mut hasher = Hasher::new(digest.algorithm());
        hasher.update_from(&mut file)?;
        Ok(hasher.finish() == *digest)
    };
    check().unwrap_or(false)
}
