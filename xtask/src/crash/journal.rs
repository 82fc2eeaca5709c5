//! The client's own journal: one JSON line for each write that the server acknowledged, on disk before the next request.

use crate::workspace;
use anyhow::{Context, Result};
use serde::Serialize;
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// One acknowledged write.
#[derive(Serialize, Clone)]
pub(super) struct Entry {
    /// Milliseconds since 1970.
    pub(super) time: u128,
    pub(super) method: &'static str,
    pub(super) repository: String,
    /// A tag, or the digest itself.
    pub(super) reference: String,
    pub(super) digest: String,
    pub(super) size: u64,
    pub(super) kind: Kind,
}

#[derive(Serialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(super) enum Kind {
    Blob,
    Manifest,
}

/// The entries of the data folder in use; the file keeps those of earlier ones too.
pub(super) struct Journal(Writer);

/// What the pushers write with.
#[derive(Clone)]
pub(super) struct Writer(Arc<Mutex<Inner>>);

struct Inner {
    file: File,
    entries: Vec<Entry>,
}

impl Journal {
    pub(super) fn append_to(path: &Path) -> Result<Self> {
        let file = File::options().create(true).append(true).open(path);
        let file = file.with_context(|| format!("cannot open the journal {}", path.display()))?;
        Ok(Self(Writer(Arc::new(Mutex::new(Inner { file, entries: Vec::new() })))))
    }

    pub(super) fn writer(&self) -> Writer {
        self.0.clone()
    }

    pub(super) fn entries(&self) -> Vec<Entry> {
        self.0.lock().entries.clone()
    }

    pub(super) fn len(&self) -> usize {
        self.0.lock().entries.len()
    }
}

impl Writer {
    /// Notes a write that was answered 201.
    pub(super) fn acknowledged(
        &self,
        kind: Kind,
        repository: &str,
        reference: &str,
        digest: &str,
        size: usize,
    ) -> Result<()> {
        let entry = Entry {
            time: workspace::now_ms(),
            method: "PUT",
            repository: repository.to_owned(),
            reference: reference.to_owned(),
            digest: digest.to_owned(),
            size: size as u64,
            kind,
        };
        let mut line = serde_json::to_vec(&entry)?;
        line.push(b'\n');
        let mut inner = self.lock();
        inner.file.write_all(&line)?;
        inner.file.sync_data()?;
        inner.entries.push(entry);
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
