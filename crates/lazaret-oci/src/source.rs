//! Images from files: what `lazaret scan` opens, and the trait that sockets implement too.

use std::{io::Read, path::Path};

use lazaret_model::{Digest, ImageFacts, Platform, Problem};

use crate::{Descriptor, Limits};

pub mod error;

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
}

/// Opens a source on disk. `tag` chooses among several images.
pub fn open_local(
    _kind: LocalKind,
    path: &Path,
    _tag: Option<&str>,
    _limits: &Limits,
) -> Result<Box<dyn Source>, SourceError> {
    Err(SourceError::NotFound { path: path.to_owned() })
}
