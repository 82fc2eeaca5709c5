//! Zip archives read at any offset: a stored archive in an archive is a part of its bytes, a compressed one is
//! inflated within the limits, into memory while it is small, else into an unlinked temporary file.

use std::{
    fs::File,
    io::{self, Read, Write},
    os::unix::fs::FileExt,
};

use flate2::read::DeflateDecoder;
use lazaret_model::ProblemKind;
use lazaret_oci::{Body, Limits};
use rawzip::{CompressionMethod, ReaderAt, ZipArchive, ZipArchiveEntryWayfinder, ZipLocator};

/// Entries of one file with everything in it, and archives in it.
const MAX_ENTRIES: u64 = 1_000_000;
const MAX_ARCHIVES: u64 = 10_000;

#[derive(Debug, thiserror::Error)]
pub(crate) enum ArchiveError {
    #[error("{0}")]
    Zip(#[from] rawzip::Error),
    #[error("cannot be inflated: {0}")]
    Inflate(io::Error),
    #[error("compression method {0} is not supported")]
    Method(u16),
    #[error("encrypted")]
    Encrypted,
    #[error("more than {limit} {what}; the rest is not looked at")]
    Spent { what: &'static str, limit: u64, told: bool },
}

impl ArchiveError {
    pub(crate) fn kind(&self) -> ProblemKind {
        match self {
            Self::Zip(_) | Self::Inflate(_) => ProblemKind::ParseError,
            Self::Method(_) | Self::Encrypted => ProblemKind::Unsupported,
            Self::Spent { .. } => ProblemKind::LimitExceeded,
        }
    }
}

/// What is left to spend on one file of the image.
pub(crate) struct Budget {
    entries: u64,
    archives: u64,
    /// Bytes that may still be inflated, of so many.
    inflated: u64,
    archive_bytes: u64,
    ratio: u64,
    ratio_from: u64,
    told: bool,
}

impl Budget {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            entries: MAX_ENTRIES,
            archives: MAX_ARCHIVES,
            inflated: limits.archive_bytes,
            archive_bytes: limits.archive_bytes,
            ratio: limits.ratio,
            ratio_from: limits.ratio_from,
            told: false,
        }
    }

    pub(crate) fn open_archive(&mut self) -> Result<(), ArchiveError> {
        let left = self.archives.checked_sub(1);
        self.archives = left.ok_or_else(|| self.spent("archives in one file", MAX_ARCHIVES))?;
        Ok(())
    }

    /// Bytes that were inflated.
    pub(crate) fn inflated(&self) -> u64 {
        self.archive_bytes - self.inflated
    }

    fn spent(&mut self, what: &'static str, limit: u64) -> ArchiveError {
        ArchiveError::Spent { what, limit, told: std::mem::replace(&mut self.told, true) }
    }
}

/// Bytes somewhere.
#[derive(Clone, Copy)]
pub(crate) struct Part<'a> {
    holder: Holder<'a>,
    start: u64,
    len: u64,
}

#[derive(Clone, Copy)]
enum Holder<'a> {
    Body(&'a Body<'a>),
    Memory(&'a [u8]),
    File(&'a File),
}

impl<'a> Part<'a> {
    pub(crate) fn body(body: &'a Body<'a>) -> Self {
        Self { holder: Holder::Body(body), start: 0, len: body.len() }
    }
}

impl ReaderAt for Part<'_> {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let left = usize::try_from(self.len.saturating_sub(offset)).unwrap_or(usize::MAX).min(buffer.len());
        let buffer = &mut buffer[..left];
        let at = self.start.saturating_add(offset);
        match self.holder {
            Holder::Body(body) => body.read_at(at, buffer),
            Holder::File(file) => file.read_at(buffer, at),
            Holder::Memory(bytes) => {
                let from = bytes.get(usize::try_from(at).unwrap_or(usize::MAX)..).unwrap_or_default();
                let read = from.len().min(buffer.len());
                buffer[..read].copy_from_slice(&from[..read]);
                Ok(read)
            }
        }
    }
}

/// The content of an entry, or where it is.
pub(crate) enum Content<'a> {
    Part(Part<'a>),
    Memory(Vec<u8>),
    File(File, u64),
}

impl Content<'_> {
    pub(crate) fn part(&self) -> Part<'_> {
        match self {
            Self::Part(part) => *part,
            Self::Memory(bytes) => Part { holder: Holder::Memory(bytes), start: 0, len: bytes.len() as u64 },
            Self::File(file, len) => Part { holder: Holder::File(file), start: 0, len: *len },
        }
    }
}

/// Where an entry is and how it is stored.
pub(crate) struct Item {
    wayfinder: ZipArchiveEntryWayfinder,
    method: CompressionMethod,
    encrypted: bool,
}

pub(crate) struct Archive<'a> {
    zip: ZipArchive<Part<'a>>,
    part: Part<'a>,
}

impl<'a> Archive<'a> {
    pub(crate) fn open(part: Part<'a>) -> Result<Self, ArchiveError> {
        let mut buffer = vec![0; 8 << 10];
        let located = ZipLocator::new().locate_in_reader(part, &mut buffer, part.len);
        Ok(Self { zip: located.map_err(|(_, error)| error)?, part })
    }

