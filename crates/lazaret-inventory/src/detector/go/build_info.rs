//! Finding and reading the build information blob, in both of its forms (Go's `debug/buildinfo`).

use std::io;

use crate::executable::{Executable, Region};

const MAGIC: &[u8; 14] = b"\xff Go buildinf:";
/// Magic, pointer size, flags, and either two pointers or nothing.
const HEADER: usize = 32;
/// Bytes that are searched at a time.
const CHUNK: usize = 256 << 10;
/// Bytes of the toolchain's name, and of the module list. Large programs have about 100 KiB.
const MAX_TOOLCHAIN: u64 = 1 << 10;
const MAX_MODULES: u64 = 8 << 20;
/// Magics that are looked at.
const MAX_HITS: usize = 16;
/// Segments of data that are searched; a program has one or two.
const MAX_DATA: usize = 4;

/// What the linker wrote.
#[derive(Debug)]
pub(crate) struct BuildInfo {
    pub(crate) toolchain: String,
    /// Lines of `path`, `mod`, `dep`, `=>` and `build`; empty for a build without modules.
    pub(crate) modules: String,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum BuildInfoError {
    #[error("cannot be read back")]
    Io(#[from] io::Error),
    #[error("{0} points out of the file or is too long")]
    Bounds(&'static str),
    #[error("the toolchain's version is empty")]
    Empty,
}

/// `None` when the program was not made by Go.
pub(crate) fn read(program: &Executable<'_>) -> Result<Option<BuildInfo>, BuildInfoError> {
    let mut fault = None;
    for region in regions(program) {
        let mut searched = 0;
        // Go's own reader takes the first; a few more allow for a chance hit before it.
        for _ in 0..MAX_HITS {
            let Some((at, header)) = find(program, region, searched)? else { break };
            match read_at(program, region.offset.saturating_add(at), header) {
                Ok(info) => return Ok(Some(info)),
                Err(error) => fault = Some(error),
            }
            searched = at + 16;
        }
    }
    fault.map_or(Ok(None), Err)
}

/// The section that is named for it, then writable data: a program runs by its segments, whatever its sections say.
fn regions(program: &Executable<'_>) -> impl Iterator<Item = Region> {
    let named = program.section(".go.buildinfo").or_else(|| program.section("__go_buildinfo"));
    let data = program.segments.iter().filter(|segment| segment.writable_data).map(|segment| segment.region);
    named.map(|section| section.region).into_iter().chain(data.take(MAX_DATA))
}

/// The next magic at a multiple of 16 from `from` on, with the header that it starts.
fn find(program: &Executable<'_>, region: Region, from: u64) -> io::Result<Option<(u64, [u8; HEADER])>> {
    let mut chunk = vec![0; CHUNK.min(usize::try_from(region.size).unwrap_or(CHUNK))];
    let mut at = from;
    while at < region.size {
        let wanted = usize::try_from(region.size - at).unwrap_or(CHUNK).min(chunk.len());
        let read = program.read_offset(region.offset.saturating_add(at), &mut chunk[..wanted])?;
        for hit in memchr::memmem::find_iter(&chunk[..read], MAGIC) {
            let place = at + hit as u64;
            let mut header = [0; HEADER];
            if place.is_multiple_of(16)
                && program.read_offset(region.offset.saturating_add(place), &mut header)? == HEADER
            {
                return Ok(Some((place, header)));
            }
        }
        if read < wanted || read <= MAGIC.len() {
            break;
        }
        // a magic may lie across the border of two chunks
        at += (read - MAGIC.len()) as u64;
    }
    Ok(None)
}

fn read_at(program: &Executable<'_>, offset: u64, header: [u8; HEADER]) -> Result<BuildInfo, BuildInfoError> {
    let (pointer_size, flags) = (header[14], header[15]);
    let (toolchain, modules) = if flags & 2 != 0 {
        let after = offset + HEADER as u64;
        let (toolchain, after) = inline(program, after, MAX_TOOLCHAIN, "the toolchain's version")?;
        (toolchain, inline(program, after, MAX_MODULES, "the module list")?.0)
    } else {
        let wide = pointer_size == 8;
        let pointers = Pointers { program, wide, big_endian: flags & 1 != 0 };
        let second = if wide { 24 } else { 20 };
        (
            pointers.text(pointers.word(&header[16..]), MAX_TOOLCHAIN, "the toolchain's version")?,
            pointers.text(pointers.word(&header[second..]), MAX_MODULES, "the module list")?,
        )
    };
    if toolchain.is_empty() {
        return Err(BuildInfoError::Empty);
    }
    Ok(BuildInfo {
        toolchain: String::from_utf8_lossy(&toolchain).into_owned(),
        modules: String::from_utf8_lossy(without_sentinels(&modules)).into_owned(),
    })
}

/// The module list stands between two marks of 16 bytes; without them there is none.
fn without_sentinels(modules: &[u8]) -> &[u8] {
    match modules.len() {
        length @ 33.. if modules[length - 17] == b'\n' => &modules[16..length - 16],
        _ => &[],
    }
}

/// Since Go 1.18: a length of up to ten bytes of seven bits, then the text. Gives the text and what follows it.
fn inline(
    program: &Executable<'_>,
    offset: u64,
    limit: u64,
    what: &'static str,
) -> Result<(Vec<u8>, u64), BuildInfoError> {
    let mut bytes = [0; 10];
    let read = program.read_offset(offset, &mut bytes)?;
    let mut length: u64 = 0;
    for (index, byte) in bytes[..read].iter().enumerate() {
        length |= u64::from(byte & 0x7f).checked_shl(u32::try_from(index * 7).unwrap_or(64)).unwrap_or(0);
        if byte & 0x80 == 0 {
            let start = offset + index as u64 + 1;
            let text = exact(limit, length, what, |buffer| program.read_offset(start, buffer))?;
            return Ok((text, start + length));
        }
    }
    Err(BuildInfoError::Bounds(what))
}

fn exact(
    limit: u64,
    length: u64,
    what: &'static str,
    read: impl FnOnce(&mut [u8]) -> io::Result<usize>,
) -> Result<Vec<u8>, BuildInfoError> {
    if length > limit {
        return Err(BuildInfoError::Bounds(what));
    }
    let mut text = vec![0; usize::try_from(length).unwrap_or_default()];
    if read(&mut text)? < text.len() {
        return Err(BuildInfoError::Bounds(what));
    }
    Ok(text)
}

/// Before Go 1.18: pointers to string headers, which are a pointer and a length.
struct Pointers<'a> {
    program: &'a Executable<'a>,
    wide: bool,
    big_endian: bool,
}

impl Pointers<'_> {
    fn word(&self, bytes: &[u8]) -> u64 {
        let fields = crate::executable::Fields { bytes, big_endian: self.big_endian };
        fields.word(0, self.wide).unwrap_or_default()
    }

    fn text(&self, address: u64, limit: u64, what: &'static str) -> Result<Vec<u8>, BuildInfoError> {
        if address == 0 {
            return Ok(Vec::new());
        }
        let size = if self.wide { 8 } else { 4 };
        let mut header = [0; 16];
        let header = &mut header[..size * 2];
        if self.program.read_address(address, header)? < header.len() {
            return Err(BuildInfoError::Bounds(what));
        }
        let (start, length) = (self.word(header), self.word(&header[size..]));
        exact(limit, length, what, |buffer| self.program.read_address(start, buffer))
    }
}

#[cfg(test)]
mod tests {
    use lazaret_oci::Body;

