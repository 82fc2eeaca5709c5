//! Our own walk over a layer's tar: one pass, no file tree, no allocation for an entry that nobody wants. ustar, GNU,
//! PAX, star and V7; sparse files whole. What cannot be followed is a problem, and the walk ends there, since nothing
//! behind it can be trusted to be an entry.

pub(crate) mod header;
pub(crate) mod meta;
mod pax;
mod sparse;

use lazaret_model::ProblemKind;

use self::{
    header::{BLOCK, Block, Header, Kind},
    meta::Meta,
    sparse::SparseMap,
};
use super::{
    Body, Entry, EntryKind, NOT_KEPT, Visitor, Want,
    body::Collector,
    chunks::Chunks,
    path::{self, Refused},
    problems::Problems,
};
use crate::Limits;

/// Walks all entries; gives their number.
pub(super) fn walk(
    chunks: &mut Chunks,
    limits: &Limits,
    visitor: &mut dyn Visitor,
    problems: &mut Problems,
) -> Result<u64, Stop> {
    let mut walker = Walker {
        chunks,
        limits,
        visitor,
        problems,
        entries: 0,
        holes: 0,
        block: [0; BLOCK],
        meta: Meta::default(),
        name: Vec::new(),
        path: String::new(),
        link: String::new(),
        collector: Collector::default(),
    };
    let stop = walker.run();
    let entries = walker.entries;
    match stop {
        Ok(()) => Ok(entries),
        Err((kind, message)) => Err(Stop { kind, message, after: walker.path, entries }),
    }
}

/// Why and where a walk ended early.
pub(super) struct Stop {
    pub(super) kind: ProblemKind,
    pub(super) message: String,
    /// The entry that it happened in or behind; empty before the first.
    pub(super) after: String,
    pub(super) entries: u64,
}

type Fault = (ProblemKind, String);

struct Walker<'a> {
    chunks: &'a mut Chunks,
    limits: &'a Limits,
    visitor: &'a mut dyn Visitor,
    problems: &'a mut Problems,
    entries: u64,
    /// Bytes of the holes of sparse files that were wanted.
    holes: u64,
    block: Block,
    meta: Meta,
    /// Raw name of the entry.
    name: Vec<u8>,
    path: String,
    link: String,
    collector: Collector,
}