    /// Calls `each` with the path of every entry that is no directory.
    pub(crate) fn items(&self, budget: &mut Budget, mut each: impl FnMut(&str, Item)) -> Result<(), ArchiveError> {
        // as long as the longest record, or all there is
        let longest = rawzip::MAX_CENTRAL_DIRECTORY_RECORD_SIZE;
        let mut buffer = vec![0; usize::try_from(self.part.len).unwrap_or(longest).min(longest)];
        let mut entries = self.zip.entries(&mut buffer);
        let mut seen = 0;
        while let Some(entry) = entries.next_entry()? {
            let left = budget.entries.checked_sub(1);
            budget.entries = left.ok_or_else(|| budget.spent("entries in one file", MAX_ENTRIES))?;
            seen += 1;
            if entry.is_dir() {
                continue;
            }
            let item = Item {
                wayfinder: entry.wayfinder(),
                method: entry.compression_method(),
                encrypted: entry.flags().is_encrypted(),
            };
            let path = entry.file_path();
            each(String::from_utf8_lossy(path.as_bytes()).trim_start_matches('/'), item);
        }
        if seen == 0 && self.zip.entries_hint() > 0 {
            return Err(ArchiveError::Zip(rawzip::Error::from(rawzip::ErrorKind::Eof)));
        }
        Ok(())
    }

    /// The bytes of a small entry.
    pub(crate) fn read(&self, item: &Item, limit: u64, budget: &mut Budget) -> Result<Vec<u8>, ArchiveError> {
        let mut bytes = Vec::new();
        self.inflate(item, limit, budget, &mut |chunk| {
            bytes.extend_from_slice(chunk);
            Ok(())
        })?;
        Ok(bytes)
    }

    /// The content of an entry that is an archive.
    pub(crate) fn content(
        &self,
        item: &Item,
        limits: &Limits,
        budget: &mut Budget,
    ) -> Result<Content<'a>, ArchiveError> {
        if item.encrypted {
            return Err(ArchiveError::Encrypted);
        }
        if item.method == CompressionMethod::STORE {
            let (start, end) = self.zip.get_entry(item.wayfinder)?.compressed_data_range();
            let within = Part { start: self.part.start + start, len: end.saturating_sub(start), ..self.part };
            return if end > self.part.len { Err(cut()) } else { Ok(Content::Part(within)) };
        }
        let mut memory = Vec::new();
        let mut file: Option<File> = None;
        let mut len = 0;
        self.inflate(item, limits.file_bytes, budget, &mut |chunk| {
            len += chunk.len() as u64;
            if file.is_none() && len > limits.buffer_bytes {
                let mut spill = tempfile::tempfile()?;
                spill.write_all(&memory)?;
                memory = Vec::new();
                file = Some(spill);
            }
            match &mut file {
                Some(file) => file.write_all(chunk),
                None => {
                    memory.extend_from_slice(chunk);
                    Ok(())
                }
            }
        })?;
        Ok(file.map_or(Content::Memory(memory), |file| Content::File(file, len)))
    }

    fn inflate(
        &self,
        item: &Item,
        limit: u64,
        budget: &mut Budget,
        sink: &mut dyn FnMut(&[u8]) -> io::Result<()>,
    ) -> Result<(), ArchiveError> {
        if item.encrypted {
            return Err(ArchiveError::Encrypted);
        }
        let entry = self.zip.get_entry(item.wayfinder)?;
        let (start, end) = entry.compressed_data_range();
        let compressed = end.saturating_sub(start);
        if end > self.part.len {
            return Err(cut());
        }
        let mut reader: Box<dyn Read + '_> = match item.method {
            CompressionMethod::STORE => Box::new(entry.reader()),
            CompressionMethod::DEFLATE => Box::new(DeflateDecoder::new(entry.reader())),
            other => return Err(ArchiveError::Method(other.as_u16())),
        };
        let mut chunk = vec![0; 32 << 10];
        let mut total: u64 = 0;
        loop {
            let read = reader.read(&mut chunk).map_err(ArchiveError::Inflate)?;
            if read == 0 {
                return Ok(());
            }
            total += read as u64;
            if total > limit {
                return Err(ArchiveError::Spent { what: "bytes in one entry", limit, told: false });
            }
            if total > budget.ratio_from && total / compressed.max(1) > budget.ratio {
                return Err(ArchiveError::Spent {
                    what: "output bytes an input byte",
                    limit: budget.ratio,
                    told: false,
                });
            }
            let Some(left) = budget.inflated.checked_sub(read as u64) else {
                budget.inflated = 0;
                return Err(budget.spent("bytes inflated from archives of a layer", budget.archive_bytes));
            };
            budget.inflated = left;
            sink(&chunk[..read]).map_err(ArchiveError::Inflate)?;
        }
    }
}

fn cut() -> ArchiveError {
    ArchiveError::Zip(rawzip::Error::from(rawzip::ErrorKind::Eof))
}

/// Takes out the entries whose bytes overlap those of another; whether there are any.
pub(crate) fn overlapping(
    archive: &Archive<'_>,
    texts: &mut Vec<(String, Item)>,
    nested: &mut Vec<(String, Item)>,
) -> bool {
    let range = |item: &Item| archive.zip.get_entry(item.wayfinder).map(|entry| entry.compressed_data_range()).ok();
    let mut ranges: Vec<_> = texts.iter().chain(nested.iter()).filter_map(|(_, item)| range(item)).collect();
    ranges.sort_unstable();
    let mut bad = std::collections::HashSet::new();
    let mut furthest: Option<(u64, u64)> = None;
    for (start, end) in ranges {
        if let Some((before, reach)) = furthest
            && start < reach
        {
            bad.extend([before, start]);
        }
        if furthest.is_none_or(|(_, reach)| end > reach) {
            furthest = Some((start, end));
        }
    }
    if bad.is_empty() {
        return false;
    }
    let keep = |item: &Item| range(item).is_none_or(|(start, _)| !bad.contains(&start));
    texts.retain(|(_, item)| keep(item));
    nested.retain(|(_, item)| keep(item));
    true
}
