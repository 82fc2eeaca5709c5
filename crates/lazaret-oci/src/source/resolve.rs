//! From a manifest or index to images, the same for layouts and registries.

use std::collections::HashSet;

use lazaret_model::{Digest, Problem, ProblemKind};

use super::{Selection, SourceError, SourceImage, SourceImages, platform};
use crate::{Descriptor, Hasher, MAX_CONFIG, MAX_MANIFEST, Manifest, image_facts, media_type};

/// Indexes in indexes that are followed, in all.
const MAX_INDEXES: usize = 64;

/// Where documents come from. What it gives is verified here.
pub trait Content {
    /// At most `limit` bytes (one more says that there were more).
    fn manifest(&self, descriptor: &Descriptor, limit: usize) -> Result<Vec<u8>, SourceError>;
    /// The same for a blob.
    fn blob(&self, descriptor: &Descriptor, limit: usize) -> Result<Vec<u8>, SourceError>;
}

/// The images that `selection` means among what these descriptors lead to. `name` is the source's, for messages.
/// One descriptor of an index makes that the answer's index.
pub fn images(
    name: &str,
    content: &dyn Content,
    roots: Vec<Descriptor>,
    selection: &Selection,
) -> Result<SourceImages, SourceError> {
    let mut walk = Walk { name, content, problems: Vec::new(), seen: HashSet::new(), indexes: 0, images: Vec::new() };
    let index = match roots.as_slice() {
        [only] if !media_type::is_image_manifest(&only.media_type) => match walk.read(only)? {
            Manifest::Index(index) => {
                walk.follow(index.manifests)?;
                Some(only.digest.clone())
            }
            manifest @ Manifest::Image(_) => {
                walk.images.push((only.clone(), Some(manifest)));
                None
            }
        },
        _ => {
            walk.follow(roots)?;
            None
        }
    };
    let mut images = walk.choose(selection)?;
    if images.is_empty() {
        let what = name.to_owned();
        return Err(match walk.problems.into_iter().next() {
            Some(problem) => SourceError::NotThis { what, kind: "a container image", reason: problem.message },
            None => SourceError::NoImage { what },
        });
    }
    // Digests repeat where one image has several tags.
    let mut seen = HashSet::new();
    images.retain(|i| seen.insert(i.facts.digest.clone()));
    Ok(SourceImages { index, images, problems: walk.problems })
}

struct Walk<'a> {
    name: &'a str,
    content: &'a dyn Content,
    problems: Vec<Problem>,
    seen: HashSet<Digest>,
    indexes: usize,
    /// Image manifests in order, read where that was needed already.
    images: Vec<(Descriptor, Option<Manifest>)>,
}

