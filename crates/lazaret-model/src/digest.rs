//! Content digests (OCI image-spec, descriptor.md, "Digests").

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A registered digest algorithm.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Algorithm {
    Sha256,
    Sha512,
}

impl Algorithm {
    /// The name before the colon.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sha256 => "sha256",
            Self::Sha512 => "sha512",
        }
    }

    /// Length of the encoded part, in hexadecimal digits.
    pub const fn hex_len(self) -> usize {
        match self {
            Self::Sha256 => 64,
            Self::Sha512 => 128,
        }
    }
}

/// A well-formed digest, `sha256:<64 lower-case hex>` or `sha512:<128>`. Cannot exist malformed.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Digest {
    algorithm: Algorithm,
    hex: Box<str>,
}

/// Why a text is no digest.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DigestError {
    #[error("digest has no ':' between algorithm and value")]
    NoColon,
    #[error("digest algorithm is not supported (sha256 and sha512 are)")]
    Algorithm,
    #[error("digest value must be {expected} lower-case hexadecimal digits")]
    Value { expected: usize },
}

impl Digest {
    /// Parses the canonical text form.
    pub fn parse(text: &str) -> Result<Self, DigestError> {
        let (name, hex) = text.split_once(':').ok_or(DigestError::NoColon)?;
        let algorithm = match name {
            "sha256" => Algorithm::Sha256,
            "sha512" => Algorithm::Sha512,
            _ => return Err(DigestError::Algorithm),
        };
        let lower_hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
        if hex.len() != algorithm.hex_len() || !hex.bytes().all(lower_hex) {
            return Err(DigestError::Value { expected: algorithm.hex_len() });
        }
        Ok(Self { algorithm, hex: hex.into() })
    }

    /// From the 32 raw bytes of a SHA-256.
    pub fn from_sha256(bytes: [u8; 32]) -> Self {
        Self { algorithm: Algorithm::Sha256, hex: hex(&bytes) }
    }

    /// From the 64 raw bytes of a SHA-512.
    pub fn from_sha512(bytes: [u8; 64]) -> Self {
        Self { algorithm: Algorithm::Sha512, hex: hex(&bytes) }
    }

    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The hexadecimal part.
    pub fn hex(&self) -> &str {
        &self.hex
    }

    /// The first twelve hexadecimal digits, for people.
    pub fn short(&self) -> &str {
        &self.hex[..12]
    }
}

fn hex(bytes: &[u8]) -> Box<str> {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        text.push(char::from(DIGITS[usize::from(byte >> 4)]));
        text.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
    text.into()
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.algorithm.name(), self.hex)
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Digest {
    type Err = DigestError;
    fn from_str(text: &str) -> Result<Self, DigestError> {
        Self::parse(text)
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_trips() {
        let text = format!("sha256:{}", "0a".repeat(32));
        assert_eq!(Digest::parse(&text).map(|d| d.to_string()), Ok(text));
        assert_eq!(Digest::from_sha256([10; 32]), Digest::parse(&format!("sha256:{}", "0a".repeat(32))).unwrap());
    }

    #[test]
    fn refuses_what_is_malformed() {
        assert_eq!(Digest::parse("sha256"), Err(DigestError::NoColon));
        assert_eq!(Digest::parse("md5:00"), Err(DigestError::Algorithm));
        for bad in [
            "sha256:baddigeststring".to_owned(),
            format!("sha256:{}", "A0".repeat(32)),
            format!("sha512:{}", "00".repeat(32)),
        ] {
            assert!(matches!(Digest::parse(&bad), Err(DigestError::Value { .. })), "{bad}");
        }
    }
}
