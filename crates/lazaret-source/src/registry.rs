//! A registry by reference (OCI distribution-spec, "Pulling").

mod auth;
mod blob;
mod client;
mod refusal;

use std::{io::Read, sync::Arc};

use lazaret_model::{Digest, Reference};
use lazaret_oci::{
    Descriptor, Hasher, Limits, MAX_MANIFEST, Selection, Source, SourceError, SourceImage, SourceImages,
    source::resolve::{self, Content},
};

use self::{blob::BlobReader, client::Client};

/// How to reach a registry.
#[derive(Clone, Debug)]
pub struct RegistryOptions {
    /// Id and secret, for Basic or for the token endpoint.
    pub credentials: Option<(String, String)>,
    /// Plain HTTP. Loopback hosts always get it.
    pub plain_http: bool,
    pub limits: Limits,
    /// The shared client, with its time-outs and root certificates.
    pub client: reqwest::blocking::Client,
}

/// An image in a registry.
#[derive(Debug)]
pub struct RegistrySource {
    reference: Reference,
    client: Arc<Client>,
}

impl RegistrySource {
    /// Prepares a source; asks the registry how it wants to be spoken to.
    pub fn open(reference: &Reference, options: RegistryOptions) -> Result<Self, SourceError> {
        let client = Client::new(reference, options)?;
        client.ping()?;
        Ok(Self { reference: reference.clone(), client: Arc::new(client) })
    }

    /// The manifest that the reference names, with a descriptor of it.
    fn top(&self) -> Result<(Descriptor, Vec<u8>), SourceError> {
        let Reference { tag, digest, .. } = &self.reference;
        let name = match (digest, tag) {
            (Some(digest), _) => digest.to_string(),
            (None, Some(tag)) => tag.to_string(),
            (None, None) => "latest".to_owned(),
        };
        let answer = self.client.manifest(&name, MAX_MANIFEST)?;
        let digest = match (digest, answer.digest) {
            // Compared with the bytes when they are read below.
            (Some(digest), _) => digest.clone(),
            (None, announced) => {
                let algorithm = announced.as_ref().map_or(lazaret_model::Algorithm::Sha256, Digest::algorithm);
                let mut hash = Hasher::new(algorithm);
                hash.update(&answer.bytes);
                let actual = hash.finish();
                if let Some(expected) = announced.filter(|a| *a != actual) {
                    return Err(SourceError::DigestMismatch { what: self.name(), expected, actual });
                }
                actual
            }
        };
        let descriptor = Descriptor::new(answer.media_type, digest, answer.bytes.len() as u64);
        Ok((descriptor, answer.bytes))
    }
}

/// The manifest that was fetched already, and the registry for the rest.
struct Fetched<'a> {
    top: (Descriptor, Vec<u8>),
    client: &'a Client,
}

impl Content for Fetched<'_> {
    fn manifest(&self, descriptor: &Descriptor, limit: usize) -> Result<Vec<u8>, SourceError> {
        if descriptor.digest == self.top.0.digest {
            return Ok(self.top.1.clone());
        }
        self.client.manifest(&descriptor.digest.to_string(), limit).map(|answer| answer.bytes)
    }

    fn blob(&self, descriptor: &Descriptor, limit: usize) -> Result<Vec<u8>, SourceError> {
        self.client.small_blob(&descriptor.digest, limit)
    }
}

impl Source for RegistrySource {
    fn name(&self) -> String {
        self.reference.to_string()
    }

    fn images(&self, selection: &Selection) -> Result<SourceImages, SourceError> {
        let top = self.top()?;
        let roots = vec![top.0.clone()];
        resolve::images(&self.name(), &Fetched { top, client: &self.client }, roots, selection)
    }

    fn open_layer(&self, image: &SourceImage, index: usize) -> Result<Box<dyn Read + Send>, SourceError> {
        let missing = || SourceError::Missing { what: format!("layer {index}"), place: self.name() };
        let layer = image.layers.get(index).ok_or_else(missing)?;
        BlobReader::open(Arc::clone(&self.client), layer).map(|reader| Box::new(reader) as _)
    }
}