impl Walker<'_> {
    fn run(&mut self) -> Result<(), Fault> {
        let mut zero_blocks = 0;
        loop {
            let at = self.chunks.offset();
            let available = self.chunks.available();
            let Some(block) = available.first_chunk::<BLOCK>() else {
                // The end blocks may be missing; half a header is a cut.
                if available.iter().all(|b| *b == 0) {
                    return Ok(());
                }
                return Err(unreadable(format!("the archive is cut off in a header at offset {at}")));
            };
            self.block = *block;
            self.chunks.advance(BLOCK);
            if self.block == [0; BLOCK] {
                zero_blocks += 1;
                if zero_blocks == 2 {
                    return Ok(());
                }
                continue;
            }
            zero_blocks = 0;
            let header = Header::parse(&self.block).map_err(|why| {
                unreadable(if self.entries == 0 {
                    format!("the layer is not a tar archive: no header at offset {at}: {why}")
                } else {
                    format!("no tar header at offset {at}: {why}")
                })
            })?;
            match header.kind {
                Kind::PaxLocal | Kind::GnuLongName | Kind::GnuLongLink => self.read_meta(&header)?,
                Kind::PaxGlobal => {
                    // To Go this is an entry: what was said for the next one ends here.
                    self.meta.clear();
                    self.skip(header.size, "a global PAX header")?;
                }
                _ => {
                    self.entry(&header)?;
                    self.meta.clear();
                }
            }
        }
    }

    /// Keeps what a PAX or GNU block says about the next entry.
    fn read_meta(&mut self, header: &Header) -> Result<(), Fault> {
        if header.size > self.limits.name_bytes {
            let limit = self.limits.name_bytes;
            let size = header.size;
            self.problems.add(ProblemKind::LimitExceeded, &self.path, || {
                format!(
                    "a block of {size} bytes with the next entry's name is over the limit of {limit}; it is skipped"
                )
            });
            self.meta.unreadable = true;
            return self.skip(size, "a name block");
        }
        let mut scratch = std::mem::take(&mut self.meta.scratch);
        scratch.clear();
        let got = self.chunks.pass(header.size, |part| scratch.extend_from_slice(part));
        if got < header.size {
            return Err(self.cut("a name block"));
        }
        padding(self.chunks, header.size);
        if let Err(why) = self.meta.take(header.kind, &scratch) {
            self.problems.add(ProblemKind::ParseError, &self.path, || format!("behind this entry: {why}"));
        }
        self.meta.scratch = scratch;
        Ok(())
    }

    fn entry(&mut self, header: &Header) -> Result<(), Fault> {
        self.entries += 1;
        if self.entries > self.limits.entries {
            self.entries -= 1;
            let limit = self.limits.entries;
            return Err((ProblemKind::LimitExceeded, format!("the layer has more than {limit} entries")));
        }
        let mut stored = self.meta.size(header);
        let sparse = match self.sparse_map(header, &mut stored) {
            Ok(sparse) => sparse,
            Err(why) => {
                self.meta.name(header, &self.block, &mut self.name);
                self.problems.add(ProblemKind::ParseError, &path::display(&self.name), || why.to_owned());
                return self.skip(stored, "a sparse file");
            }
        };
        self.meta.name(header, &self.block, &mut self.name);
        let refused = self.normalise(header.kind);
        if let Err(refused) = refused {
            let kind = if refused.is_limit() { ProblemKind::LimitExceeded } else { ProblemKind::HostileEntry };
            let limits = self.limits;
            self.problems
                .add(kind, &path::display(&self.name), || format!("entry is skipped: {}", refused.message(limits)));
            return self.skip(stored, "a skipped entry");
        }
        if self.meta.unreadable {
            return self.skip(stored, "a skipped entry");
        }
        let v7_directory = header.kind == Kind::File { v7: true } && self.name.last() == Some(&b'/');
        match header.kind {
            Kind::File { .. } | Kind::GnuSparse if !v7_directory => self.file(header, stored, sparse.as_ref()),
            kind => {
                let kind = match kind {
                    Kind::File { .. } | Kind::Directory => EntryKind::Directory,
                    Kind::HardLink => EntryKind::HardLink(&self.link),
                    Kind::SymLink => EntryKind::SymLink(&self.link),
                    _ => EntryKind::Other,
                };
                let entry = Entry { path: &self.path, kind, size: 0, mode: header.mode, head: &[] };
                self.visitor.entry(&entry);
                self.skip(stored, "an entry")
            }
        }
    }

    /// The map of a sparse file; `stored` becomes what is left to read.
    fn sparse_map(&mut self, header: &Header, stored: &mut u64) -> Result<Option<SparseMap>, &'static str> {
        let pax = &self.meta.pax.sparse;
        let map = if header.kind == Kind::GnuSparse {
            if !header.is_gnu {
                return Err("it is marked as a GNU sparse file but has no GNU header");
            }
            sparse::read_gnu(&self.block, self.chunks)?
        } else if !matches!(header.kind, Kind::File { .. }) {
            return Ok(None);
        } else {
            let real_size = pax.real_size.unwrap_or(*stored);
            match (pax.major.as_slice(), pax.minor.as_slice()) {
                (b"1", b"0") => {
                    let (map, taken) = sparse::read_pax_1(self.chunks, *stored, real_size)?;
                    *stored -= taken;
                    map
                }
                (b"0", b"0" | b"1") => sparse::read_pax(&pax.map, real_size)?,
                (b"", b"") if !pax.map.is_empty() => sparse::read_pax(&pax.map, real_size)?,
                _ => return Ok(None),
            }
        };
        if map.is_valid(*stored) { Ok(Some(map)) } else { Err("the map of a sparse file does not fit its size") }
    }

    fn normalise(&mut self, kind: Kind) -> Result<(), Refused> {
        path::normalise(&self.name, self.limits, &mut self.path)?;
        if self.path.is_empty() && !matches!(kind, Kind::Directory | Kind::File { v7: true }) {
            return Err(Refused::Empty);
        }
        if !matches!(kind, Kind::HardLink | Kind::SymLink) {
            return Ok(());
        }
        let raw = self.meta.link(&self.block);
        if kind == Kind::HardLink {
            return path::normalise(raw, self.limits, &mut self.link);
        }
        self.link.clear();
        if raw.len() > self.limits.path_bytes {
            return Err(Refused::TooLong);
        }
        path::push_lossy(raw, &mut self.link);
        Ok(())
    }

    fn file(&mut self, header: &Header, stored: u64, sparse: Option<&SparseMap>) -> Result<(), Fault> {
        let first = self.chunks.available();
        let first = &first[..first.len().min(BLOCK).min(usize::try_from(stored).unwrap_or(BLOCK))];
        let mut head: Block = [0; BLOCK];
        let (size, head_len) = if let Some(map) = sparse {
            (map.real_size, map.head(first, &mut head))
        } else {
            head[..first.len()].copy_from_slice(first);
            (stored, first.len())
        };
        let path = self.path.as_str();
        let entry = Entry { path, kind: EntryKind::File, size, mode: header.mode, head: &head[..head_len] };
        let want = self.visitor.entry(&entry);
        if want == Want::Skip {
            return self.skip(stored, "a file");
        }
        // What a file expands to is bounded, streamed or not, when it is not there byte for byte.
        // Holes cost nothing in the archive, so what is looked at of them is bounded for the whole layer.
        self.holes = self.holes.saturating_add(size.saturating_sub(stored));
        let limit = self.limits.file_bytes;
        if sparse.is_some() && self.holes > limit {
            self.problems.add(ProblemKind::LimitExceeded, &self.path, || {
                format!("the layer's sparse files have more than {limit} bytes that are not stored")
            });
            return self.skip(stored, "a file");
        }
        if size > limit && (want == Want::Whole || sparse.is_some()) {
            self.problems.add(ProblemKind::LimitExceeded, &self.path, || {
                format!("the file has {size} bytes; at most {limit} are looked at")
            });
            return self.skip(stored, "a file");
        }
        if want == Want::Whole && sparse.is_none() {
            // most files lie within one buffer: they are looked at where they are
            let available = self.chunks.available();
            if let Some(bytes) = usize::try_from(stored).ok().and_then(|stored| available.get(..stored)) {
                self.visitor.whole(&entry, &Body::memory(bytes));
                return self.skip(stored, "a file");
            }
        }
        let whole = [(0, stored)];
        let pieces = sparse.map_or(&whole[..], |map| &map.pieces);
        let mut kept = if want == Want::Whole { self.collector.start(size, self.limits) } else { Ok(()) };
        let complete = {
            let (collector, visitor) = (&mut self.collector, &mut *self.visitor);
            let sink = |part: &[u8]| match want {
                Want::Stream => visitor.chunk(part),
                _ => {
                    if kept.is_ok() {
                        kept = collector.push(part);
                    }
                }
            };
            pass_pieces(self.chunks, pieces, size, sink)
        };
        if !complete {
            return Err(cut(self.chunks.offset(), "a file"));
        }
        padding(self.chunks, stored);
        match (want, kept) {
            (Want::Stream, _) => self.visitor.end(&entry),
            (_, Ok(())) => self.visitor.whole(&entry, &self.collector.body()),
            (_, Err(error)) => {
                self.problems.add(ProblemKind::LayerUnreadable, &self.path, || format!("{NOT_KEPT}: {error}"));
            }
        }
        Ok(())
    }

    /// Passes over content and its padding.
    fn skip(&mut self, size: u64, what: &str) -> Result<(), Fault> {
        if self.chunks.skip(size) < size {
            return Err(self.cut(what));
        }
        padding(self.chunks, size);
        Ok(())
    }

    fn cut(&self, what: &str) -> Fault {
        cut(self.chunks.offset(), what)
    }
}