    use super::*;

    const SENTINEL: &[u8; 16] = b"0w\xaf\x0c\x92t\x08\x02A\xe1\xc1\x07\xe6\xd6\x18\xe6";
    const BASE: u64 = 0x40_0000;

    /// A little-endian ELF of 64 bits with one writable segment that holds `data`, and no sections.
    fn elf(data: &[u8]) -> Vec<u8> {
        let mut file = vec![0; 120];
        file[..7].copy_from_slice(b"\x7fELF\x02\x01\x01");
        file[16] = 2;
        file[32] = 64;
        file[54] = 56;
        file[56] = 1;
        file[64] = 1;
        file[68] = 6;
        file[72..80].copy_from_slice(&120_u64.to_le_bytes());
        file[80..88].copy_from_slice(&BASE.to_le_bytes());
        file[96..104].copy_from_slice(&(data.len() as u64).to_le_bytes());
        file.extend(data);
        file
    }

    fn modules(text: &str) -> Vec<u8> {
        [SENTINEL, text.as_bytes(), SENTINEL].concat()
    }

    fn read_data(data: &[u8]) -> Result<Option<BuildInfo>, String> {
        let file = elf(data);
        let body = Body::memory(&file);
        let program = Executable::parse(&body).map_err(|e| e.to_string())?;
        read(&program).map_err(|e| e.to_string())
    }

