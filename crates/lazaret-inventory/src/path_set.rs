//! Sets of paths that stay small: 16 bytes a path, whatever its length.

use std::{
    collections::HashMap,
    fmt::Write as _,
    hash::{BuildHasherDefault, Hasher},
};

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest as _, Sha256};

/// The first 128 bits of the SHA-256 of a path. 64 would do against accidents; an image is written by someone, and
/// two paths of their choice with equal hashes would make a package look overwritten.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct PathHash(u128);

impl PathHash {
    /// Of a normalised path (no leading or trailing `/`).
    pub fn of(path: &str) -> Self {
        Self::start(path.as_bytes())
    }

    pub(crate) fn to_bytes(self) -> [u8; 16] {
        self.0.to_be_bytes()
    }

    pub(crate) fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(u128::from_be_bytes(bytes))
    }

    fn start(bytes: &[u8]) -> Self {
        let digest: [u8; 32] = Sha256::digest(bytes).into();
        let mut head = [0; 16];
        head.copy_from_slice(&digest[..16]);
        Self(u128::from_be_bytes(head))
    }
}

/// A map by path hash. What is a hash already is not hashed again.
pub(crate) type PathMap<V> = HashMap<PathHash, V, BuildHasherDefault<Passed>>;

#[derive(Default)]
pub(crate) struct Passed(u64);

impl Hasher for Passed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.0 ^= u64::from_le_bytes(word);
        }
    }
}

/// A sorted set of path hashes. Serialised as one hexadecimal text.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct PathSet(Vec<PathHash>);

impl PathSet {
    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn contains(&self, hash: PathHash) -> bool {
        self.0.binary_search(&hash).is_ok()
    }

    pub fn iter(&self) -> impl Iterator<Item = PathHash> + '_ {
        self.0.iter().copied()
    }
}

impl FromIterator<PathHash> for PathSet {
    fn from_iter<I: IntoIterator<Item = PathHash>>(hashes: I) -> Self {
        let mut hashes: Vec<_> = hashes.into_iter().collect();
        hashes.sort_unstable();
        hashes.dedup();
        hashes.shrink_to_fit();
        Self(hashes)
    }
}

impl Serialize for PathSet {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut text = String::with_capacity(self.0.len() * 32);
        for hash in &self.0 {
            let _ = write!(text, "{:032x}", hash.0);
        }
        serializer.serialize_str(&text)
    }
}

/// Value of each hexadecimal digit; others have a high bit.
const DIGITS: [u8; 256] = {
    let mut digits = [0xff; 256];
    let mut value = 0;
    while value < 16 {
        digits[b"0123456789abcdef"[value as usize] as usize] = value;
        value += 1;
    }
    digits
};

/// Half a million of these are in the layers of a large image, and a cached scan reads little else.
fn read(text: &[u8; 32]) -> Option<PathHash> {
    let (mut value, mut odd) = (0_u128, 0);
    for digit in text {
        let digit = DIGITS[usize::from(*digit)];
        odd |= digit;
        value = value << 4 | u128::from(digit & 0xf);
    }
    (odd < 16).then_some(PathHash(value))
}

impl<'de> Deserialize<'de> for PathSet {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        let (hashes, rest) = text.as_bytes().as_chunks::<32>();
        if !rest.is_empty() {
            return Err(serde::de::Error::custom("a path set is not a whole number of hashes"));
        }
        let hash =
            |text: &[u8; 32]| read(text).ok_or_else(|| serde::de::Error::custom("a path hash is not hexadecimal"));
        Ok(hashes.iter().map(hash).collect::<Result<Vec<_>, _>>()?.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_trips() {
        let set: PathSet = ["b", "a", "b", "usr/bin/x"].into_iter().map(PathHash::of).collect();
        assert_eq!(set.len(), 3);
        assert!(set.contains(PathHash::of("a")) && !set.contains(PathHash::of("c")));
        let text = serde_json::to_string(&set).unwrap();
        assert_eq!(serde_json::from_str::<PathSet>(&text).unwrap(), set);
        assert!(serde_json::from_str::<PathSet>("\"0123\"").is_err());
        assert!(serde_json::from_str::<PathSet>("\"xy\"").is_err());
        let odd = |digit: &str| format!("\"{}{digit}\"", "0".repeat(32 - digit.len()));
        assert!(serde_json::from_str::<PathSet>(&odd("f")).is_ok());
        assert!(["g", "é", "F", "/", ":"].iter().all(|digit| serde_json::from_str::<PathSet>(&odd(digit)).is_err()));
    }
}
