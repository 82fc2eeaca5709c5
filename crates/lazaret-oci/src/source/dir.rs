//! skopeo's `dir:` transport: `version`, `manifest.json` and blobs by bare hexadecimal digest, side by side; children of
//! an index as `<hex>.manifest.json`.

use std::{
    io::Read,
    path::{Path, PathBuf},
};

use super::{
    Selection, Source, SourceError, SourceImage, SourceImages,
    resolve::{self, Content},
};
use crate::{Descriptor, MAX_MANIFEST, Manifest, sha256};

#[derive(Debug)]
pub(super) struct DirImage {
    name: String,
    root: PathBuf,
    top: Descriptor,
}

impl DirImage {
    /// Whether a directory is one of these.
    pub(super) fn is_here(path: &Path) -> bool {
        path.join("version").is_file() && path.join("manifest.json").is_file()
    }

    pub(super) fn open(path: &Path) -> Result<Self, SourceError> {
        let (name, root) = (format!("dir:{}", path.display()), super::canonical(path)?);
        let missing = || SourceError::Missing { what: "manifest.json".to_owned(), place: name.clone() };
        let bytes = super::document_within(&root, "manifest.json", MAX_MANIFEST)?.ok_or_else(missing)?;
        let manifest = Manifest::parse(&bytes, None)
            .map_err(|source| SourceError::Manifest { what: format!("manifest.json of {name}"), source })?;
        let top = Descriptor::new(manifest.media_type(), sha256(&bytes), bytes.len() as u64);
        Ok(Self { name, root, top })
    }

    fn missing(&self, what: String) -> SourceError {
        SourceError::Missing { what, place: self.name.clone() }
    }
}

impl Content for DirImage {
    fn manifest(&self, descriptor: &Descriptor, limit: usize) -> Result<Vec<u8>, SourceError> {
        let hex = descriptor.digest.hex();
        let name = if descriptor.digest == self.top.digest {
            "manifest.json".to_owned()
        } else {
            format!("{hex}.manifest.json")
        };
        super::document_within(&self.root, &name, limit)?.ok_or_else(|| self.missing(name))
    }

    fn blob(&self, descriptor: &Descriptor, limit: usize) -> Result<Vec<u8>, SourceError> {
        let name = descriptor.digest.hex();
        super::document_within(&self.root, name, limit)?.ok_or_else(|| self.missing(name.to_owned()))
    }
}

impl Source for DirImage {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn images(&self, selection: &Selection) -> Result<SourceImages, SourceError> {
        resolve::images(&self.name, self, vec![self.top.clone()], selection)
    }

    fn open_layer(&self, image: &SourceImage, index: usize) -> Result<Box<dyn Read + Send>, SourceError> {
        let name = super::layer_digest(image, index, &self.name)?.hex();
        match super::open_within(&self.root, name)? {
            Some(file) => Ok(Box::new(file)),
            None => Err(self.missing(name.to_owned())),
        }
    }
}
