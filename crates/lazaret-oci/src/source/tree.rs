//! A root file system tree, or a single file, as an image of one layer, tarred on the fly. It is read twice: once for
//! the layer's digest, once for its content; what changes between is told as a digest that does not match.

mod mounts;
mod writer;

use std::{
    io::{self, PipeReader, Read, Write},
    path::{Component, Path, PathBuf},
    thread,
};

use lazaret_model::{Algorithm, Digest};

use self::writer::write;

use super::{Selection, Source, SourceError, SourceImage, SourceImages, platform};
use crate::{Descriptor, Hasher, Limits, image_facts, media_type, sha256};

#[derive(Debug)]
pub(super) struct Tree {
    name: String,
    root: Root,
    limits: Limits,
}

/// What is tarred.
#[derive(Clone, Debug)]
enum Root {
    Directory(PathBuf),
    /// A regular file, and what it is called in the layer.
    File {
        path: PathBuf,
        name: PathBuf,
    },
}

impl Tree {
    pub(super) fn open(path: &Path, limits: &Limits) -> Result<Self, SourceError> {
        if path.is_file() {
            let reason = format!("it is a file: write file:{}", path.display());
            return Err(SourceError::NotThis { what: path.display().to_string(), kind: "a folder", reason });
        }
        let (name, root) = (format!("dir:{}", path.display()), super::canonical(path)?);
        Ok(Self { name, root: Root::Directory(root), limits: limits.clone() })
    }

    /// A single file. In the layer it is where its path says, as written: detectors know databases by their place.
    pub(super) fn open_file(path: &Path, limits: &Limits) -> Result<Self, SourceError> {
        // Says what is wrong with it.
        drop(super::open_file(path)?);
        let real =
            path.canonicalize().map_err(|source| SourceError::Io { what: path.display().to_string(), source })?;
        let mut name = PathBuf::new();
        for part in path.components() {
            match part {
                Component::Normal(part) => name.push(part),
                Component::ParentDir => drop(name.pop()),
                Component::Prefix(_) | Component::RootDir | Component::CurDir => {}
            }
        }
        let root = Root::File { path: real, name };
        Ok(Self { name: format!("file:{}", path.display()), root, limits: limits.clone() })
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
