//! Hashing that can be put down and taken up again.

use std::io::{self, Read};

use lazaret_model::{Algorithm, Digest};
use sha2::{
    Digest as _, Sha256, Sha512,
    digest::common::hazmat::{SerializableState, SerializedState},
};

/// A running digest whose midstate survives the process (sha2's; aws-lc-rs has none that can be saved).
pub(crate) struct Hasher(State);

enum State {
    Sha256(Sha256),
    Sha512(Sha512),
}

impl Hasher {
    pub(crate) fn new(algorithm: Algorithm) -> Self {
        Self(match algorithm {
            Algorithm::Sha256 => State::Sha256(Sha256::new()),
            Algorithm::Sha512 => State::Sha512(Sha512::new()),
        })
    }

    pub(crate) fn update(&mut self, bytes: &[u8]) {
        match &mut self.0 {
            State::Sha256(state) => state.update(bytes),
            State::Sha512(state) => state.update(bytes),
        }
    }

    /// The midstate, for [`Hasher::restore`].
    pub(crate) fn save(&self) -> Vec<u8> {
        match &self.0 {
            State::Sha256(state) => state.serialize().to_vec(),
            State::Sha512(state) => state.serialize().to_vec(),
        }
    }

    /// `None` when the bytes are no midstate of that algorithm.
    pub(crate) fn restore(algorithm: Algorithm, saved: &[u8]) -> Option<Self> {
        Some(Self(match algorithm {
            Algorithm::Sha256 => State::Sha256(restore(saved)?),
            Algorithm::Sha512 => State::Sha512(restore(saved)?),
        }))
    }

    pub(crate) fn finish(self) -> Digest {
        match self.0 {
            State::Sha256(state) => Digest::from_sha256(state.finalize().into()),
            State::Sha512(state) => Digest::from_sha512(state.finalize().into()),
        }
    }

    /// Takes in everything up to the reader's end; returns how many bytes that were.
    pub(crate) fn update_from(&mut self, reader: &mut impl Read) -> io::Result<u64> {
        let mut buffer = vec![0; 256 << 10];
        let mut total = 0;
        loop {
            match reader.read(&mut buffer) {
                Ok(0) => return Ok(total),
                Ok(n) => {
                    self.update(&buffer[..n]);
                    total += n as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}

fn restore<S: SerializableState>(saved: &[u8]) -> Option<S> {
    S::deserialize(&SerializedState::<S>::try_from(saved).ok()?).ok()
}

/// SHA-256 of bytes in memory.
pub(crate) fn sha256(bytes: &[u8]) -> Digest {
    Digest::from_sha256(Sha256::digest(bytes).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_restored_midstate_goes_on_where_it_was() {
        let bytes: Vec<u8> = (0..100_000_u32).map(|n| n.to_le_bytes()[0]).collect();
        for algorithm in [Algorithm::Sha256, Algorithm::Sha512] {
            let mut whole = Hasher::new(algorithm);
            whole.update(&bytes);
            let whole = whole.finish();
            for cut in [0, 1, 63, 64, 65, 127, 128, 4096, 99_999] {
                let mut first = Hasher::new(algorithm);
                first.update(&bytes[..cut]);
                let mut second = Hasher::restore(algorithm, &first.save()).unwrap();
                second.update(&bytes[cut..]);
                assert_eq!(second.finish(), whole, "{algorithm:?} cut at {cut}");
            }
        }
        assert!(Hasher::restore(Algorithm::Sha256, b"short").is_none());
    }
}
