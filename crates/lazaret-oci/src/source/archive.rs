//! A tar file on disk as a set of named byte ranges: indexed once, read at any place. Only for the outer archive of an
//! image; layers are walked by [`crate::read_layer`].

use std::{
    collections::HashMap,
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    os::unix::fs::FileExt,
    path::Path,
    sync::Arc,
};

use super::SourceError;
use crate::{
    Limits,
    layer::{
        path,
        tar::{
            header::{BLOCK, Header, Kind},
            meta::Meta,
        },
    },
};

/// An archive of an image has some files for each layer; one with more than this is something else.
const MAX_ENTRIES: usize = 100_000;
/// Links that are followed one after the other.
const MAX_LINKS: usize = 16;

#[derive(Debug)]
pub(super) struct Archive {
    name: String,
    file: Arc<File>,
    entries: HashMap<String, Place>,
}

#[derive(Debug)]
enum Place {
    Bytes { offset: u64, size: u64 },
    Link(String),
}

/// Bytes of one entry.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Range {
    pub(super) offset: u64,
    pub(super) size: u64,
}

impl Archive {
    /// Reads all headers of an archive. One that is compressed as a whole is unpacked into an unlinked temporary file
    /// first.
    pub(super) fn open(path: &Path, limits: &Limits) -> Result<Self, SourceError> {
        Self::read_headers(path.display().to_string(), super::open_file(path)?, limits)
    }

    /// The same for a file that is open already; `name` is what messages call it.
    pub(super) fn read_headers(name: String, mut file: File, limits: &Limits) -> Result<Self, SourceError> {
        let failed = |source| SourceError::Io { what: name.clone(), source };
        let mut magic = [0; 4];
        let got = file.read_at(&mut magic, 0).map_err(failed)?;
        if magic[..got].starts_with(&[0x1f, 0x8b]) || magic[..got] == [0x28, 0xb5, 0x2f, 0xfd] {
            file = unpack(&name, file, magic[0] == 0x1f, limits)?;
        }
        let length = file.seek(SeekFrom::End(0)).map_err(failed)?;
        let mut archive = Self { name, file: Arc::new(file), entries: HashMap::new() };
        archive.index(length, limits)?;
        Ok(archive)
    }

    fn not_this(&self, reason: String) -> SourceError {
        SourceError::NotThis { what: self.name.clone(), kind: "a tar archive that can be read", reason }
    }

    fn index(&mut self, length: u64, limits: &Limits) -> Result<(), SourceError> {
        let mut meta = Meta::default();
        let (mut raw, mut path, mut target) = (Vec::new(), String::new(), String::new());
        let (mut at, mut zero_blocks) = (0_u64, 0);
        while at + BLOCK as u64 <= length && zero_blocks < 2 {
            let mut block = [0; BLOCK];
            self.read(&mut block, at)?;
            let header_at = at;
            at += BLOCK as u64;
            if block == [0; BLOCK] {
                zero_blocks += 1;
                continue;
            }
            zero_blocks = 0;
            let header = Header::parse(&block)
                .map_err(|why| self.not_this(format!("there is no header at offset {header_at}: {why}")))?;
            let is_meta =
                matches!(header.kind, Kind::PaxLocal | Kind::PaxGlobal | Kind::GnuLongName | Kind::GnuLongLink);
            let size = if is_meta { header.size } else { meta.size(&header) };
            let end = at.checked_add(size).filter(|end| *end <= length).ok_or_else(|| {
                self.not_this(format!("it is cut off: the entry at offset {header_at} ends behind its end"))
            })?;
            if header.kind == Kind::PaxGlobal {
                meta.clear();
            } else if is_meta {
                if size > limits.name_bytes {
                    return Err(self.not_this(format!("the name at offset {header_at} has {size} bytes")));
                }
                let mut content = vec![0; usize::try_from(size).unwrap_or(0)];
                self.read(&mut content, at)?;
                meta.take(header.kind, &content).map_err(|why| self.not_this(why.to_owned()))?;
            } else {
                meta.name(&header, &block, &mut raw);
                // What has no good name is never asked for.
                if path::normalise(&raw, limits, &mut path).is_ok() {
                    let place = match header.kind {
                        Kind::File { .. } => Some(Place::Bytes { offset: at, size }),
                        Kind::SymLink => {
                            target.clear();
                            path::push_lossy(meta.link(&block), &mut target);
                            let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
                            join(folder, &target).map(Place::Link)
                        }
                        Kind::HardLink => path::normalise(meta.link(&block), limits, &mut target)
                            .ok()
                            .map(|()| Place::Link(target.clone())),
                        _ => None,
                    };
                    if let Some(place) = place {
                        self.entries.insert(path.clone(), place);
                    }
                    if self.entries.len() > MAX_ENTRIES {
                        let what = self.name.clone();
                        return Err(SourceError::TooMany { what, limit: MAX_ENTRIES, things: "entries" });
                    }
                }
                meta.clear();
            }
            at = end.next_multiple_of(BLOCK as u64);
        }
        if zero_blocks < 2 && at < length {
            let mut rest = vec![0; BLOCK.min(usize::try_from(length - at).unwrap_or(BLOCK))];
            self.read(&mut rest, at)?;
            if rest.iter().any(|b| *b != 0) {
                return Err(self.not_this(format!("it is cut off in the header at offset {at}")));
            }
        }
        if self.entries.is_empty() {
            return Err(self.not_this("it has no entries".to_owned()));
        }
        Ok(())
    }

