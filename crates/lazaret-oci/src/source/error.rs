//! Why a source cannot be used.

use std::{io, path::PathBuf};

use lazaret_model::Digest;

use crate::{ConfigError, ManifestError};

/// Says what, where, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    #[error("{} does not exist", path.display())]
    NotFound { path: PathBuf },
    #[error("cannot read {what}")]
    Io {
        what: String,
        #[source]
        source: io::Error,
    },
    /// It is there, but it is no source of this kind.
    #[error("{what} is not {kind}: {reason}")]
    NotThis { what: String, kind: &'static str, reason: String },
    #[error("{what} has the digest {actual}, not {expected} as it is named: it is damaged or was changed")]
    DigestMismatch { what: String, expected: Digest, actual: Digest },
    #[error("{what} has {actual} bytes, not {expected} as its descriptor says")]
    SizeMismatch { what: String, expected: u64, actual: u64 },
    #[error("{what} is not in {place}")]
    Missing { what: String, place: String },
    #[error("{what} is larger than {limit} bytes")]
    TooLarge { what: String, limit: u64 },
    #[error("{what} has more than {limit} {things}")]
    TooMany { what: String, limit: usize, things: &'static str },
    #[error("no image for platform {wanted}; there are: {available}")]
    NoPlatform { wanted: String, available: String },
    #[error("no image is tagged {wanted:?}; there are: {available}")]
    NoTag { wanted: String, available: String },
    #[error("{what} holds no image")]
    NoImage { what: String },
    #[error("cannot use the manifest of {what}")]
    Manifest {
        what: String,
        #[source]
        source: ManifestError,
    },
    #[error("cannot use the configuration of {what}")]
    Config {
        what: String,
        #[source]
        source: ConfigError,
    },
    /// A registry or daemon said no, or not what it should.
    #[error("{what}: {reason}")]
    Refused { what: String, reason: String },
    /// A registry or daemon could not be reached, or went away.
    #[error("cannot reach {what}: {reason}")]
    Unreachable { what: String, reason: String },
}
