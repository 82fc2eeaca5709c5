//! A root file system tree as an image of one layer, tarred on the fly. The tree is read twice: once for the layer's
//! digest, once for its content; a tree that changes between is told as a digest that does not match.

use std::{
    fs::{self, File, Metadata},
    io::{self, PipeReader, Read, Write},
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
    thread,
};

use lazaret_model::{Algorithm, Digest, Problem, ProblemKind};

use super::{Selection, Source, SourceError, SourceImage, SourceImages, platform};
use crate::{Descriptor, Hasher, Limits, image_facts, media_type, sha256};

#[derive(Debug)]
pub(super) struct Tree {
    name: String,
    root: PathBuf,
    limits: Limits,
}

impl Tree {
    pub(super) fn open(path: &Path, limits: &Limits) -> Result<Self, SourceError> {
        let (name, root) = (format!("dir:{}", path.display()), super::canonical(path)?);
        Ok(Self { name, root, limits: limits.clone() })
    }
}

impl Source for Tree {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn images(&self, selection: &Selection) -> Result<SourceImages, SourceError> {
        let mut sink = Hashing { hash: Hasher::new(Algorithm::Sha256), total: 0 };
        let problems = write(&self.root, &self.limits, &mut sink)
            .map_err(|source| SourceError::Io { what: self.name.clone(), source })?;
        let (diff_id, size) = (sink.hash.finish(), sink.total);
        let host = platform::host();
        let config = serde_json::json!({ "os": host.os, "architecture": host.architecture,
            "rootfs": { "type": "layers", "diff_ids": [diff_id] } })
        .to_string();
        let layers = vec![Descriptor::new(media_type::OCI_LAYER, diff_id, size)];
        let digest: Digest = sha256(config.as_bytes());
        let facts = image_facts(digest.clone(), "config", &layers, digest, config.as_bytes())
            .map_err(|source| SourceError::Config { what: self.name.clone(), source })?;
        platform::choose(std::slice::from_ref(&facts.platform), selection)?;
        Ok(SourceImages { index: None, images: vec![SourceImage { facts, layers }], problems })
    }

    fn open_layer(&self, _: &SourceImage, _: usize) -> Result<Box<dyn Read + Send>, SourceError> {
        let failed = |source| SourceError::Io { what: self.name.clone(), source };
        let (reader, writer) = io::pipe().map_err(failed)?;
        let (root, limits) = (self.root.clone(), self.limits.clone());
        let work = move || write(&root, &limits, io::BufWriter::with_capacity(1 << 16, writer)).map(drop);
        let writer = thread::Builder::new().name("tree".to_owned()).spawn(work).map_err(failed)?;
        Ok(Box::new(Piped { reader, writer: Some(writer) }))
    }
}

/// Reads what the thread writes; its failure is the reader's.
struct Piped {
    reader: PipeReader,
    writer: Option<thread::JoinHandle<io::Result<()>>>,
}

impl Read for Piped {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.reader.read(buffer)?;
        if count == 0
            && !buffer.is_empty()
            && let Some(writer) = self.writer.take()
        {
            writer.join().unwrap_or_else(|_| Err(io::Error::other("the thread that reads the tree failed")))?;
        }
        Ok(count)
    }
}

struct Hashing {
    hash: Hasher,
    total: u64,
}

impl Write for Hashing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.hash.update(bytes);
        self.total += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Writes the tree as a tar, the same bytes for the same tree: names sorted, no times or owners. Links are not
/// followed; devices, fifos and sockets are left out; what cannot be read is a problem.
fn write(root: &Path, limits: &Limits, out: impl Write) -> io::Result<Vec<Problem>> {
    let mut writer = Writer { archive: tar::Builder::new(out), limits, problems: Vec::new(), entries: 0, root };
    let device = fs::metadata(root)?.dev();
    writer.directory(root, device, 0)?;
    writer.archive.into_inner()?.flush()?;
    Ok(writer.problems)
}

struct Writer<'a, W: Write> {
    archive: tar::Builder<W>,
    limits: &'a Limits,
    problems: Vec<Problem>,
    entries: u64,
    root: &'a Path,
}

impl<W: Write> Writer<'_, W> {
    fn directory(&mut self, path: &Path, device: u64, depth: usize) -> io::Result<()> {
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
            // Of a running system: /proc and its kind are no files, and without end.
            let is_kernels = depth == 0 && ["proc", "sys", "dev"].iter().any(|n| path.ends_with(n));
            if meta.is_dir() && is_kernels && meta.dev() != device {
                continue;
            }
            self.entries += 1;
            if self.entries > self.limits.entries {
                let limit = self.limits.entries;
                self.problem(ProblemKind::LimitExceeded, &path, format!("the tree has more than {limit} entries"));
                return Ok(());
            }
            self.entry(&path, &meta)?;
            if meta.is_dir() {
                self.directory(&path, device, depth + 1)?;
            }
        }
        Ok(())
    }

    fn entry(&mut self, path: &Path, meta: &Metadata) -> io::Result<()> {
        let name = path.strip_prefix(self.root).unwrap_or(path).to_owned();
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
