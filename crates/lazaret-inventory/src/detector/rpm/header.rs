//! The header blob of a package: an index of tags over one block of data, big-endian
//! (<https://rpm-software-management.github.io/rpm/manual/format_header.html>). In a database it has no magic before it.

use std::{borrow::Cow, cell::RefCell};

use sha2::{Digest as _, Sha256};

use super::be32;

pub(super) const NAME: u32 = 1000;
pub(super) const VERSION: u32 = 1001;
pub(super) const RELEASE: u32 = 1002;
pub(super) const EPOCH: u32 = 1003;
pub(super) const VENDOR: u32 = 1011;
pub(super) const LICENSE: u32 = 1014;
pub(super) const ARCH: u32 = 1022;
pub(super) const OLD_FILE_NAMES: u32 = 1027;
pub(super) const FILE_STATES: u32 = 1029;
pub(super) const FILE_FLAGS: u32 = 1037;
pub(super) const SOURCE_RPM: u32 = 1044;
pub(super) const DIRECTORY_INDEXES: u32 = 1116;
pub(super) const BASE_NAMES: u32 = 1117;
pub(super) const DIRECTORY_NAMES: u32 = 1118;
pub(super) const MODULARITY_LABEL: u32 = 5096;
/// Hexadecimal SHA-256 of the header as it was in the package file.
const HEADER_DIGEST: u32 = 273;
/// The part of the header that was in the package file.
const REGION: u32 = 63;

const WANTED: [u32; 16] = [
    NAME,
    VERSION,
    RELEASE,
    EPOCH,
    VENDOR,
    LICENSE,
    ARCH,
    OLD_FILE_NAMES,
    FILE_STATES,
    FILE_FLAGS,
    SOURCE_RPM,
    DIRECTORY_INDEXES,
    BASE_NAMES,
    DIRECTORY_NAMES,
    MODULARITY_LABEL,
    HEADER_DIGEST,
];

/// rpm's own limits.
const MAX_TAGS: usize = 0xffff;
const MAX_DATA: usize = 256 << 20;

/// Texts or numbers of one tag; the largest packages have some hundred thousand files.
const MAX_VALUES: usize = 1_000_000;

const ENTRY: usize = 16;

/// Types of data that the wanted tags have.
const CHAR: u32 = 1;
const INT8: u32 = 2;
const INT16: u32 = 3;
const INT32: u32 = 4;
const STRING: u32 = 6;
const STRING_ARRAY: u32 = 8;
const I18N_STRING: u32 = 9;

#[derive(PartialEq, Eq, Debug, thiserror::Error)]
pub(super) enum HeaderError {
    #[error("{0} bytes are no header")]
    Short(usize),
    #[error("a header of {0} tags and {1} bytes is more than rpm allows")]
    TooLarge(usize, usize),
    #[error("a header of {wanted} bytes in {actual}")]
    Length { wanted: usize, actual: usize },
}

#[derive(Clone, Copy)]
struct Entry {
    tag: u32,
    kind: u32,
    offset: usize,
    count: usize,
}

pub(super) struct Header<'a> {
    index: &'a [u8],
    data: &'a [u8],
    entries: Vec<Entry>,
    /// Tags that are there and could not be read.
    damaged: RefCell<Vec<u32>>,
}

impl<'a> Header<'a> {
    pub(super) fn parse(blob: &'a [u8]) -> Result<Self, HeaderError> {
        let size = |at| be32(blob, at).and_then(|n| usize::try_from(n).ok());
        let (Some(tags), Some(bytes)) = (size(0), size(4)) else { return Err(HeaderError::Short(blob.len())) };
        if tags == 0 || tags > MAX_TAGS || bytes > MAX_DATA {
            return Err(HeaderError::TooLarge(tags, bytes));
        }
        let wanted = 8 + tags * ENTRY + bytes;
        if blob.len() != wanted {
            return Err(HeaderError::Length { wanted, actual: blob.len() });
        }
        let (index, data) = blob.get(8..).unwrap_or_default().split_at(tags * ENTRY);
        let entries = index.chunks_exact(ENTRY).filter_map(entry).filter(|e| WANTED.contains(&e.tag)).collect();
        Ok(Self { index, data, entries, damaged: RefCell::default() })
    }

