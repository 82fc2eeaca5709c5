//! Whether files have the bytes that their packages say: what package databases expect, and what the files of each
//! layer are. The two meet in `coalesce/modified.rs`, over all layers.
//!
//! dpkg keeps MD5, apk SHA-1, wheels SHA-256; which of them is needed is not known before the database was seen, often
//! at the end of the layer or in another. Reading a layer twice would cost more than everything else, so
//! [`hashing`] guesses; where the guess was wrong, the files are told as not compared.

pub(crate) mod hashing;
pub(crate) mod sums;

use lazaret_model::PackageType;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::path_set::{PathHash, PathSet};

/// A digest that a package database uses.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sum {
    Md5,
    Sha1,
    Sha256,
}

impl Sum {
    /// Bytes of a digest.
    pub(crate) const fn length(self) -> usize {
        match self {
            Self::Md5 => 16,
            Self::Sha1 => 20,
            Self::Sha256 => 32,
        }
    }

    /// `md5:...`
    pub(crate) fn text(self, digest: &[u8]) -> String {
        let name = match self {
            Self::Md5 => "md5",
            Self::Sha1 => "sha1",
            Self::Sha256 => "sha256",
        };
        format!("{name}:{}", hex::encode(digest))
    }
}

/// What one file of a package database says of the bytes of other files.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Expected {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub packages: Vec<ExpectedFiles>,
    /// Configuration, which people may edit.
    #[serde(skip_serializing_if = "PathSet::is_empty")]
    pub editable: PathSet,
    /// Files that dpkg puts elsewhere: path, where it is instead, and the package for which it makes room.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub diversions: Vec<(String, String, String)>,
}

/// The files of one package.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ExpectedFiles {
    pub kind: PackageType,
    pub name: String,
    /// Only where the list is of one architecture.
    pub arch: Option<String>,
    pub sum: Sum,
    pub directories: Vec<Directory>,
}

/// Files of one directory: a path costs only its last part.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Directory {
    pub path: String,
    /// Each with a line feed behind it.
    names: String,
    #[serde(serialize_with = "to_hex", deserialize_with = "from_hex")]
    sums: Vec<u8>,
}

impl Expected {
    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Bytes that it takes in memory, about.
    pub(crate) fn bytes(&self) -> usize {
        let directory = |d: &Directory| size_of::<Directory>() + d.path.len() + d.names.len() + d.sums.len();
        let files =
            |files: &ExpectedFiles| size_of::<ExpectedFiles>() + files.directories.iter().map(directory).sum::<usize>();
        let diversion = |(from, to, by): &(String, String, String)| from.len() + to.len() + by.len() + 72;
        self.packages.iter().map(files).sum::<usize>()
            + self.editable.len() * 16
            + self.diversions.iter().map(diversion).sum::<usize>()
    }
}

impl ExpectedFiles {
    pub(crate) fn new(kind: PackageType, name: &str, arch: Option<String>, sum: Sum) -> Self {
        Self { kind, name: name.to_owned(), arch, sum, directories: Vec::new() }
    }

    /// Adds a file; those of one directory should follow each other. A digest of another length is no digest.
    pub(crate) fn push(&mut self, path: &str, digest: &[u8]) {
        if digest.len() != self.sum.length() || path.contains('\n') {
            return;
        }
        let (directory, name) = path.rsplit_once('/').unwrap_or(("", path));
        if self.directories.last().is_none_or(|last| last.path != directory) {
            self.directories.push(Directory { path: directory.to_owned(), ..Directory::default() });
        }
        if let Some(last) = self.directories.last_mut() {
            last.names.push_str(name);
            last.names.push('\n');
            last.sums.extend_from_slice(digest);
        }
    }

    /// Directory, name, digest.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str, &[u8])> {
        self.directories.iter().flat_map(|directory| {
            let names = directory.names.split_terminator('\n');
            let sums = directory.sums.chunks_exact(self.sum.length());
            names.zip(sums).map(|(name, sum)| (directory.path.as_str(), name, sum))
        })
    }
}

