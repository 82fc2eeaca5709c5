//! What the dynamic section of an ELF file says: how a shared library calls itself, and which symbols it defines.

use std::collections::HashMap;

use crate::executable::{Executable, Fields, Region};

const DT_SONAME: u64 = 14;
/// Bytes of the dynamic section; real ones have a few hundred.
const MAX_DYNAMIC: u64 = 64 << 10;
/// Bytes of the table of symbols that are read at once, and in all.
const PIECE: usize = 24 << 12;
const MAX_SYMBOLS: u64 = 64 << 20;
const MAX_NAME: usize = 256;

/// Width and byte order of an ELF file.
#[derive(Clone, Copy)]
pub(super) struct Form {
    wide: bool,
    big_endian: bool,
}

impl Form {
    pub(super) fn of(head: &[u8]) -> Option<Self> {
        match head {
            [0x7f, b'E', b'L', b'F', class @ (1 | 2), order @ (1 | 2), ..] => {
                Some(Self { wide: *class == 2, big_endian: *order == 2 })
            }
            _ => None,
        }
    }

    fn fields(self, bytes: &[u8]) -> Fields<'_> {
        Fields { bytes, big_endian: self.big_endian }
    }
}

fn region(program: &Executable<'_>, name: &str) -> Option<Region> {
    program.section(name).map(|section| section.region)
}

/// The name that the library gives itself.
pub(super) fn soname(program: &Executable<'_>, form: Form) -> Option<String> {
    let (dynamic, names) = (region(program, ".dynamic")?, region(program, ".dynstr")?);
    let size = usize::try_from(dynamic.size.min(MAX_DYNAMIC)).ok()?;
    let mut bytes = vec![0; size];
    let read = program.read_offset(dynamic.offset, &mut bytes).ok()?;
    let word = if form.wide { 8 } else { 4 };
    let entries = bytes[..read].chunks_exact(2 * word).map(|entry| form.fields(entry));
    let entry = entries.into_iter().find(|entry| entry.word(0, form.wide) == Some(DT_SONAME))?;
    let at = entry.word(word, form.wide).filter(|at| *at < names.size)?;
    let mut name = [0; MAX_NAME];
    let read = program.read_offset(names.offset.saturating_add(at), &mut name).ok()?;
    let end = memchr::memchr(0, &name[..read])?;
    String::from_utf8(name[..end].to_vec()).ok()
}

/// Calls `defined` with the address for each of the symbols, known by the place of their name, that the file defines.
pub(super) fn defined(
    program: &Executable<'_>,
    form: Form,
    names: &HashMap<u32, usize>,
    mut defined: impl FnMut(usize, u64),
) {
    let Some(table) = region(program, ".dynsym") else { return };
    let (size, section) = if form.wide { (24, 6) } else { (16, 14) };
    let mut buffer = vec![0; PIECE];
    let end = table.size.min(MAX_SYMBOLS);
    let mut at = 0;
    while at < end {
        let wanted = usize::try_from(end - at).unwrap_or(PIECE).min(PIECE);
        let Ok(read) = program.read_offset(table.offset.saturating_add(at), &mut buffer[..wanted]) else { return };
        for entry in buffer[..read].chunks_exact(size) {
            let fields = form.fields(entry);
            let name = fields.u32(0).and_then(|name| u32::try_from(name).ok());
            // what is in no section is somebody else's
            if fields.u16(section) != Some(0)
                && let Some(symbol) = name.and_then(|name| names.get(&name))
            {
                let value = if form.wide { fields.u64(8) } else { fields.u32(4) };
                defined(*symbol, value.unwrap_or_default());
            }
        }
        if read < wanted {
            return;
        }
        at += PIECE as u64;
    }
}

/// What a function returns that does nothing but return a number, on the processors where that is easy to read.
pub(super) fn returned(program: &Executable<'_>, address: u64) -> Option<u32> {
    let mut code = [0; 20];
    if program.read_address(address, &mut code).ok()? < code.len() {
        return None;
    }
    of_x86(&code).or_else(|| of_arm(&code))
}

/// `endbr64`, `mov eax, number`, `ret`.
fn of_x86(code: &[u8]) -> Option<u32> {
    let code = code.strip_prefix(b"\xf3\x0f\x1e\xfa").unwrap_or(code);
    match code {
        [0xb8, a, b, c, d, 0xc3, ..] => Some(u32::from_le_bytes([*a, *b, *c, *d])),
        _ => None,
    }
}

/// `bti c`, `mov w0, low`, `movk w0, high, lsl 16`, `ret`.
fn of_arm(code: &[u8]) -> Option<u32> {
    const RET: u32 = 0xd65f_03c0;
    let mut words =
        code.chunks_exact(4).map(|word| u32::from_le_bytes([word[0], word[1], word[2], word[3]])).peekable();
    words.next_if_eq(&0xd503_245f);
    let immediate = |word: u32| word >> 5 & 0xffff;
    let first = words.next()?;
    let mut number = match first & 0xffe0_001f {
        0x5280_0000 => immediate(first),
        0x52a0_0000 => immediate(first) << 16,
        _ => return None,
    };
    if let Some(second) = words.next_if(|word| word & 0xffe0_001f == 0x72a0_0000) {
        number = number & 0xffff | immediate(second) << 16;
    }
    (words.next() == Some(RET)).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_that_return_a_number() {
        assert_eq!(of_x86(b"\xf3\x0f\x1e\xfa\xb8\x04\x02\x01\x00\xc3\0"), Some(0x01_02_04));
        assert_eq!(of_x86(b"\xb8\x04\x02\x01\x00\xc3\0"), Some(0x01_02_04));
        assert_eq!(of_x86(b"\xb8\x04\x02\x01\x00\x90\0"), None);
        let code = |words: &[u32]| words.iter().flat_map(|word| word.to_le_bytes()).collect::<Vec<_>>();
        let (low, high) = (0x5280_0000 | 0x204 << 5, 0x72a0_0000 | 1 << 5);
        assert_eq!(of_arm(&code(&[low, high, 0xd65f_03c0])), Some(0x01_02_04));
        assert_eq!(of_arm(&code(&[0xd503_245f, low, 0xd65f_03c0])), Some(0x204));
        assert_eq!(of_arm(&code(&[low, high, 0])), None);
    }
}
