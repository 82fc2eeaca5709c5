//! Mach-O (`mach-o/loader.h`, `mach-o/fat.h`).

use lazaret_oci::Body;

use super::{Executable, ExecutableError, Fields, Region, Section, Segment, name_of, read_exact};

/// Bytes of load commands; real files have a few thousand.
const MAX_COMMANDS: u64 = 1 << 20;
const LC_SEGMENT: u64 = 1;
const LC_SEGMENT_64: u64 = 0x19;
/// Read and write, not execute.
const READ_WRITE: u64 = 3;

pub(super) fn parse<'a>(body: &'a Body<'a>) -> Result<Executable<'a>, ExecutableError> {
    let head = read_exact(body, 0, 28, "the Mach-O header")?;
    // a fat file: its first image says enough, the others are the same program for other processors
    let base = if head.starts_with(&[0xca, 0xfe, 0xba, 0xbe]) {
        Fields { bytes: &head, big_endian: true }.u32(16).unwrap_or_default()
    } else {
        0
    };
    let header = read_exact(body, base, 32, "the Mach-O header")?;
    let (wide, big_endian) = match header.get(..4) {
        Some([0xfe, 0xed, 0xfa, last @ (0xce | 0xcf)]) => (*last == 0xcf, true),
        Some([first @ (0xce | 0xcf), 0xfa, 0xed, 0xfe]) => (*first == 0xcf, false),
        _ => return Err(ExecutableError::NotExecutable),
    };
    let size = Fields { bytes: &header, big_endian }.u32(20).unwrap_or_default().min(MAX_COMMANDS);
    let start = base + if wide { 32 } else { 28 };
    let commands = read_exact(body, start, usize::try_from(size).unwrap_or(0), "the load commands")?;
    let mut program = Executable { body, base, sections: Vec::new(), segments: Vec::new() };
    let mut rest = commands.as_slice();
    while rest.len() >= 8 {
        let fields = Fields { bytes: rest, big_endian };
        let (kind, length) = (fields.u32(0).unwrap_or_default(), fields.u32(4).unwrap_or_default());
        let Some(length) = usize::try_from(length).ok().filter(|length| (8..=rest.len()).contains(length)) else {
            break;
        };
        let command = Fields { bytes: &rest[..length], big_endian };
        if kind == LC_SEGMENT || kind == LC_SEGMENT_64 {
            segment(&command, kind == LC_SEGMENT_64, &mut program);
        }
        rest = &rest[length..];
    }
    Ok(program)
}

fn segment(command: &Fields<'_>, wide: bool, program: &mut Executable<'_>) {
    let (address, offset, size, protection, first) = if wide { (24, 40, 48, 60, 72) } else { (24, 32, 36, 44, 56) };
    let (Some(address), Some(offset), Some(size), Some(protection)) =
        (command.word(address, wide), command.word(offset, wide), command.word(size, wide), command.u32(protection))
    else {
        return;
    };
    let region = Region { address, offset, size };
    program.segments.push(Segment { writable_data: protection == READ_WRITE, code: protection & 4 != 0, region });
    let each = if wide { 80 } else { 68 };
    for bytes in command.bytes.get(first..).unwrap_or_default().chunks_exact(each) {
        let fields = Fields { bytes, big_endian: command.big_endian };
        let (address, size, offset) = if wide { (32, 40, 48) } else { (32, 36, 40) };
        let (Some(address), Some(size), Some(offset)) =
            (fields.word(address, wide), fields.word(size, wide), fields.u32(offset))
        else {
            continue;
        };
        program.sections.push(Section { name: name_of(&bytes[..16]), region: Region { address, offset, size } });
    }
}
