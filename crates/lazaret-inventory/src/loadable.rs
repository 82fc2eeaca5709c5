//! Files that can execute or be loaded: programs, libraries, scripts, bytecode, archives of it. They are counted for the
//! identified share, so every one is remembered, in about 20 bytes: paths are written as what differs from the one
//! before.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{detector::Candidate, executable::is_executable};

/// Files that one layer may have, and bytes that they may take: 3,000,000 files of an application fit.
const MAX_FILES: usize = 4_000_000;
const MAX_BYTES: usize = 96 << 20;

/// What runs it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    /// The machine: ELF, PE, Mach-O.
    Native,
    /// .NET.
    Managed,
    /// An interpreter: text or bytecode.
    Script,
    /// An archive that an interpreter or virtual machine loads.
    Archive,
    Wasm,
}

impl Kind {
    const ALL: [Self; 5] = [Self::Native, Self::Managed, Self::Script, Self::Archive, Self::Wasm];

    /// What a file is, if it can be run or loaded.
    pub(crate) fn of(file: &Candidate<'_>) -> Option<Self> {
        match file.head {
            [b'#', b'!', b' ' | b'/', ..] => return Some(Self::Script),
            [0, b'a', b's', b'm', ..] => return Some(Self::Wasm),
            head if is_executable(head) => return Some(if is_managed(head) { Self::Managed } else { Self::Native }),
            [] => return None,
            _ => {}
        }
        let (_, extension) = file.name.rsplit_once('.')?;
        match extension {
            "py" | "pyc" | "pyo" | "rb" | "pl" | "pm" | "php" | "lua" | "tcl" | "js" | "mjs" | "cjs" | "class"
            | "beam" | "jl" | "sh" | "dex" | "luac" | "elc" => Some(Self::Script),
            "jar" | "war" | "ear" | "par" | "whl" | "egg" | "phar" | "nupkg" | "gem" | "pyz" | "hpi" | "jpi"
            | "aar"
                if file.head.len() > 4 =>
            {
                Some(Self::Archive)
            }
            _ => None,
        }
    }

    /// Whether an interpreter runs it, not the machine.
    pub(crate) fn is_interpreted(self) -> bool {
        matches!(self, Self::Script | Self::Wasm | Self::Managed)
    }
}

/// Whether a PE file has a CLI header: data directory 14 of the optional header (ECMA-335, II.25.2.3.3).
fn is_managed(head: &[u8]) -> bool {
    let u32_at = |at: usize| {
        let bytes = head.get(at..at.checked_add(4)?)?;
        Some(u32::from_le_bytes(bytes.try_into().ok()?))
    };
    let header = || {
        let pe = usize::try_from(u32_at(0x3c)?).ok()?;
        let optional = pe.checked_add(24)?;
        let wide = head.get(optional..optional.checked_add(2)?)? == [0x0b, 0x02];
        u32_at(optional.checked_add(if wide { 112 } else { 96 })?.checked_add(14 * 8)?)
    };
    head.starts_with(b"MZ") && header().is_some_and(|address| address != 0)
}

/// One file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Loadable {
    pub(crate) path: String,
    pub(crate) bytes: u64,
    pub(crate) kind: Kind,
    /// Place in the list of the file that this is a hard link to.
    pub(crate) same_as: Option<usize>,
}

/// The files of a layer, in order of appearance. Serialised as one hexadecimal text.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Loadables {
    /// For each: bytes shared with the path before, length of the rest, rest, kind, size, and 0 or one more than the
    /// place of what it is a link to; numbers in base 128, lowest first.
    bytes: Vec<u8>,
    count: usize,
    last: String,
}

impl Loadables {
    pub fn len(&self) -> usize {
        self.count
    }

    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Bytes in memory.
    pub(crate) fn weight(&self) -> usize {
        self.bytes.len()
    }

    /// Adds a file; `false` when there is no room.
    pub(crate) fn push(&mut self, path: &str, bytes: u64, kind: Kind, same_as: Option<usize>) -> bool {
        if self.count >= MAX_FILES || self.bytes.len() + path.len() > MAX_BYTES {
            return false;
        }
        let mut shared = self.last.bytes().zip(path.bytes()).take_while(|(a, b)| a == b).count();
        while !path.is_char_boundary(shared) {
            shared -= 1;
        }
        let rest = &path.as_bytes()[shared..];
        put(&mut self.bytes, shared as u64);
        put(&mut self.bytes, rest.len() as u64);
        self.bytes.extend_from_slice(rest);
        self.bytes.push(kind as u8);
        put(&mut self.bytes, bytes);
        put(&mut self.bytes, same_as.map_or(0, |place| place as u64 + 1));
        self.last.truncate(shared);
        self.last.push_str(&path[shared..]);
        self.count += 1;
        true
    }