impl Walk<'_> {
    fn read(&self, descriptor: &Descriptor) -> Result<Manifest, SourceError> {
        let what = format!("{} in {}", descriptor.digest, self.name);
        let bytes = self.content.manifest(descriptor, MAX_MANIFEST)?;
        verify(&what, &bytes, descriptor, MAX_MANIFEST)?;
        // Layouts and sloppy registries call a manifest anything; then its own words count.
        let media_type = Some(descriptor.media_type.as_str())
            .filter(|t| media_type::is_index(t) || media_type::is_image_manifest(t));
        Manifest::parse(&bytes, media_type).map_err(|source| SourceError::Manifest { what, source })
    }

    fn follow(&mut self, children: Vec<Descriptor>) -> Result<(), SourceError> {
        for child in children {
            if child.is_attestation() || !self.seen.insert(child.digest.clone()) {
                continue;
            }
            if media_type::is_index(&child.media_type) {
                self.indexes += 1;
                if self.indexes > MAX_INDEXES {
                    let what = self.name.to_owned();
                    return Err(SourceError::TooMany { what, limit: MAX_INDEXES, things: "indexes" });
                }
                match self.read(&child) {
                    Ok(Manifest::Index(index)) => self.follow(index.manifests)?,
                    Ok(Manifest::Image(_)) => {}
                    Err(error) => self.tell(&child, error)?,
                }
            } else if media_type::is_image_manifest(&child.media_type) {
                self.images.push((child, None));
            } else {
                let message =
                    format!("{} is a {:?}, not a manifest; it was not looked at", child.digest, child.media_type);
                self.problems.push(Problem::new(ProblemKind::Unsupported, "", message));
            }
        }
        Ok(())
    }

    fn choose(&mut self, selection: &Selection) -> Result<Vec<SourceImage>, SourceError> {
        let found = std::mem::take(&mut self.images);
        let alone = found.len() == 1;
        let mut candidates = Vec::new();
        for (descriptor, manifest) in found {
            // Only where nothing else says for which platform it is, or everything is wanted, is it read now.
            let image = match (&descriptor.platform, selection) {
                (Some(_), Selection::Default | Selection::Platform(_)) if !alone => None,
                _ => match self.load(&descriptor, manifest) {
                    Ok(image) => image.map(Some).unwrap_or_default(),
                    Err(error) if alone => return Err(error),
                    Err(error) => {
                        self.tell(&descriptor, error)?;
                        continue;
                    }
                },
            };
            match (&image, &descriptor.platform) {
                (Some(image), _) => candidates.push((image.facts.platform.clone(), descriptor, Some(image.clone()))),
                (None, Some(platform)) if !alone && *selection != Selection::All => {
                    candidates.push((platform.clone(), descriptor, None));
                }
                (None, _) => {
                    if alone {
                        return Err(SourceError::NotThis {
                            what: self.name.to_owned(),
                            kind: "a container image",
                            reason: "its configuration has another media type; it is an artifact".to_owned(),
                        });
                    }
                    let message =
                        format!("{} is an artifact, not a container image; it was not looked at", descriptor.digest);
                    self.problems.push(Problem::new(ProblemKind::Unsupported, "", message));
                }
            }
        }
        let platforms: Vec<_> = candidates.iter().map(|c| c.0.clone()).collect();
        let mut chosen = Vec::new();
        for index in platform::choose(&platforms, selection)? {
            let Some((_, descriptor, image)) = candidates.get_mut(index) else { continue };
            match image.take() {
                Some(image) => chosen.push(image),
                None => chosen.extend(self.load(descriptor, None)?),
            }
        }
        Ok(chosen)
    }

    /// `None`: it is an artifact.
    fn load(&self, descriptor: &Descriptor, manifest: Option<Manifest>) -> Result<Option<SourceImage>, SourceError> {
        let manifest = manifest.map_or_else(|| self.read(descriptor), Ok)?;
        let what = format!("{} in {}", descriptor.digest, self.name);
        let Manifest::Image(manifest) = manifest else {
            let reason = "it is an index where an image was announced".to_owned();
            return Err(SourceError::NotThis { what, kind: "an image manifest", reason });
        };
        if !manifest.is_image() {
            return Ok(None);
        }
        let config = self.content.blob(&manifest.config, MAX_CONFIG)?;
        verify(
            &format!("configuration {} in {}", manifest.config.digest, self.name),
            &config,
            &manifest.config,
            MAX_CONFIG,
        )?;
        let mut facts = image_facts(
            descriptor.digest.clone(),
            "manifest",
            &manifest.layers,
            manifest.config.digest.clone(),
            &config,
        )
        .map_err(|source| SourceError::Config { what, source })?;
        // Configurations often leave the variant to the index.
        if let Some(platform) = &descriptor.platform
            && (&platform.os, &platform.architecture) == (&facts.platform.os, &facts.platform.architecture)
        {
            facts.platform.variant = facts.platform.variant.or_else(|| platform.variant.clone());
        }
        Ok(Some(SourceImage { facts, layers: manifest.layers }))
    }

    /// A child that is not there (a layout may hold one platform of an index) is a problem; anything else an error.
    fn tell(&mut self, descriptor: &Descriptor, error: SourceError) -> Result<(), SourceError> {
        if !matches!(error, SourceError::Missing { .. }) {
            return Err(error);
        }
        let platform = descriptor.platform.as_ref().map(|p| format!(" ({p})")).unwrap_or_default();
        let message =
            format!("{}{platform} is named by the index but is not there; it was not looked at", descriptor.digest);
        self.problems.push(Problem::new(ProblemKind::BlobMissing, "", message));
        Ok(())
    }
}

/// Compares a document with its descriptor.
fn verify(what: &str, bytes: &[u8], descriptor: &Descriptor, limit: usize) -> Result<(), SourceError> {
    if bytes.len() > limit {
        return Err(SourceError::TooLarge { what: what.to_owned(), limit: limit as u64 });
    }
    let mut hash = Hasher::new(descriptor.digest.algorithm());
    hash.update(bytes);
    let actual = hash.finish();
    if actual != descriptor.digest {
        let expected = descriptor.digest.clone();
        return Err(SourceError::DigestMismatch { what: what.to_owned(), expected, actual });
    }
    if bytes.len() as u64 != descriptor.size {
        let actual = bytes.len() as u64;
        return Err(SourceError::SizeMismatch { what: what.to_owned(), expected: descriptor.size, actual });
    }
    Ok(())
}
