//! OCI layouts, as a directory or in a tar (OCI image-spec, image-layout.md).

use std::{
    io::Read,
    path::{Path, PathBuf},
};

use lazaret_model::Digest;

use super::{
    Selection, Source, SourceError, SourceImage, SourceImages,
    archive::Archive,
    resolve::{self, Content},
};
use crate::{Descriptor, Limits, MAX_MANIFEST, Manifest, media_type};

const TAG: &str = "org.opencontainers.image.ref.name";
/// What containerd writes beside it: the whole reference.
const REFERENCE: &str = "io.containerd.image.name";

/// A layout, opened.
#[derive(Debug)]
pub(super) struct OciLayout {
    name: String,
    store: Store,
    /// The index entries that were asked for.
    roots: Vec<Descriptor>,
}

#[derive(Debug)]
enum Store {
    Directory(PathBuf),
    Archive(Archive),
}

impl OciLayout {
    pub(super) fn open_directory(path: &Path, tag: Option<&str>) -> Result<Self, SourceError> {
        let root = super::canonical(path)?;
        Self::open(format!("oci:{}", path.display()), Store::Directory(root), tag)
    }

    pub(super) fn open_archive(path: &Path, tag: Option<&str>, limits: &Limits) -> Result<Self, SourceError> {
        Self::open(format!("oci-archive:{}", path.display()), Store::Archive(Archive::open(path, limits)?), tag)
    }

    /// An archive that a daemon sent; `name` is the source's.
    pub(super) fn exported(name: &str, archive: Archive) -> Result<Self, SourceError> {
        Self::open(name.to_owned(), Store::Archive(archive), None)
    }

    fn open(name: String, store: Store, tag: Option<&str>) -> Result<Self, SourceError> {
        let Some(bytes) = store.document("index.json", MAX_MANIFEST)? else {
            let reason = "it has no index.json".to_owned();
            return Err(SourceError::NotThis { what: name, kind: "an OCI layout", reason });
        };
        let what = format!("index.json of {name}");
        let index = match Manifest::parse(&bytes, Some(media_type::OCI_INDEX)) {
            Ok(Manifest::Index(index)) => index,
            Ok(Manifest::Image(_)) => return Err(SourceError::NoImage { what: name }),
            Err(source) => return Err(SourceError::Manifest { what, source }),
        };
        let roots = match tag {
            None => index.manifests,
            Some(tag) => {
                let tags: Vec<_> = index.manifests.iter().filter_map(|d| d.annotations.get(TAG).cloned()).collect();
                let chosen: Vec<_> = index.manifests.into_iter().filter(|d| has_tag(d, tag)).collect();
                if chosen.is_empty() {
                    return Err(SourceError::NoTag { wanted: tag.to_owned(), available: tags.join(", ") });
                }
                chosen
            }
        };
        let name = tag.map_or(name.clone(), |tag| format!("{name}:{tag}"));
        Ok(Self { name, store, roots })
    }

    fn missing(&self, digest: &Digest) -> SourceError {
        SourceError::Missing { what: format!("blob {digest}"), place: self.name.clone() }
    }
}

fn has_tag(descriptor: &Descriptor, tag: &str) -> bool {
    let is = |text: &String| text == tag || text.rsplit_once(':').is_some_and(|(_, last)| last == tag);
    [TAG, REFERENCE].iter().filter_map(|key| descriptor.annotations.get(*key)).any(is)
}

fn blob_name(digest: &Digest) -> String {
    format!("blobs/{}/{}", digest.algorithm().name(), digest.hex())
}

impl Store {
    fn document(&self, name: &str, limit: usize) -> Result<Option<Vec<u8>>, SourceError> {
        match self {
            Self::Directory(root) => super::document_within(root, name, limit),
            Self::Archive(archive) => archive.document(name, limit),
        }
    }
}

impl Content for OciLayout {
    fn manifest(&self, descriptor: &Descriptor, limit: usize) -> Result<Vec<u8>, SourceError> {
        self.blob(descriptor, limit)
    }

    fn blob(&self, descriptor: &Descriptor, limit: usize) -> Result<Vec<u8>, SourceError> {
        let digest = &descriptor.digest;
        self.store.document(&blob_name(digest), limit)?.ok_or_else(|| self.missing(digest))
    }
}

impl Source for OciLayout {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn images(&self, selection: &Selection) -> Result<SourceImages, SourceError> {
        resolve::images(&self.name, self, self.roots.clone(), selection)
    }

    fn open_layer(&self, image: &SourceImage, index: usize) -> Result<Box<dyn Read + Send>, SourceError> {
        let digest = super::layer_digest(image, index, &self.name)?;
        match &self.store {
            Store::Directory(root) => match super::open_within(root, &blob_name(digest))? {
                Some(file) => Ok(Box::new(file)),
                None => Err(self.missing(digest)),
            },
            Store::Archive(archive) => match archive.find(&blob_name(digest)) {
                Some(range) => Ok(Box::new(archive.reader(range))),
                None => Err(self.missing(digest)),
            },
        }
    }
}
