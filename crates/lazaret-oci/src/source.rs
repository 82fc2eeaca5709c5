//! Images from files: what `lazaret scan` opens, and the trait that sockets implement too.

use std::{
    fs::{self, File},
    io::{self, Read},
    path::{Path, PathBuf},
};

use lazaret_model::{Digest, ImageFacts, Platform, Problem};

use crate::{Descriptor, Limits};

mod archive;
mod dir;
mod docker_archive;
pub mod error;
mod oci_layout;
pub mod platform;
pub mod resolve;
mod tree;

pub use error::SourceError;

/// Which images of an index are wanted.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Selection {
    /// Linux on this machine's architecture, else the only or first image.
    #[default]
    Default,
    Platform(Platform),
    All,
}

/// One image of a source.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SourceImage {
    pub facts: ImageFacts,
    /// As the manifest names them, lowest first.
    pub layers: Vec<Descriptor>,
}

/// What a source holds of what was asked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SourceImages {
    /// Digest of the index that the images come from, if they do.
    pub index: Option<Digest>,
    pub images: Vec<SourceImage>,
    pub problems: Vec<Problem>,
}

/// Where images come from.
pub trait Source: Send + Sync {
    /// For people, in the syntax that opened it: `oci-archive:app.tar:1.0`.
    fn name(&self) -> String;
    /// Manifests and configurations, verified against their digests. Attestations are skipped.
    fn images(&self, selection: &Selection) -> Result<SourceImages, SourceError>;
    /// The bytes of layer `index` as stored. Not verified yet: [`crate::read_layer`] does that.
    fn open_layer(&self, image: &SourceImage, index: usize) -> Result<Box<dyn Read + Send>, SourceError>;
}

/// Kinds of sources on disk.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LocalKind {
    /// What `docker save` writes.
    DockerArchive,
    /// An OCI layout directory.
    OciDir,
    /// An OCI layout in a tar.
    OciArchive,
    /// A skopeo `dir:` image, else a root file system tree.
    Dir,
    /// A single file, whatever it is: a jar, a program, a package database.
    File,
}

/// Opens a source on disk. `tag` chooses among several images.
pub fn open_local(
    kind: LocalKind,
    path: &Path,
    tag: Option<&str>,
    limits: &Limits,
) -> Result<Box<dyn Source>, SourceError> {
    Ok(match kind {
        LocalKind::DockerArchive => Box::new(docker_archive::DockerArchive::open(path, tag, limits)?),
        LocalKind::OciDir => Box::new(oci_layout::OciLayout::open_directory(path, tag)?),
        LocalKind::OciArchive => Box::new(oci_layout::OciLayout::open_archive(path, tag, limits)?),
        LocalKind::Dir if dir::DirImage::is_here(path) => Box::new(dir::DirImage::open(path)?),
        LocalKind::Dir => Box::new(tree::Tree::open(path, limits)?),
        LocalKind::File => Box::new(tree::Tree::open_file(path, limits)?),
    })
}

/// Opens what a daemon exported, in the form of `docker save` or as an OCI layout in a tar, from a file that may have
/// no path any more. `name` is the source's.
pub fn open_export(name: &str, file: File, limits: &Limits) -> Result<Box<dyn Source>, SourceError> {
    let archive = archive::Archive::read_headers(format!("the export of {name}"), file, limits)?;
    Ok(if archive.find("manifest.json").is_none() && archive.find("index.json").is_some() {
        Box::new(oci_layout::OciLayout::exported(name, archive)?)
    } else {
        Box::new(docker_archive::DockerArchive::exported(name, archive)?)
    })
}

/// Digest of a layer of an image that this source gave out.
fn layer_digest<'a>(image: &'a SourceImage, index: usize, place: &str) -> Result<&'a Digest, SourceError> {
    let missing = || SourceError::Missing { what: format!("layer {index}"), place: place.to_owned() };
    image.layers.get(index).map(|l| &l.digest).ok_or_else(missing)
}

/// Opens a regular file.
fn open_file(path: &Path) -> Result<File, SourceError> {
    let failed = |source: io::Error| match source.kind() {
        io::ErrorKind::NotFound => SourceError::NotFound { path: path.to_owned() },
        _ => SourceError::Io { what: path.display().to_string(), source },
    };
    // Before it is opened: opening a fifo would wait for a writer.
    if !fs::metadata(path).map_err(failed)?.is_file() {
        let reason = "it is not a regular file".to_owned();
        return Err(SourceError::NotThis { what: path.display().to_string(), kind: "an archive", reason });
    }
    File::open(path).map_err(failed)
}

/// The real path of a directory.
fn canonical(path: &Path) -> Result<PathBuf, SourceError> {
    let real = fs::canonicalize(path).map_err(|source| match source.kind() {
        io::ErrorKind::NotFound => SourceError::NotFound { path: path.to_owned() },
        _ => SourceError::Io { what: path.display().to_string(), source },
    })?;
    if real.is_dir() {
        return Ok(real);
    }
    let reason = "it is not a directory".to_owned();
    Err(SourceError::NotThis { what: path.display().to_string(), kind: "an image directory", reason })
}

/// Opens a file of an image directory; links may lead to other files in it, not out of it.
fn open_within(root: &Path, name: &str) -> Result<Option<File>, SourceError> {
    let path = root.join(name);
    let real = match fs::canonicalize(&path) {
        Ok(real) => real,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(SourceError::Io { what: path.display().to_string(), source }),
    };
    if !real.starts_with(root) {
        let reason = format!("{name} leads out of it, to {}", real.display());
        return Err(SourceError::NotThis { what: root.display().to_string(), kind: "an image directory", reason });
    }
    open_file(&real).map(Some)
}

/// A document of an image directory.
fn document_within(root: &Path, name: &str, limit: usize) -> Result<Option<Vec<u8>>, SourceError> {
    let Some(file) = open_within(root, name)? else { return Ok(None) };
    let what = root.join(name).display().to_string();
    let mut bytes = Vec::new();
    match file.take(limit as u64 + 1).read_to_end(&mut bytes) {
        Ok(count) if count > limit => Err(SourceError::TooLarge { what, limit: limit as u64 }),
        Ok(_) => Ok(Some(bytes)),
        Err(source) => Err(SourceError::Io { what, source }),
    }
}
