//! Programs that GraalVM compiled from Java: the bill of materials that `native-image` embeds (`--enable-sbom`, the default
//! since GraalVM for JDK 24), found by the symbols `sbom` and `sbom_length`, gzipped.

use std::io::{self, Read};

use flate2::read::GzDecoder;
use lazaret_oci::{Body, Limits};

use super::{Candidate, Detector, Interest};
use crate::{
    embedded_sbom,
    executable::{self, Executable, Fields},
    layer::FileFacts,
    room::Room,
};

pub(crate) struct Graalvm;

/// Bytes of the gzipped text, and of the text.
const MAX_PACKED: u64 = 8 << 20;
const MAX_BYTES: u64 = 32 << 20;
/// Bytes of a symbol table and of its names.
const MAX_TABLE: u64 = 64 << 20;
const SYMBOL: usize = 24;

impl Detector for Graalvm {
    fn id(&self) -> &'static str {
        "graalvm"
    }

    fn version(&self) -> u32 {
        1
    }

    fn doc(&self) -> &'static str {
        "https://www.graalvm.org/latest/security-guide/native-image/sbom/"
    }

    fn interest(&self, file: &Candidate<'_>) -> Interest {
        // 64 bits, little endian
        let elf = file.head.starts_with(b"\x7fELF\x02\x01") && executable::is_executable(file.head);
        if elf { Interest::Content } else { Interest::No }
    }

    fn detect(&self, _file: &Candidate<'_>, body: &Body<'_>, limits: &Limits, facts: &mut FileFacts) {
        let Ok(program) = Executable::parse(body) else { return };
        // the heap that the image was built with: no other program has such a section
        if program.section(".svm_heap").is_none() {
            return;
        }
        match read(&program, limits, &mut facts.inflated) {
            Ok(Some(text)) => packages(&text, facts),
            // as with any program that does not say what is in it, there is nothing to report
            Ok(None) => {}
            Err(error) => facts.not_understood(format!("bill of materials of a GraalVM program: {error}")),
        }
    }
}

#[derive(Debug, thiserror::Error)]
enum ReadError {
    #[error("larger than {0} bytes")]
    TooLarge(u64),
    #[error("the program is cut off")]
    Cut,
    #[error("{0}")]
    Io(#[from] io::Error),
}

/// The text, where the program has one.
fn read(program: &Executable<'_>, limits: &Limits, inflated: &mut u64) -> Result<Option<Vec<u8>>, ReadError> {
    let mut found = None;
    for (table, names) in [(".dynsym", ".dynstr"), (".symtab", ".strtab")] {
        found = symbols(program, table, names)?;
        if found.is_some() {
            break;
        }
    }
    let Some((sbom, length_at)) = found else { return Ok(None) };
    let mut length = [0; 8];
    if program.read_address(length_at, &mut length)? < length.len() {
        return Err(ReadError::Cut);
    }
    let length = u64::from_le_bytes(length);
    if length > MAX_PACKED {
        return Err(ReadError::TooLarge(MAX_PACKED));
    }
    let mut packed = vec![0; usize::try_from(length).map_err(|_| ReadError::Cut)?];
    if program.read_address(sbom, &mut packed)? < packed.len() {
        return Err(ReadError::Cut);
    }
    let most = MAX_BYTES.min(limits.archive_bytes).min(limits.document_bytes);
    let mut text = Vec::new();
    let read = GzDecoder::new(packed.as_slice()).take(most + 1).read_to_end(&mut text);
    *inflated = text.len() as u64;
    read?;
    if text.len() as u64 > most { Err(ReadError::TooLarge(most)) } else { Ok(Some(text)) }
}

/// Addresses of `sbom` and `sbom_length`.
fn symbols(program: &Executable<'_>, table: &str, names: &str) -> Result<Option<(u64, u64)>, ReadError> {
    let (Some(table), Some(names)) = (bytes_of(program, table)?, bytes_of(program, names)?) else { return Ok(None) };
    let (mut sbom, mut length) = (None, None);
    for symbol in table.as_chunks::<SYMBOL>().0 {
        let fields = Fields { bytes: symbol, big_endian: false };
        let (Some(name), Some(value)) = (fields.u32(0), fields.u64(8)) else { continue };
        let name = names.get(usize::try_from(name).unwrap_or(usize::MAX)..).unwrap_or_default();
        if name.starts_with(b"sbom\0") {
            sbom = Some(value);
        } else if name.starts_with(b"sbom_length\0") {
            length = Some(value);
        }
    }
    Ok(sbom.zip(length))
}

fn bytes_of(program: &Executable<'_>, section: &str) -> Result<Option<Vec<u8>>, ReadError> {
    let Some(section) = program.section(section) else { return Ok(None) };
    if section.region.size > MAX_TABLE {
        return Err(ReadError::TooLarge(MAX_TABLE));
    }
    // what the file does not have is not allocated
    let end = section.region.offset.saturating_add(section.region.size);
    if program.read_offset(end.saturating_sub(1), &mut [0])? == 0 {
        return Err(ReadError::Cut);
    }
    let mut bytes = vec![0; usize::try_from(section.region.size).map_err(|_| ReadError::Cut)?];
    if program.read_offset(section.region.offset, &mut bytes)? < bytes.len() {
        return Err(ReadError::Cut);
    }
    Ok(Some(bytes))
}

fn packages(text: &[u8], facts: &mut FileFacts) {
    let found = match embedded_sbom::read(text) {
        Ok(found) => found,
        Err(error) => return facts.not_understood(format!("bill of materials of a GraalVM program: {error}")),
    };
    let mut room = Room::default();
    for package in found.packages {
        room.add(facts, package);
    }
    if found.unnamed > 0 {
        let message =
            format!("bill of materials of a GraalVM program: {} components without a package URL", found.unnamed);
        facts.not_understood(message);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shown::{found, survives};

    const REAL_FORM: &[u8] = include_bytes!("../../testdata/graalvm/app.elf");

    #[test]
    fn a_program() {
        assert_eq!(
            found(&Graalvm, "app", REAL_FORM),
            "maven io.micronaut:micronaut-core 4.5.0 (Apache-2.0), maven org.slf4j:slf4j-api 2.0.13 (MIT)"
        );
        survives(&Graalvm, "app", REAL_FORM);
    }

    #[test]
    fn what_cannot_be_read_is_said() {
        let without = replaced(REAL_FORM, b"sbom_length\0", b"sbom_lengtH\0");
        assert_eq!(found(&Graalvm, "app", without), "", "a program without one");
        let garbage = replaced(REAL_FORM, b"\x1f\x8b\x08", b"\x1f\x8b\x09");
        assert_eq!(found(&Graalvm, "app", garbage), "parse_error");
        assert_eq!(found(&Graalvm, "app", include_bytes!("../../testdata/cargo/tiny.elf")), "", "another program");
    }

    fn replaced(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
        let mut bytes = bytes.to_vec();
        let places: Vec<_> = memchr::memmem::find_iter(&bytes, from).collect();
        for at in places {
            bytes[at..at + to.len()].copy_from_slice(to);
        }
        bytes
    }
}