    /// The last one counts: what an installation changed (relocated files) is after the package's own.
    fn find<T>(&self, tag: u32, read: impl FnOnce(&Entry) -> Option<T>) -> Option<T> {
        let entry = self.entries.iter().rfind(|entry| entry.tag == tag)?;
        let value = read(entry);
        let mut damaged = self.damaged.borrow_mut();
        if value.is_none() && !damaged.contains(&tag) {
            damaged.push(tag);
        }
        value
    }

    /// The tags that could not be read, of those that were asked for.
    pub(super) fn damaged(&self) -> Vec<u32> {
        self.damaged.borrow().clone()
    }

    pub(super) fn text(&self, tag: u32) -> Option<String> {
        self.find(tag, |entry| {
            let known = matches!(entry.kind, STRING | STRING_ARRAY | I18N_STRING) && entry.count > 0;
            known.then(|| self.strings(entry.offset, 1)).flatten()?.pop().map(Cow::into_owned)
        })
    }

    /// Nothing where the tag is absent or damaged.
    pub(super) fn texts(&self, tag: u32) -> Vec<Cow<'a, str>> {
        self.find(tag, |entry| {
            let known = matches!(entry.kind, STRING | STRING_ARRAY | I18N_STRING);
            known.then(|| self.strings(entry.offset, entry.count)).flatten()
        })
        .unwrap_or_default()
    }

    /// Each string takes a byte at least, so the count is bounded by the data, too.
    fn strings(&self, offset: usize, count: usize) -> Option<Vec<Cow<'a, str>>> {
        let mut rest = self.data.get(offset..)?;
        let mut texts = Vec::new();
        if count > MAX_VALUES {
            return None;
        }
        for _ in 0..count {
            let end = memchr::memchr(0, rest)?;
            texts.push(String::from_utf8_lossy(rest.get(..end)?));
            rest = rest.get(end + 1..)?;
        }
        Some(texts)
    }

    pub(super) fn number(&self, tag: u32) -> Option<u32> {
        self.find(tag, |entry| self.integers(entry)?.first().copied())
    }

    /// Nothing where the tag is absent or damaged.
    pub(super) fn numbers(&self, tag: u32) -> Vec<u32> {
        self.find(tag, |entry| self.integers(entry)).unwrap_or_default()
    }

    fn integers(&self, entry: &Entry) -> Option<Vec<u32>> {
        let width = match entry.kind {
            CHAR | INT8 => 1,
            INT16 => 2,
            INT32 => 4,
            _ => return None,
        };
        if entry.count > MAX_VALUES {
            return None;
        }
        let bytes = self.data.get(entry.offset..entry.offset.checked_add(entry.count.checked_mul(width)?)?)?;
        let value = |bytes: &[u8]| bytes.iter().fold(0, |value, byte| value << 8 | u32::from(*byte));
        Some(bytes.chunks_exact(width).map(value).collect())
    }

    /// Whether the part that came with the package file has the digest that the header says. `None` where it says none
    /// (rpm before 4.14), or where there is no such part.
    pub(super) fn is_intact(&self) -> Option<bool> {
        let digest = self.text(HEADER_DIGEST)?;
        let first = self.index.get(..ENTRY).and_then(entry).filter(|first| first.tag == REGION)?;
        // the part ends with a copy of its entry, whose offset is the length of its index, negated
        let trailer = self.data.get(first.offset..first.offset.checked_add(ENTRY)?)?;
        let length = be32(trailer, 8)?.wrapping_neg();
        let index = self.index.get(..usize::try_from(length).ok()?)?;
        let data = self.data.get(..first.offset + ENTRY)?;
        let mut hash = Sha256::new();
        hash.update([0x8e, 0xad, 0xe8, 1, 0, 0, 0, 0]);
        hash.update((length / 16).to_be_bytes());
        hash.update(u32::try_from(data.len()).ok()?.to_be_bytes());
        hash.update(index);
        hash.update(data);
        Some(hex::encode(hash.finalize()).eq_ignore_ascii_case(&digest))
    }
}

/// An offset or count that is negative is past all data.
fn entry(bytes: &[u8]) -> Option<Entry> {
    let size = |at| be32(bytes, at).map(|n| usize::try_from(n).unwrap_or(usize::MAX));
    Some(Entry { tag: be32(bytes, 0)?, kind: be32(bytes, 4)?, offset: size(8)?, count: size(12)? })
}