/// Digests of the files of a layer by path hash, of those kinds that were guessed to be needed.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct FileDigests {
    md5: Digests<16>,
    sha1: Digests<20>,
    sha256: Digests<32>,
}

impl FileDigests {
    pub(crate) fn of(&self, sum: Sum, path: PathHash) -> Option<&[u8]> {
        match sum {
            Sum::Md5 => self.md5.of(path).map(|digest| &digest[..]),
            Sum::Sha1 => self.sha1.of(path).map(|digest| &digest[..]),
            Sum::Sha256 => self.sha256.of(path).map(|digest| &digest[..]),
        }
    }

    /// Bytes that it takes in memory.
    pub(crate) fn bytes(&self) -> usize {
        self.md5.0.len() * 32 + self.sha1.0.len() * 36 + self.sha256.0.len() * 48
    }
}

/// Sorted by path. Serialised as one hexadecimal text.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
struct Digests<const N: usize>(Vec<(PathHash, [u8; N])>);

impl<const N: usize> Digests<N> {
    /// Of files in the order in which they passed: the last of a path counts.
    fn sorted(mut all: Vec<(PathHash, [u8; N])>) -> Self {
        all.reverse();
        all.sort_by_key(|(path, _)| *path);
        all.dedup_by_key(|(path, _)| *path);
        all.shrink_to_fit();
        Self(all)
    }

    fn of(&self, path: PathHash) -> Option<&[u8; N]> {
        let index = self.0.binary_search_by_key(&path, |(path, _)| *path).ok()?;
        self.0.get(index).map(|(_, digest)| digest)
    }
}

impl<const N: usize> Serialize for Digests<N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut bytes = Vec::with_capacity(self.0.len() * (16 + N));
        for (path, digest) in &self.0 {
            bytes.extend_from_slice(&path.to_bytes());
            bytes.extend_from_slice(digest);
        }
        to_hex(&bytes, serializer)
    }
}

impl<'de, const N: usize> Deserialize<'de> for Digests<N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let bytes = from_hex(deserializer)?;
        let records = bytes.chunks_exact(16 + N);
        if !records.remainder().is_empty() {
            return Err(serde::de::Error::custom("not a whole number of digests"));
        }
        let record = |record: &[u8]| {
            let (path, digest) = record.split_first_chunk::<16>()?;
            Some((PathHash::from_bytes(*path), digest.try_into().ok()?))
        };
        Ok(Self::sorted(records.filter_map(record).collect()))
    }
}

fn to_hex<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&hex::encode(bytes))
}

fn from_hex<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
    let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
    hex::decode(text.as_bytes()).map_err(serde::de::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_and_digests_come_back() {
        let mut files = ExpectedFiles::new(PackageType::Deb, "x", None, Sum::Md5);
        for (path, byte) in [("usr/bin/a", 1), ("usr/bin/b", 2), ("top", 3), ("usr/lib/c", 4)] {
            files.push(path, &[byte; 16]);
        }
        files.push("usr/lib/d", &[0; 20]);
        assert_eq!(files.directories.len(), 3);
        let text = serde_json::to_string(&files).unwrap();
        assert_eq!(serde_json::from_str::<ExpectedFiles>(&text).unwrap(), files);
        let listed: Vec<_> = files.iter().map(|(directory, name, sum)| (directory, name, sum[0])).collect();
        assert_eq!(listed, [("usr/bin", "a", 1), ("usr/bin", "b", 2), ("", "top", 3), ("usr/lib", "c", 4)]);
        let of = |path: &str, byte| (PathHash::of(path), [byte; 20]);
        let sha1 = Digests::sorted(vec![of("a", 1), of("b", 2), of("a", 3)]);
        let digests = FileDigests { sha1, ..FileDigests::default() };
        assert_eq!(digests.of(Sum::Sha1, PathHash::of("a")), Some(&[3; 20][..]));
        assert_eq!(digests.of(Sum::Md5, PathHash::of("a")), None);
        let text = serde_json::to_string(&digests).unwrap();
        assert_eq!(serde_json::from_str::<FileDigests>(&text).unwrap(), digests);
        assert!(serde_json::from_str::<FileDigests>(&text.replace("0303", "03")).is_err());
    }
}
