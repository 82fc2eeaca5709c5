//! Portable Executable (<https://learn.microsoft.com/windows/win32/debug/pe-format>).

use lazaret_oci::Body;

use super::{Executable, ExecutableError, Fields, Region, Section, Segment, name_of, read_exact};

const MAX_SECTIONS: u64 = 1024;
/// Initialised data that can be read and written, whatever its alignment.
const DATA: u64 = 0xC000_0040;
const EXECUTE: u64 = 0x2000_0000;
const ALIGNMENT: u64 = 0x00F0_0000;

pub(super) fn parse<'a>(body: &'a Body<'a>) -> Result<Executable<'a>, ExecutableError> {
    let dos = read_exact(body, 0, 64, "the DOS header")?;
    let at = Fields { bytes: &dos, big_endian: false }.u32(60).unwrap_or_default();
    let header = read_exact(body, at, 24, "the PE header").map_err(|_| ExecutableError::NotExecutable)?;
    if !header.starts_with(b"PE\0\0") {
        return Err(ExecutableError::NotExecutable);
    }
    let fields = Fields { bytes: &header, big_endian: false };
    let count = fields.u16(6).unwrap_or_default().min(MAX_SECTIONS);
    let optional_size = fields.u16(20).unwrap_or_default();
    let optional = read_exact(body, at + 24, usize::try_from(optional_size).unwrap_or(0), "the optional header")?;
    let optional = Fields { bytes: &optional, big_endian: false };
    let image_base = match optional.u16(0) {
        Some(0x20b) => optional.u64(24),
        _ => optional.u32(28),
    }
    .unwrap_or_default();
    let table =
        read_exact(body, at + 24 + optional_size, usize::try_from(count * 40).unwrap_or(0), "the section table")?;
    let mut program = Executable { body, base: 0, sections: Vec::new(), segments: Vec::new() };
    for bytes in table.chunks(40) {
        let fields = Fields { bytes, big_endian: false };
        let (Some(address), Some(size), Some(offset), Some(flags)) =
            (fields.u32(12), fields.u32(16), fields.u32(20), fields.u32(36))
        else {
            continue;
        };
        let region = Region { address: image_base.saturating_add(address), offset, size };
        program.sections.push(Section { name: name_of(&bytes[..8]), region });
        let writable_data = address != 0 && size != 0 && flags & !ALIGNMENT == DATA;
        program.segments.push(Segment { writable_data, code: flags & EXECUTE != 0, region });
    }
    Ok(program)
}