    /// Shows each file. Ends early where the bytes are not what `push` wrote.
    pub(crate) fn each(&self, mut show: impl FnMut(&Loadable)) {
        let mut left = self.bytes.as_slice();
        let mut file = Loadable { path: String::new(), bytes: 0, kind: Kind::Native, same_as: None };
        while !left.is_empty() {
            if next(&mut left, &mut file).is_none() {
                return;
            }
            show(&file);
        }
    }
}

fn next(left: &mut &[u8], file: &mut Loadable) -> Option<()> {
    let shared = usize::try_from(take(left)?).ok()?;
    let length = usize::try_from(take(left)?).ok()?;
    let (rest, after) = left.split_at_checked(length)?;
    if !file.path.is_char_boundary(shared) {
        return None;
    }
    file.path.truncate(shared);
    file.path.push_str(std::str::from_utf8(rest).ok()?);
    let (kind, after) = after.split_first()?;
    file.kind = *Kind::ALL.get(usize::from(*kind))?;
    *left = after;
    file.bytes = take(left)?;
    file.same_as = usize::try_from(take(left)?).ok()?.checked_sub(1);
    Some(())
}

fn put(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(number.to_le_bytes()[0] | 0x80);
        number >>= 7;
    }
    bytes.push(number.to_le_bytes()[0]);
}

fn take(left: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = left.split_first()?;
        *left = rest;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

impl Serialize for Loadables {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&hex::encode(&self.bytes))
    }
}

impl<'de> Deserialize<'de> for Loadables {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        let bytes = hex::decode(text.as_bytes()).map_err(serde::de::Error::custom)?;
        let mut read = Self { bytes, ..Self::default() };
        let (mut count, mut last) = (0, String::new());
        read.each(|file| {
            count += 1;
            last.clone_from(&file.path);
        });
        (read.count, read.last) = (count, last);
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(path: &str, head: &[u8]) -> Option<Kind> {
        Kind::of(&Candidate::new(path, head, 0o755))
    }

    #[test]
    fn what_can_run() {
        let mut elf = [0; 64];
        elf[..6].copy_from_slice(b"\x7fELF\x02\x01");
        elf[16] = 3;
        assert_eq!(kind("lib/libz.so.1", &elf), Some(Kind::Native));
        assert_eq!(kind("x", b"#!/bin/sh\n"), Some(Kind::Script));
        assert_eq!(kind("a/b.js", b"x"), Some(Kind::Script));
        assert_eq!(kind("a/empty.js", b""), None);
        assert_eq!(kind("a/b.wasm", b"\0asm\x01"), Some(Kind::Wasm));
        assert_eq!(kind("a/b.jar", b"PK\x03\x04..."), Some(Kind::Archive));
        assert_eq!(kind("README.md", b"# x"), None);
        let mut pe = [0; 512];
        pe[..2].copy_from_slice(b"MZ");
        pe[0x3c] = 0x80;
        pe[0x98..0x9a].copy_from_slice(&[0x0b, 0x01]);
        assert_eq!(kind("a.dll", &pe), Some(Kind::Native));
        pe[0x98 + 96 + 14 * 8] = 1;
        assert_eq!(kind("a.dll", &pe), Some(Kind::Managed));
    }

    #[test]
    fn small_and_lossless() {
        let mut list = Loadables::default();
        let paths = ["usr/lib/a.so", "usr/lib/ä.so", "usr/lib/ö.so", "b", "b"];
        for (index, path) in paths.iter().enumerate() {
            assert!(list.push(path, 1 << (index * 9), Kind::ALL[index], index.checked_sub(3)));
        }
        let text = serde_json::to_string(&list).unwrap();
        let read: Loadables = serde_json::from_str(&text).unwrap();
        assert_eq!(read, list);
        let mut seen = Vec::new();
        read.each(|file| seen.push(file.clone()));
        let wanted: Vec<_> = paths
            .iter()
            .enumerate()
            .map(|(index, path)| Loadable {
                path: (*path).to_owned(),
                bytes: 1 << (index * 9),
                kind: Kind::ALL[index],
                same_as: index.checked_sub(3),
            })
            .collect();
        assert_eq!(seen, wanted);
        assert!(list.weight() < 70);
    }

    #[test]
    fn what_is_damaged_ends_early() {
        let mut list = Loadables::default();
        list.push("a/b", 300, Kind::Script, None);
        for length in 0..list.bytes.len() {
            let cut = Loadables { bytes: list.bytes[..length].to_vec(), ..Loadables::default() };
            let mut count = 0;
            cut.each(|_| count += 1);
            assert_eq!(count, 0);
        }
        assert!(serde_json::from_str::<Loadables>("\"zz\"").is_err());
    }
}