/// Passes over what fills the last block. At the end of the archive it may be missing.
fn padding(chunks: &mut Chunks, size: u64) {
    chunks.skip(size.wrapping_neg() % BLOCK as u64);
}

/// Passes the stored pieces with zeros between them; `false` when the archive ends before.
fn pass_pieces(chunks: &mut Chunks, pieces: &[(u64, u64)], size: u64, mut sink: impl FnMut(&[u8])) -> bool {
    let mut at = 0_u64;
    for (offset, length) in pieces {
        zeros(offset - at, &mut sink);
        if chunks.pass(*length, &mut sink) < *length {
            return false;
        }
        at = offset + length;
    }
    zeros(size - at, &mut sink);
    true
}

fn zeros(mut count: u64, sink: &mut impl FnMut(&[u8])) {
    const ZEROS: [u8; 4096] = [0; 4096];
    while count > 0 {
        let part = ZEROS.len().min(usize::try_from(count).unwrap_or(ZEROS.len()));
        sink(&ZEROS[..part]);
        count -= part as u64;
    }
}

fn unreadable(message: String) -> Fault {
    (ProblemKind::LayerUnreadable, message)
}

fn cut(offset: u64, what: &str) -> Fault {
    unreadable(format!("the archive is cut off in {what} at offset {offset}"))
}
