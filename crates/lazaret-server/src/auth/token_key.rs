//! The Ed25519 key that signs tokens. It lives beside the store, so that tokens survive a restart.

use std::{
    fs,
    io::{self, Read, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use aws_lc_rs::{
    digest::{SHA256, digest},
    signature::{Ed25519KeyPair, KeyPair},
};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};

use super::claims::Claims;

/// Largest key file that is read: a PKCS#8 Ed25519 key has under 100 bytes.
const MAX_KEY_FILE: u64 = 4096;

/// Signs and verifies tokens; `kid` is derived from the public key.
pub struct TokenKey {
    kid: String,
    encoding: EncodingKey,
    decoding: DecodingKey,
}

/// Why there is no token key.
#[derive(Debug, thiserror::Error)]
pub enum TokenKeyError {
    #[error("the token key is not an Ed25519 key in PKCS#8 form; remove it and a new one is made")]
    Malformed,
    #[error("the system's random source failed, so no token key could be made")]
    Random,
    #[error("cannot read or write the token key {path}")]
    File { path: PathBuf, source: io::Error },
}

impl TokenKey {
    /// A new key, of which nothing is kept.
    pub fn generate() -> Result<Self, TokenKeyError> {
        Self::from_pkcs8(&new_pkcs8()?)
    }

    pub fn from_pkcs8(der: &[u8]) -> Result<Self, TokenKeyError> {
        let pair = Ed25519KeyPair::from_pkcs8(der)
            .or_else(|_| Ed25519KeyPair::from_pkcs8_maybe_unchecked(der))
            .map_err(|_| TokenKeyError::Malformed)?;
        let public = pair.public_key().as_ref();
        let kid = hex::encode(&digest(&SHA256, public).as_ref()[..8]);
        Ok(Self { kid, encoding: EncodingKey::from_ed_der(der), decoding: DecodingKey::from_ed_der(public) })
    }

    /// The key in `path`, made there (mode 0600) when the file is not there. Of several processes that start
    /// together, all use the file of the first.
    pub fn open(path: &Path) -> Result<Self, TokenKeyError> {
        let failed = |source| TokenKeyError::File { path: path.to_owned(), source };
        if !path.exists() {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let fresh = path.with_file_name(format!(".{name}.{:016x}", rand::random::<u64>()));
            write_private(&fresh, &new_pkcs8()?).map_err(failed)?;
            let linked = fs::hard_link(&fresh, path);
            fs::remove_file(&fresh).map_err(failed)?;
            match linked {
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(failed(error)),
                _ => {}
            }
        }
        let mut der = Vec::new();
        let file = fs::File::open(path).map_err(failed)?;
        file.take(MAX_KEY_FILE).read_to_end(&mut der).map_err(failed)?;
        Self::from_pkcs8(&der)
    }

    /// The signed token; `None` when the claims cannot be serialised.
    pub(crate) fn sign(&self, claims: &Claims) -> Option<String> {
        let header = Header { kid: Some(self.kid.clone()), ..Header::new(Algorithm::EdDSA) };
        jsonwebtoken::encode(&header, claims, &self.encoding).ok()
    }

    /// The claims of a token with a good signature of this key and this service. Times are for the caller to
    /// check, who has the clock.
    pub(crate) fn verify(&self, token: &str, service: &str) -> Option<Claims> {
        let header = jsonwebtoken::decode_header(token).ok()?;
        if header.kid.as_deref() != Some(&self.kid) {
            return None;
        }
        let mut rules = Validation::new(Algorithm::EdDSA);
        rules.validate_exp = false;
        rules.validate_nbf = false;
        rules.set_audience(&[service]);
        rules.set_issuer(&[service]);
        rules.set_required_spec_claims(&["exp", "aud", "iss"]);
        jsonwebtoken::decode::<Claims>(token, &self.decoding, &rules).ok().map(|data| data.claims)
    }
}

fn new_pkcs8() -> Result<Vec<u8>, TokenKeyError> {
    let random = aws_lc_rs::rand::SystemRandom::new();
    let document = Ed25519KeyPair::generate_pkcs8(&random).map_err(|_| TokenKeyError::Random)?;
    Ok(document.as_ref().to_vec())
}

fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claims() -> Claims {
        Claims {
            iss: "lazaret".into(),
            sub: "p".into(),
            aud: "lazaret".into(),
            exp: 100,
            nbf: 0,
            iat: 0,
            jti: "1".into(),
            epoch: 3,
            access: Vec::new(),
        }
    }

    #[test]
    fn a_token_verifies_only_under_its_own_key_and_service() {
        let (key, other) = (TokenKey::generate().unwrap(), TokenKey::generate().unwrap());
        let token = key.sign(&claims()).unwrap();
        assert_eq!(key.verify(&token, "lazaret").map(|c| c.epoch), Some(3));
        assert!(key.verify(&token, "another").is_none());
        assert!(other.verify(&token, "lazaret").is_none());
        let (head, rest) = token.split_at(token.len() - 4);
        assert!(key.verify(&format!("{head}AAAA"), "lazaret").is_none() || rest == "AAAA");
        assert!(key.verify("a.b.c", "lazaret").is_none() && key.verify("", "lazaret").is_none());
    }

    #[test]
    fn the_key_file_is_private_and_kept() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("token.key");
        let token = TokenKey::open(&path).unwrap().sign(&claims()).unwrap();
        assert!(TokenKey::open(&path).unwrap().verify(&token, "lazaret").is_some());
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }
}
