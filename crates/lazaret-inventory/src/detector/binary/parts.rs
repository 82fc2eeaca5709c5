//! Which parts of a program can hold texts: read-only data, the names of dynamic symbols and the compiler's comment,
//! not code, tables and debug information. Without section headers, what is mapped but not run.

use std::{io, ops::Range};

use lazaret_oci::Body;

use super::template::REACH;
use crate::executable::{Executable, Region};

/// Bytes that are read at once of a file that is not in memory.
const PIECE: usize = 1 << 20;

/// Is shown a piece: the bytes, which of them are new (the others are context), and where the bytes start.
type Look<'a> = &'a mut dyn FnMut(&[u8], Range<usize>, u64);

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Part {
    Texts,
    Symbols,
}

/// The parts of a program, in the order of the file.
pub(super) fn of_program(program: &Executable<'_>) -> Vec<(Part, Region)> {
    let part = |name: &str| match name {
        ".dynstr" => Some(Part::Symbols),
        ".comment" | ".rdata" | ".data" | "__cstring" | "__const" | "__data" => Some(Part::Texts),
        name if name.starts_with(".rodata") => Some(Part::Texts),
        _ => None,
    };
    let sections = program.sections.iter();
    let mut parts: Vec<_> = sections.filter_map(|section| Some((part(&section.name)?, section.region))).collect();
    if parts.is_empty() {
        let data = |all: bool| program.segments.iter().filter(move |segment| all || !segment.code);
        let all = data(false).next().is_none();
        parts = data(all).map(|segment| (Part::Texts, segment.region)).collect();
    }
    parts.retain(|(_, region)| region.size > 0);
    parts.sort_by_key(|(_, region)| region.offset);
    // sections that claim the same bytes would make the work longer than the file
    let mut end = 0_u64;
    for (_, region) in &mut parts {
        let skipped = end.saturating_sub(region.offset).min(region.size);
        region.offset = region.offset.saturating_add(skipped);
        region.size -= skipped;
        end = end.max(region.offset.saturating_add(region.size));
    }
    parts
}

/// Shows a region to `look`, in one piece or several.
pub(super) fn pieces(program: &Executable<'_>, region: Region, look: Look<'_>) -> io::Result<()> {
    if let Some(bytes) = program.in_memory(region) {
        look(bytes, 0..bytes.len(), 0);
        return Ok(());
    }
    let read = |offset: u64, buffer: &mut [u8]| program.read_offset(region.offset.saturating_add(offset), buffer);
    each_piece(region.size, read, look)
}

/// The same for a file as a whole.
pub(super) fn pieces_of(body: &Body<'_>, look: Look<'_>) -> io::Result<()> {
    if let Some(bytes) = body.as_slice() {
        look(bytes, 0..bytes.len(), 0);
        return Ok(());
    }
    each_piece(body.len(), |offset, buffer| body.read_at(offset, buffer), look)
}

fn each_piece(size: u64, read: impl Fn(u64, &mut [u8]) -> io::Result<usize>, look: Look<'_>) -> io::Result<()> {
    let mut buffer = vec![0; PIECE + 2 * REACH];
    let mut start = 0;
    while start < size {
        let from = start.saturating_sub(REACH as u64);
        let wanted = usize::try_from(size - from).unwrap_or(usize::MAX).min(buffer.len());
        let got = read(from, &mut buffer[..wanted])?;
        let before = usize::try_from(start - from).unwrap_or(0);
        let new = before.min(got)..got.min(before + PIECE);
        look(&buffer[..got], new, from);
        if got < wanted {
            break;
        }
        start += PIECE as u64;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::{Seek, Write};

    use super::*;

    #[test]
    fn pieces_are_whole_and_overlap() {
        let bytes: Vec<u8> = (0..PIECE * 2 + 1000).map(|index| u8::try_from(index % 251).unwrap()).collect();
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&bytes).unwrap();
        file.rewind().unwrap();
        let mut seen = Vec::new();
        let mut contexts = Vec::new();
        pieces_of(&Body::file(&file, bytes.len() as u64), &mut |piece, new, start| {
            assert_eq!(start + new.start as u64, seen.len() as u64);
            contexts.push((new.start, piece.len() - new.end));
            seen.extend_from_slice(&piece[new]);
        })
        .unwrap();
        assert!(seen == bytes);
        assert_eq!(contexts, [(0, 2 * REACH), (REACH, REACH), (REACH, 0)]);
    }
}
