//! ELF (<https://refspecs.linuxfoundation.org/elf/gabi4+/contents.html>).

use lazaret_oci::Body;

use super::{Executable, ExecutableError, Fields, Region, Section, Segment, name_of, read_exact};

const MAX_SECTIONS: u64 = 8192;
const MAX_SEGMENTS: u64 = 1024;
/// Bytes of section names.
const MAX_NAMES: u64 = 1 << 20;
const PT_LOAD: u64 = 1;
const SHT_NOBITS: u64 = 8;

pub(super) fn parse<'a>(body: &'a Body<'a>) -> Result<Executable<'a>, ExecutableError> {
    let cut = || ExecutableError::Cut("the ELF header");
    let mut header = [0; 64];
    let length = body.read_at(0, &mut header)?;
    let (wide, big_endian) = match header.get(4..6) {
        Some([class @ (1 | 2), order @ (1 | 2)]) => (*class == 2, *order == 2),
        _ => return Err(ExecutableError::NotExecutable),
    };
    if length < if wide { 64 } else { 52 } {
        return Err(cut());
    }
    let fields = Fields { bytes: &header, big_endian };
    let (segments_at, sections_at, counts) = if wide { (32, 40, 54) } else { (28, 32, 42) };
    let segments_at = fields.word(segments_at, wide).ok_or_else(cut)?;
    let sections_at = fields.word(sections_at, wide).ok_or_else(cut)?;
    let count = |index: usize| fields.u16(counts + index * 2).unwrap_or_default();
    let (segment_size, segment_count) = (count(0), count(1));
    let (section_size, section_count, names_index) = (count(2), count(3), count(4));

    let mut program = Executable { body, base: 0, sections: Vec::new(), segments: Vec::new() };
    if segment_count > 0 && segment_size >= if wide { 56 } else { 32 } {
        let table =
            table(body, segments_at, segment_size, segment_count.min(MAX_SEGMENTS), "the program header table")?;
        program.segments = table
            .chunks(as_size(segment_size))
            .filter_map(|bytes| segment(&Fields { bytes, big_endian }, wide))
            .collect();
    }
    // a stripped file has no section headers, or a table that points nowhere: the segments do
    if section_count > 0
        && section_size >= if wide { 64 } else { 40 }
        && let Ok(table) = table(body, sections_at, section_size, section_count.min(MAX_SECTIONS), "the section table")
    {
        let raw: Vec<_> = table
            .chunks(as_size(section_size))
            .filter_map(|bytes| section(&Fields { bytes, big_endian }, wide))
            .collect();
        program.sections = named(body, &raw, names_index);
    }
    Ok(program)
}

fn table(body: &Body<'_>, at: u64, size: u64, count: u64, what: &'static str) -> Result<Vec<u8>, ExecutableError> {
    read_exact(body, at, as_size(size.saturating_mul(count)), what)
}

/// Of products that are below 2^32.
fn as_size(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

fn segment(fields: &Fields<'_>, wide: bool) -> Option<Segment> {
    if fields.u32(0)? != PT_LOAD {
        return None;
    }
    let (flags, offset, address, size) = if wide { (4, 8, 16, 32) } else { (24, 4, 8, 16) };
    let region = Region {
        address: fields.word(address, wide)?,
        offset: fields.word(offset, wide)?,
        size: fields.word(size, wide)?,
    };
    let flags = fields.u32(flags)?;
    Some(Segment { writable_data: flags & 3 == 2, code: flags & 1 == 1, region })
}

/// Offset of the name, and where the section lies (nowhere for `.bss` and its like).
fn section(fields: &Fields<'_>, wide: bool) -> Option<(u64, Region)> {
    let (address, offset, size) = if wide { (16, 24, 32) } else { (12, 16, 20) };
    let mut region = Region {
        address: fields.word(address, wide)?,
        offset: fields.word(offset, wide)?,
        size: fields.word(size, wide)?,
    };
    if fields.u32(4)? == SHT_NOBITS {
        region.size = 0;
    }
    Some((fields.u32(0)?, region))
}

fn named(body: &Body<'_>, raw: &[(u64, Region)], names_index: u64) -> Vec<Section> {
    let names = raw
        .get(as_size(names_index))
        .and_then(|(_, region)| read_exact(body, region.offset, as_size(region.size.min(MAX_NAMES)), "names").ok())
        .unwrap_or_default();
    raw.iter()
        .map(|(name, region)| Section {
            name: name_of(
                names
                    .get(as_size(*name)..)
                    .unwrap_or_default()
                    .get(..64)
                    .unwrap_or_else(|| names.get(as_size(*name)..).unwrap_or_default()),
            ),
            region: *region,
        })
        .collect()
}