    fn read(&self, buffer: &mut [u8], offset: u64) -> Result<(), SourceError> {
        self.file.read_exact_at(buffer, offset).map_err(|source| SourceError::Io { what: self.name.clone(), source })
    }

    /// Where an entry's bytes are; links are followed.
    pub(super) fn find(&self, name: &str) -> Option<Range> {
        let mut name = name;
        for _ in 0..MAX_LINKS {
            match self.entries.get(name)? {
                Place::Bytes { offset, size } => return Some(Range { offset: *offset, size: *size }),
                Place::Link(target) => name = target,
            }
        }
        None
    }

    /// A document's bytes; `None` when there is none of that name.
    pub(super) fn document(&self, name: &str, limit: usize) -> Result<Option<Vec<u8>>, SourceError> {
        let Some(range) = self.find(name) else { return Ok(None) };
        let Some(size) = usize::try_from(range.size).ok().filter(|s| *s <= limit) else {
            return Err(SourceError::TooLarge { what: format!("{name} in {}", self.name), limit: limit as u64 });
        };
        let mut bytes = vec![0; size];
        self.read(&mut bytes, range.offset)?;
        Ok(Some(bytes))
    }

    pub(super) fn reader(&self, range: Range) -> RangeReader {
        RangeReader { file: Arc::clone(&self.file), at: range.offset, left: range.size }
    }
}

/// Reads one range; several may read one file at once.
#[derive(Debug)]
pub(super) struct RangeReader {
    file: Arc<File>,
    at: u64,
    left: u64,
}

impl Read for RangeReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let wanted = buffer.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
        let got = self.file.read_at(&mut buffer[..wanted], self.at)?;
        self.at += got as u64;
        self.left -= got as u64;
        Ok(got)
    }
}

/// A symbolic link's target as a path in the archive; `None` when it leaves it.
fn join(folder: &str, target: &str) -> Option<String> {
    let mut parts: Vec<&str> = if target.starts_with('/') { Vec::new() } else { folder.split('/').collect() };
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    parts.retain(|p| !p.is_empty());
    Some(parts.join("/"))
}

fn unpack(name: &str, file: File, gzip: bool, limits: &Limits) -> Result<File, SourceError> {
    let failed = |source| SourceError::Io { what: format!("{name} (unpacking it)"), source };
    let stored = file.metadata().map_err(failed)?.len();
    let mut reader: Box<dyn Read> = if gzip {
        Box::new(flate2::read::MultiGzDecoder::new(io::BufReader::with_capacity(1 << 18, file)))
    } else {
        let mut decoder = zstd::stream::read::Decoder::new(file).map_err(failed)?;
        decoder.window_log_max(27).map_err(failed)?;
        Box::new(decoder)
    };
    let limit = limits.layer_bytes.min(limits.ratio_from.max(stored.saturating_mul(limits.ratio)));
    let mut out = tempfile::tempfile().map_err(failed)?;
    let written = io::copy(&mut (&mut reader).take(limit + 1), &mut out).map_err(failed)?;
    if written > limit {
        return Err(SourceError::TooLarge { what: format!("{name}, unpacked,"), limit });
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joins() {
        assert_eq!(join("a/b", "../c/layer.tar").as_deref(), Some("a/c/layer.tar"));
        assert_eq!(join("a", "../b/layer.tar").as_deref(), Some("b/layer.tar"));
        assert_eq!(join("", "x").as_deref(), Some("x"));
        assert_eq!(join("a", "/b/./c").as_deref(), Some("b/c"));
        assert_eq!(join("a", "../../etc/passwd"), None);
    }
}
