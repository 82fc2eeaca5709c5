//! Signatures over decision records: Ed25519 (RFC 8032), keys in PKCS#8.

use aws_lc_rs::{
    digest,
    rand::SystemRandom,
    signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use lazaret_model::SignedDecision;

use crate::Judgement;

/// Why a key cannot be made or used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    #[error("the system gave no randomness for a new signing key")]
    Generate,
    #[error("the stored signing key is not an Ed25519 key in PKCS#8 form")]
    Malformed,
}

/// A new private key as PKCS#8 DER. Secret: keep it where only the server reads.
pub fn generate_key() -> Result<Vec<u8>, KeyError> {
    let document = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).map_err(|_| KeyError::Generate)?;
    Ok(document.as_ref().to_vec())
}

/// A private key that signs decisions.
pub struct SigningKey {
    pair: Ed25519KeyPair,
    id: String,
}

impl SigningKey {
    /// From what [`generate_key`] made.
    pub fn from_pkcs8(pkcs8: &[u8]) -> Result<Self, KeyError> {
        let pair = Ed25519KeyPair::from_pkcs8(pkcs8).map_err(|_| KeyError::Malformed)?;
        let id = key_id(pair.public_key().as_ref());
        Ok(Self { pair, id })
    }

    /// Names the key in a signed decision: the first 16 hexadecimal digits of the SHA-256 of the public key.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The 32 bytes of the public key.
    pub fn public(&self) -> &[u8] {
        self.pair.public_key().as_ref()
    }

    /// Base64 of the 64 bytes of the signature over `body`.
    pub fn sign(&self, body: &str) -> String {
        STANDARD.encode(self.pair.sign(body.as_bytes()).as_ref())
    }

    /// The form in which a decision is stored and shown.
    pub fn sign_judgement(&self, judgement: &Judgement) -> SignedDecision {
        SignedDecision {
            id: judgement.id.clone(),
            body: judgement.body.clone(),
            key: self.id.clone(),
            signature: self.sign(&judgement.body),
        }
    }
}

/// Whether `signature` (base64) is one of the 32-byte `public_key` over `body`.
pub fn verify(public_key: &[u8], body: &str, signature: &str) -> bool {
    STANDARD
        .decode(signature)
        .is_ok_and(|signature| UnparsedPublicKey::new(&ED25519, public_key).verify(body.as_bytes(), &signature).is_ok())
}

fn key_id(public: &[u8]) -> String {
    hex::encode(&digest::digest(&digest::SHA256, public).as_ref()[..8])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_signed_body_verifies_and_only_with_its_key() {
        let (key, other) = (generate_key().unwrap(), generate_key().unwrap());
        let (key, other) = (SigningKey::from_pkcs8(&key).unwrap(), SigningKey::from_pkcs8(&other).unwrap());
        let signature = key.sign("{\"a\":1}");
        assert!(verify(key.public(), "{\"a\":1}", &signature));
        assert!(!verify(key.public(), "{\"a\":2}", &signature));
        assert!(!verify(other.public(), "{\"a\":1}", &signature));
        assert!(!verify(key.public(), "{\"a\":1}", "no base64!"));
        assert!(!verify(&[], "{\"a\":1}", &signature));
        assert_ne!(key.id(), other.id());
        assert_eq!(key.id().len(), 16);
    }

    #[test]
    fn a_malformed_key_is_refused() {
        assert_eq!(SigningKey::from_pkcs8(b"x").err(), Some(KeyError::Malformed));
    }
}
