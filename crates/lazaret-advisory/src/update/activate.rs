//! The active snapshot: `current` names it, and is replaced by a rename once the file it names is whole and on disk.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
};

use super::UpdateError;
use crate::{AdvisoryDb, DbError};

const POINTER: &str = "current";
const SUFFIX: &str = ".db";

/// Held while an update runs; released when dropped, or by the system when the process dies.
pub(super) fn lock(dir: &Path) -> Result<File, UpdateError> {
    let path = dir.join("update.lock");
    let io = |source| UpdateError::Io { path: path.clone(), source };
    fs::create_dir_all(dir).map_err(io)?;
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path).map_err(io)?;
    file.lock().map_err(io)?;
    Ok(file)
}

pub(super) fn current(dir: &Path) -> Result<Option<PathBuf>, DbError> {
    let pointer = dir.join(POINTER);
    let name = match fs::read_to_string(&pointer) {
        Ok(name) => name,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(DbError::Io { path: pointer, source }),
    };
    let name = name.trim();
    let hex = name.strip_suffix(SUFFIX).unwrap_or_default();
    if hex.len() != 64 || !hex.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Err(DbError::Damaged { what: format!("{} names no snapshot", pointer.display()) });
    }
    Ok(Some(dir.join(name)))
}

/// Writes the compiled bytes, reads them back whole, and makes them the active snapshot.
pub(super) fn activate(dir: &Path, bytes: &[u8]) -> Result<(AdvisoryDb, PathBuf), UpdateError> {
    let work = dir.join("compiled.tmp");
    write(&work, bytes)?;
    let db = AdvisoryDb::open(&work).map_err(UpdateError::Compiled)?;
    db.verify().map_err(UpdateError::Compiled)?;
    let name = format!("{}{SUFFIX}", db.info().id.hex());
    let path = dir.join(&name);
    rename(&work, &path)?;
    sync(dir)?;
    let pointer = dir.join("current.tmp");
    write(&pointer, format!("{name}\n").as_bytes())?;
    let previous = current(dir).ok().flatten();
    rename(&pointer, &dir.join(POINTER))?;
    sync(dir)?;
    remove_others(dir, &[Some(path.clone()), previous]);
    Ok((db, path))
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), UpdateError> {
    let io = |source| UpdateError::Io { path: path.to_owned(), source };
    let mut file = File::create(path).map_err(io)?;
    file.write_all(bytes).map_err(io)?;
    file.sync_all().map_err(io)
}

fn rename(from: &Path, to: &Path) -> Result<(), UpdateError> {
    fs::rename(from, to).map_err(|source| UpdateError::Io { path: to.to_owned(), source })
}

fn sync(dir: &Path) -> Result<(), UpdateError> {
    let synced = File::open(dir).and_then(|dir| dir.sync_all());
    synced.map_err(|source| UpdateError::Io { path: dir.to_owned(), source })
}

/// Snapshots before the previous one. The previous stays for who has read its name and not opened it yet.
fn remove_others(dir: &Path, keep: &[Option<PathBuf>]) {
    let Ok(list) = fs::read_dir(dir) else { return };
    for path in list.flatten().map(|entry| entry.path()) {
        let is_snapshot = path.extension().is_some_and(|extension| extension == "db");
        if is_snapshot && !keep.iter().flatten().any(|kept| *kept == path) {
            let _ = fs::remove_file(path);
        }
    }
}
