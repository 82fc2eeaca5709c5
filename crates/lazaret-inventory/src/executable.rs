//! Just enough of ELF, PE and Mach-O to find sections and segments, read piece by piece: a program of 160 MB costs a
//! few kilobytes. Every count that a file states is capped before it is believed.

use std::io;

use lazaret_oci::Body;

mod elf;
mod macho;
mod pe;

/// Sections and segments of one program.
pub(crate) struct Executable<'a> {
    body: &'a Body<'a>,
    /// Where the image starts in the file (above 0 in a fat Mach-O).
    base: u64,
    pub(crate) sections: Vec<Section>,
    pub(crate) segments: Vec<Segment>,
}

#[derive(Debug)]
pub(crate) struct Section {
    pub(crate) name: String,
    pub(crate) region: Region,
}

#[derive(Debug)]
pub(crate) struct Segment {
    pub(crate) writable_data: bool,
    /// Whether it may be run.
    pub(crate) code: bool,
    pub(crate) region: Region,
}

/// A part of the file that is mapped somewhere.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Region {
    pub(crate) address: u64,
    pub(crate) offset: u64,
    /// Bytes in the file.
    pub(crate) size: u64,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum ExecutableError {
    #[error("not an executable")]
    NotExecutable,
    #[error("{0} is cut off or out of bounds")]
    Cut(&'static str),
    #[error("cannot be read back")]
    Io(#[from] io::Error),
}

/// Whether the first bytes of a file are those of a program or shared library. Object files and core dumps are none.
pub(crate) fn is_executable(head: &[u8]) -> bool {
    match head {
        [0x7f, b'E', b'L', b'F', _, order, ..] => match (head.get(16), head.get(17), order) {
            (Some(low), Some(0), 1) | (Some(0), Some(low), 2) => matches!(low, 2 | 3),
            _ => false,
        },
        [b'M', b'Z', ..] => head.len() >= 64,
        [0xfe, 0xed, 0xfa, 0xce | 0xcf, ..] | [0xce | 0xcf, 0xfa, 0xed, 0xfe, ..] => true,
        // a Java class starts alike, but has a version of at least 45 there
        [0xca, 0xfe, 0xba, 0xbe, 0, 0, 0, count, ..] => *count > 0 && *count < 40,
        _ => false,
    }
}

impl<'a> Executable<'a> {
    pub(crate) fn parse(body: &'a Body<'a>) -> Result<Self, ExecutableError> {
        let mut magic = [0; 4];
        if body.read_at(0, &mut magic)? < 4 {
            return Err(ExecutableError::NotExecutable);
        }
        match magic {
            [0x7f, b'E', b'L', b'F'] => elf::parse(body),
            [b'M', b'Z', ..] => pe::parse(body),
            _ => macho::parse(body),
        }
    }

    pub(crate) fn section(&self, name: &str) -> Option<&Section> {
        self.sections.iter().find(|section| section.name == name)
    }

    /// A region's bytes as far as they are in the file, when the file is in memory.
    pub(crate) fn in_memory(&self, region: Region) -> Option<&'a [u8]> {
        let bytes = self.body.as_slice()?;
        let from = usize::try_from(self.base.saturating_add(region.offset)).unwrap_or(usize::MAX).min(bytes.len());
        let size = usize::try_from(region.size).unwrap_or(usize::MAX).min(bytes.len() - from);
        bytes.get(from..from + size)
    }

    /// Reads from an offset of the image; fewer bytes only at the end of the file.
    pub(crate) fn read_offset(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        self.body.read_at(self.base.saturating_add(offset), buffer)
    }

    /// Reads what is mapped at an address, as far as the region that holds it goes.
    pub(crate) fn read_address(&self, address: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let regions = self.segments.iter().map(|s| &s.region).chain(self.sections.iter().map(|s| &s.region));
        for region in regions {
            let Some(within) = address.checked_sub(region.address).filter(|within| *within < region.size) else {
                continue;
            };
            let left = usize::try_from(region.size - within).unwrap_or(usize::MAX).min(buffer.len());
            return self.read_offset(region.offset.saturating_add(within), &mut buffer[..left]);
        }
        Ok(0)
    }
}

/// Fixed-size numbers of a header, in either byte order.
pub(crate) struct Fields<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) big_endian: bool,
}

impl Fields<'_> {
    fn number<const N: usize>(&self, at: usize) -> Option<[u8; 8]> {
        let part = self.bytes.get(at..at.checked_add(N)?)?;
        let mut out = [0; 8];
        for (index, byte) in part.iter().enumerate() {
            out[if self.big_endian { N - 1 - index } else { index }] = *byte;
        }
        Some(out)
    }

    pub(crate) fn u16(&self, at: usize) -> Option<u64> {
        self.number::<2>(at).map(u64::from_le_bytes)
    }

    pub(crate) fn u32(&self, at: usize) -> Option<u64> {
        self.number::<4>(at).map(u64::from_le_bytes)
    }

    pub(crate) fn u64(&self, at: usize) -> Option<u64> {
        self.number::<8>(at).map(u64::from_le_bytes)
    }

    /// A number of 8 bytes, or of 4 in 32-bit files.
    pub(crate) fn word(&self, at: usize, wide: bool) -> Option<u64> {
        if wide { self.u64(at) } else { self.u32(at) }
    }
}

/// Reads exactly `length` bytes, which the caller has capped.
fn read_exact(body: &Body<'_>, offset: u64, length: usize, what: &'static str) -> Result<Vec<u8>, ExecutableError> {
    if offset.saturating_add(length as u64) > body.len() {
        return Err(ExecutableError::Cut(what));
    }
    let mut bytes = vec![0; length];
    if body.read_at(offset, &mut bytes)? < length {
        return Err(ExecutableError::Cut(what));
    }
    Ok(bytes)
}

/// The text up to the first NUL.
fn name_of(bytes: &[u8]) -> String {
    let end = memchr::memchr(0, bytes).unwrap_or(bytes.len());
    String::from_utf8_lossy(&bytes[..end]).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn magic() {
        let elf = |kind: u8| {
            let mut head = vec![0; 64];
            head[..7].copy_from_slice(b"\x7fELF\x02\x01\x01");
            head[16] = kind;
            head
        };
        assert!(is_executable(&elf(2)) && is_executable(&elf(3)));
        assert!(!is_executable(&elf(1)) && !is_executable(&elf(4)));
        assert!(!is_executable(b"\xca\xfe\xba\xbe\x00\x00\x00\x34"), "a Java class");
        assert!(is_executable(b"\xca\xfe\xba\xbe\x00\x00\x00\x02"), "a fat Mach-O");
        assert!(!is_executable(b"#!/bin/sh") && !is_executable(b"") && !is_executable(b"MZ"));
    }

    #[test]
    fn cut_files_do_not_panic() {
        let real = include_bytes!("../testdata/go/oras-1.3.6.elf");
        for length in (0..real.len()).step_by(97).chain(0..200) {
            let _ = Executable::parse(&Body::memory(&real[..length]));
        }
        let mut mutated = real.to_vec();
        for at in (0..64).chain(real.len() - 192..real.len()) {
            for value in [0, 1, 0x7f, 0x80, 0xff] {
                let kept = std::mem::replace(&mut mutated[at], value);
                let _ = Executable::parse(&Body::memory(&mutated));
                mutated[at] = kept;
            }
        }
    }
}
