//! The tree as a tar.

use std::{
    fs::{self, File, Metadata},
    io::{self, Read, Write},
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::Path,
};

use lazaret_model::{Problem, ProblemKind};

use super::{Root, mounts::Mounts};
use crate::Limits;

/// Writes the tree as a tar, the same bytes for the same tree: names sorted, no times or owners. Links are not
/// followed; devices, fifos and sockets are left out; what cannot be read is a problem.
pub(super) fn write(root: &Root, limits: &Limits, out: impl Write) -> io::Result<Vec<Problem>> {
    let (Root::Directory(path) | Root::File { path, .. }) = root;
    let archive = tar::Builder::new(out);
    let mut writer = Writer { archive, limits, problems: Vec::new(), entries: 0, bytes: 0, root: path };
    match root {
        Root::Directory(path) => {
            let device = fs::metadata(path)?.dev();
            writer.directory(path, device, &Mounts::read(), 0)?;
        }
        Root::File { path, name } => writer.entry(path, name, &fs::metadata(path)?)?,
    }
    writer.archive.into_inner()?.flush()?;
    Ok(writer.problems)
}

struct Writer<'a, W: Write> {
    archive: tar::Builder<W>,
    limits: &'a Limits,
    problems: Vec<Problem>,
    entries: u64,
    /// Of all files together.
    bytes: u64,
    root: &'a Path,
}

impl<W: Write> Writer<'_, W> {
    fn directory(&mut self, path: &Path, device: u64, mounts: &Mounts, depth: usize) -> io::Result<()> {
        if depth > self.limits.depth {
            self.problem(ProblemKind::LimitExceeded, path, format!("deeper than {} directories", self.limits.depth));
            return Ok(());
        }
        let list =
            fs::read_dir(path).and_then(|list| list.map(|e| e.map(|e| e.file_name())).collect::<io::Result<Vec<_>>>());
        let mut names = match list {
            Ok(names) => names,
            Err(error) => {
                self.problem(ProblemKind::LayerUnreadable, path, format!("cannot be listed: {error}"));
                return Ok(());
            }
        };
        names.sort();
        for name in names {
            let path = path.join(name);
            let meta = match fs::symlink_metadata(&path) {
                Ok(meta) => meta,
                Err(error) => {
                    self.problem(ProblemKind::LayerUnreadable, &path, format!("cannot be read: {error}"));
                    continue;
                }
            };
            // Of a running system: files of the kernel are no files, and without end.
            if meta.is_dir() && meta.dev() != device && mounts.is_kernels(meta.dev()) {
                continue;
            }
            self.entries += 1;
            if self.entries > self.limits.entries {
                let limit = self.limits.entries;
                self.problem(ProblemKind::LimitExceeded, &path, format!("the tree has more than {limit} entries"));
                return Ok(());
            }
            let name = path.strip_prefix(self.root).unwrap_or(&path);
            self.entry(&path, name, &meta)?;
            if meta.is_dir() {
                self.directory(&path, meta.dev(), mounts, depth + 1)?;
            }
        }
        Ok(())
    }

    fn entry(&mut self, path: &Path, name: &Path, meta: &Metadata) -> io::Result<()> {
        let mut header = tar::Header::new_gnu();
        header.set_mode(meta.permissions().mode() & 0o7777);
        header.set_size(0);
        if meta.is_dir() {
            header.set_entry_type(tar::EntryType::Directory);
            return self.archive.append_data(&mut header, name, io::empty());
        }
        if meta.is_symlink() {
            header.set_entry_type(tar::EntryType::Symlink);
            return match fs::read_link(path) {
                Ok(target) => self.archive.append_link(&mut header, name, target),
                Err(error) => {
                    self.problem(ProblemKind::LayerUnreadable, path, format!("cannot be read: {error}"));
                    Ok(())
                }
            };
        }
        if !meta.is_file() {
            return Ok(());
        }
        self.bytes = self.bytes.saturating_add(meta.len());
        if self.bytes > self.limits.layer_bytes {
            self.bytes -= meta.len();
            let limit = self.limits.layer_bytes;
            self.problem(ProblemKind::LimitExceeded, path, format!("would make the tree larger than {limit} bytes"));
            return Ok(());
        }
        let file = match File::open(path).and_then(|file| Ok((file.metadata()?, file))) {
            Ok((now, file)) if (now.dev(), now.ino()) == (meta.dev(), meta.ino()) => file,
            Ok(_) => {
                self.problem(ProblemKind::LayerUnreadable, path, "was replaced while it was read".to_owned());
                return Ok(());
            }
            Err(error) => {
                self.problem(ProblemKind::LayerUnreadable, path, format!("cannot be read: {error}"));
                return Ok(());
            }
        };
        header.set_size(meta.len());
        // A file that shrinks meanwhile is filled up: the archive stays whole, the digest tells.
        self.archive.append_data(&mut header, name, file.chain(io::repeat(0)).take(meta.len()))
    }

    fn problem(&mut self, kind: ProblemKind, path: &Path, message: String) {
        if self.problems.len() < self.limits.problems_per_kind {
            let path = path.strip_prefix(self.root).unwrap_or(path).to_string_lossy().into_owned();
            self.problems.push(Problem::new(kind, path, message));
        }
    }
}
