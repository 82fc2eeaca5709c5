//! The cache of raw files: per file the last accepted bytes, what is known of them, and the names under which a new
//! version waits until the snapshot that it is part of is active.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::{FetchError, Fetched, mirror::Encoding, unpack};
use crate::feed::FeedFile;

/// What is known of an accepted file.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Meta {
    /// URL or path that it came from.
    pub place: String,
    pub etag: Option<String>,
    pub last_modified: Option<String>,
    pub encoding: Encoding,
    /// SHA-256 of the bytes as they came.
    pub transferred: String,
    /// SHA-256 and length of the bytes that are parsed.
    pub sha256: String,
    pub size: u64,
}

impl Meta {
    pub(crate) fn at(place: &str) -> Self {
        Self {
            place: place.to_owned(),
            etag: None,
            last_modified: None,
            encoding: Encoding::Identity,
            transferred: String::new(),
            sha256: String::new(),
            size: 0,
        }
    }

    pub(crate) fn read(path: &Path) -> Option<Self> {
        serde_json::from_slice(&fs::read(path).ok()?).ok()
    }

    fn write(&self, path: &Path) -> Result<(), FetchError> {
        let text = serde_json::to_vec(self).unwrap_or_default();
        fs::write(path, text).map_err(|source| FetchError::Io { path: path.to_owned(), source })
    }
}

/// The names of one cached file.
pub(crate) struct Entry {
    name: String,
    dir: PathBuf,
    pub kept: PathBuf,
    /// Bytes that are still coming; kept for resuming when a transfer is cut.
    pub part: PathBuf,
    /// Validators of the bytes in `part`.
    pub part_meta: PathBuf,
    pub staged: PathBuf,
}

impl Entry {
    pub(crate) fn new(dir: &Path, name: &str) -> Self {
        let path = |suffix: &str| dir.join(format!("{name}{suffix}"));
        Self {
            name: name.to_owned(),
            dir: dir.to_owned(),
            kept: path(""),
            part: path(".part"),
            part_meta: path(".part.meta"),
            staged: path(".new"),
        }
    }

    fn meta(&self, suffix: &str) -> PathBuf {
        self.dir.join(format!("{}{suffix}.meta", self.name))
    }

    /// The accepted file's facts, if its bytes are still those.
    pub(crate) fn intact(&self) -> Option<Meta> {
        let meta = Meta::read(&self.meta(""))?;
        let (sha256, size) = unpack::digest(&self.kept).ok()?;
        (meta.sha256 == sha256 && meta.size == size).then_some(meta)
    }

    pub(crate) fn prepare(&self) -> Result<(), FetchError> {
        fs::create_dir_all(&self.dir).map_err(|source| FetchError::Io { path: self.dir.clone(), source })
    }

    pub(crate) fn unchanged(&self) -> FeedFile {
        FeedFile { name: self.name.clone(), path: self.kept.clone(), fetched: Fetched::Unchanged }
    }

    pub(crate) fn updated(&self) -> FeedFile {
        FeedFile { name: self.name.clone(), path: self.staged.clone(), fetched: Fetched::Updated }
    }

    pub(crate) fn stage(&self, meta: &Meta) -> Result<(), FetchError> {
        meta.write(&self.meta(".new"))
    }

    /// Removes what a transfer left.
    pub(crate) fn clean(&self) {
        for path in [&self.part, &self.part_meta, &self.staged, &self.meta(".new")] {
            let _ = fs::remove_file(path);
        }
    }

    /// Makes the staged file the accepted one.
    pub(crate) fn accept(&self) -> Result<(), FetchError> {
        for (from, to) in [(&self.staged, &self.kept), (&self.meta(".new"), &self.meta(""))] {
            fs::rename(from, to).map_err(|source| FetchError::Io { path: to.clone(), source })?;
        }
        self.clean();
        Ok(())
    }
}

/// Accepted files of a feed, for use when a new version cannot be had. Empty where one of them is damaged: a feed with a
/// hole is worse than one that is said to be missing.
pub(crate) fn kept_files(dir: &Path) -> Vec<FeedFile> {
    let Ok(list) = fs::read_dir(dir) else { return Vec::new() };
    let names = list.flatten().filter_map(|entry| entry.file_name().into_string().ok());
    let mut names: Vec<String> =
        names.filter_map(|name| name.strip_suffix(".meta").map(str::to_owned)).filter(|name| !is_work(name)).collect();
    names.sort();
    let entries = names.into_iter().map(|name| Entry::new(dir, &name));
    let files = entries.map(|entry| entry.intact().map(|_| entry.unchanged()));
    files.collect::<Option<Vec<_>>>().unwrap_or_default()
}

fn is_work(name: &str) -> bool {
    [".part", ".new"].iter().any(|suffix| name.ends_with(suffix))
}
