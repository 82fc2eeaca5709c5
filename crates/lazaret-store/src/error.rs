//! What can go wrong in the store. "Not found" on a read is `Ok(None)`, not an error.

use std::{
    io,
    path::{Path, PathBuf},
};

use lazaret_model::{Digest, ImageState, Repository};

/// One error type for the whole room.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A file operation failed.
    #[error("cannot {operation} {}", path.display())]
    Io {
        path: PathBuf,
        operation: &'static str,
        #[source]
        source: io::Error,
    },
    /// The file system under the data directory is full (or its quota is used up). Nothing acknowledged is lost.
    #[error(
        "no space left under {} while trying to {operation}: free some space or enlarge the volume, then send it again",
        path.display()
    )]
    NoSpace { path: PathBuf, operation: &'static str },
    /// Another process held the database for longer than the busy time-out.
    #[error("the database is held by another process for more than {seconds} s: try again")]
    Busy { seconds: u64 },
    /// The data directory was used by a newer Lazaret.
    #[error(
        "{} has schema {found}, this program knows up to {known}: use the newer program, or restore a backup made before it",
        path.display()
    )]
    NewerSchema { path: PathBuf, found: i64, known: i64 },
    /// A migration that was applied is not the one in this program.
    #[error("migration {version} in {} is not the one this program has: it was made by another build", path.display())]
    ForeignSchema { path: PathBuf, version: i64 },
    /// What is stored is not what was recorded.
    #[error("{what} is damaged: {detail}")]
    Corrupt { what: String, detail: String },
    /// No such upload session in that repository (never begun, finished, cancelled or expired).
    #[error("upload {id:?} is not known: begin a new one")]
    NoUpload { id: String },
    /// Another request writes to the session.
    #[error("upload {id:?} is being written by another request: wait for it or begin a new one")]
    UploadInUse { id: String },
    /// A change names a manifest that is not in the repository.
    #[error("{repository}@{digest} is not known")]
    NoManifest { repository: Repository, digest: Digest },
    /// The state was changed by somebody else since it was read; nothing was changed.
    #[error("the state of {repository}@{digest} has become {found} meanwhile: look again")]
    StateMoved { repository: Repository, digest: Digest, found: ImageState },
    /// A change names a principal that does not exist.
    #[error("principal {id:?} is not known")]
    NoPrincipal { id: String },
    /// The blob is still part of a manifest of the repository.
    #[error("{repository}@{digest} is part of a manifest: delete the manifest first")]
    Referenced { repository: Repository, digest: Digest },
    /// The operating system gave no random bytes.
    #[error("the operating system gave no random bytes")]
    Random,
    /// Anything else that the database says.
    #[error("database: {0}")]
    Database(#[source] rusqlite::Error),
}

impl StoreError {
    /// Sorts "the disk is full" out of the other failures.
    pub(crate) fn io(path: &Path, operation: &'static str, source: io::Error) -> Self {
        if matches!(source.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded) {
            let path = path.parent().unwrap_or(path).to_owned();
            return Self::NoSpace { path, operation };
        }
        Self::Io { path: path.to_owned(), operation, source }
    }

    pub(crate) fn corrupt(what: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::Corrupt { what: what.into(), detail: detail.into() }
    }

    /// Whether the same call may succeed later, with nothing changed by a person but free space.
    pub fn is_passing(&self) -> bool {
        matches!(self, Self::Busy { .. } | Self::NoSpace { .. } | Self::UploadInUse { .. } | Self::StateMoved { .. })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_named_and_passes() {
        for code in [28, 122] {
            let source = io::Error::from_raw_os_error(code);
            let error = StoreError::io(Path::new("/data/spool/x"), "write upload", source);
            assert!(error.is_passing());
            let text = error.to_string();
            assert!(
                text.contains("/data/spool") && text.contains("write upload") && text.contains("free some"),
                "{text}"
            );
        }
        let other = StoreError::io(Path::new("/data/x"), "open", io::Error::from_raw_os_error(13));
        assert!(!other.is_passing() && other.to_string() == "cannot open /data/x");
    }
}