    fn varint(length: usize) -> Vec<u8> {
        let (mut length, mut bytes) = (length, Vec::new());
        while length >= 0x80 {
            bytes.push(u8::try_from(length & 0x7f).unwrap() | 0x80);
            length >>= 7;
        }
        bytes.push(u8::try_from(length).unwrap());
        bytes
    }

    #[test]
    fn false_magics_end_the_search() {
        let data = [&MAGIC[..], &[8, 2], &[0xff; 16]].concat().repeat(100_000);
        assert!(read_data(&data).unwrap_err().contains("the toolchain's version"));
    }

    #[test]
    fn a_section_that_points_elsewhere_hides_nothing() {
        let mut data = vec![0; 48];
        data.extend([&MAGIC[..], &[8, 2], &[0; 16], &[8], b"go1.20.1", &[0]].concat());
        let file = elf(&data);
        let body = Body::memory(&file);
        let mut program = Executable::parse(&body).unwrap();
        let region = Region { address: BASE, offset: 0, size: 16 };
        program.sections.push(crate::executable::Section { name: ".go.buildinfo".to_owned(), region });
        assert_eq!(read(&program).unwrap().unwrap().toolchain, "go1.20.1");
    }

    #[test]
    fn inline_form_without_sections() {
        let text = modules("path\ta\nmod\ta\tv1.0.0\t\n");
        let mut data = vec![0; 48];
        data.extend([&MAGIC[..], &[8, 2], &[0; 16], &[8], b"go1.20.1", &varint(text.len()), &text].concat());
        let info = read_data(&data).unwrap().unwrap();
        assert_eq!((info.toolchain.as_str(), info.modules.as_str()), ("go1.20.1", "path\ta\nmod\ta\tv1.0.0\t\n"));
    }

    #[test]
    fn pointer_form() {
        let text = modules("path\ta\nmod\ta\tv1.0.0\t\n");
        // header, two string headers, then the texts
        let mut data = [&MAGIC[..], &[8, 0]].concat();
        for pointer in [BASE + 32, BASE + 48] {
            data.extend(pointer.to_le_bytes());
        }
        for (pointer, length) in [(BASE + 64, 8), (BASE + 72, text.len() as u64)] {
            data.extend(pointer.to_le_bytes());
            data.extend(length.to_le_bytes());
        }
        data.extend(b"go1.16.5");
        data.extend(&text);
        let info = read_data(&data).unwrap().unwrap();
        assert_eq!((info.toolchain.as_str(), info.modules.as_str()), ("go1.16.5", "path\ta\nmod\ta\tv1.0.0\t\n"));
    }

    #[test]
    fn hostile_blobs() {
        assert!(read_data(&[0; 100]).unwrap().is_none());
        assert!(read_data(b"").unwrap().is_none());
        let magic = |rest: &[u8]| [&MAGIC[..], rest].concat();
        // a length of 2^63, a pointer to nowhere, a cut header, an unaligned magic
        let long = magic(&[&[8, 2][..], &[0; 16], &[0xff; 9], &[1]].concat());
        assert!(read_data(&long).is_err());
        let nowhere = magic(&[&[8, 0][..], &[0xff; 16]].concat());
        assert!(read_data(&nowhere).is_err());
        assert!(read_data(&magic(&[8, 2])).unwrap().is_none());
        let mut unaligned = vec![0; 8];
        unaligned.extend(magic(&[8, 2]));
        unaligned.extend([0; 40]);
        assert!(read_data(&unaligned).unwrap().is_none());
        let empty = magic(&[&[8, 2][..], &[0; 40]].concat());
        assert!(read_data(&empty).is_err());
    }

    #[test]
    fn a_magic_across_two_chunks() {
        let mut data = vec![0; CHUNK - 8];
        data.truncate(data.len() / 16 * 16);
        data.extend([&MAGIC[..], &[8, 2], &[0; 16], &[8], b"go1.20.1", &[0]].concat());
        assert_eq!(read_data(&data).unwrap().unwrap().toolchain, "go1.20.1");
    }
}
