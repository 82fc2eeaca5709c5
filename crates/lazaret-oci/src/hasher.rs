//! Digests of bytes as they stream, with a state that can be saved: an upload that is resumed after a restart
//! is not hashed again from its first byte. That is why `sha2` is used here; `aws-lc-rs` cannot save.

use lazaret_model::{Algorithm, Digest};
use sha2::digest::{Digest as _, common::hazmat::SerializableState};

pub(crate) mod pair;

/// SHA-256 of some bytes.
pub fn sha256(bytes: &[u8]) -> Digest {
    Digest::from_sha256(sha2::Sha256::digest(bytes).into())
}

/// A digest in the making.
#[derive(Clone, Debug)]
pub struct Hasher(State);

#[derive(Clone, Debug)]
enum State {
    Sha256(sha2::Sha256),
    Sha512(sha2::Sha512),
}

impl Hasher {
    pub fn new(algorithm: Algorithm) -> Self {
        Self(match algorithm {
            Algorithm::Sha256 => State::Sha256(sha2::Sha256::new()),
            Algorithm::Sha512 => State::Sha512(sha2::Sha512::new()),
        })
    }

    pub fn update(&mut self, bytes: &[u8]) {
        match &mut self.0 {
            State::Sha256(hash) => hash.update(bytes),
            State::Sha512(hash) => hash.update(bytes),
        }
    }

    pub fn finish(self) -> Digest {
        match self.0 {
            State::Sha256(hash) => Digest::from_sha256(hash.finalize().into()),
            State::Sha512(hash) => Digest::from_sha512(hash.finalize().into()),
        }
    }

    /// The state after the bytes so far, about 100 to 200 bytes; for [`Hasher::restore`].
    pub fn save(&self) -> Vec<u8> {
        match &self.0 {
            State::Sha256(hash) => hash.serialize().to_vec(),
            State::Sha512(hash) => hash.serialize().to_vec(),
        }
    }

    /// Continues from a saved state; `None` when it is not one of this algorithm.
    pub fn restore(algorithm: Algorithm, saved: &[u8]) -> Option<Self> {
        Some(Self(match algorithm {
            Algorithm::Sha256 => State::Sha256(sha2::Sha256::deserialize(saved.try_into().ok()?).ok()?),
            Algorithm::Sha512 => State::Sha512(sha2::Sha512::deserialize(saved.try_into().ok()?).ok()?),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_answers() {
        let empty = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(sha256(b"").to_string(), empty);
        assert_eq!(Hasher::new(Algorithm::Sha256).finish().to_string(), empty);
        let mut long = Hasher::new(Algorithm::Sha512);
        long.update(b"abc");
        assert!(long.finish().hex().starts_with("ddaf35a193617abacc417349ae204131"));
    }

    #[test]
    fn a_saved_state_goes_on() {
        for algorithm in [Algorithm::Sha256, Algorithm::Sha512] {
            let bytes: Vec<u8> = (0..1000_u32).map(|i| u8::try_from(i % 251).unwrap()).collect();
            for cut in [0, 1, 63, 64, 65, 127, 128, 999] {
                let mut whole = Hasher::new(algorithm);
                whole.update(&bytes);
                let mut first = Hasher::new(algorithm);
                first.update(&bytes[..cut]);
                let mut second = Hasher::restore(algorithm, &first.save()).unwrap();
                second.update(&bytes[cut..]);
                assert_eq!(second.finish(), whole.finish());
            }
            assert!(Hasher::restore(algorithm, &[0; 7]).is_none());
        }
        let state = Hasher::new(Algorithm::Sha256).save();
        assert!(Hasher::restore(Algorithm::Sha512, &state).is_none());
    }
}
