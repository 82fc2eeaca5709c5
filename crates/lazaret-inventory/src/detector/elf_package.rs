//! Programs and libraries that say which package they are of: the note `.note.package` that Fedora's, Debian's and Azure
//! Linux's builds write. It counts only where no package database owns the file.

use lazaret_model::{PackageType, SourcePackage};
use lazaret_oci::{Body, Limits};
use serde::Deserialize;

use super::{Candidate, Detector, Interest};
use crate::{
    executable::{Executable, Fields, is_executable},
    layer::{Claim, FileFacts, FoundPackage},
};

pub(crate) struct ElfPackage;

const SECTION: &str = ".note.package";
const OWNER: &[u8] = b"FDO\0";
const TYPE: u64 = 0xcafe_1a7e;
/// Bytes of the section; the notes have some hundred.
const MAX_BYTES: u64 = 64 << 10;
const MAX_VALUE: usize = 256;

impl Detector for ElfPackage {
    fn id(&self) -> &'static str {
        "elf_package"
    }

    fn version(&self) -> u32 {
        1
    }

    fn doc(&self) -> &'static str {
        "https://systemd.io/ELF_PACKAGE_METADATA/"
    }

    fn interest(&self, file: &Candidate<'_>) -> Interest {
        if file.head.starts_with(b"\x7fELF") && is_executable(file.head) { Interest::Content } else { Interest::No }
    }

    fn detect(&self, file: &Candidate<'_>, body: &Body<'_>, _limits: &Limits, facts: &mut FileFacts) {
        let Some(bytes) = section(body) else { return };
        let big_endian = file.head.get(5) == Some(&2);
        let Some(text) = note(&bytes, big_endian) else {
            return facts.not_understood("the note that names its package is damaged");
        };
        match serde_json::from_slice::<Metadata>(text) {
            Ok(metadata) => match claim(metadata) {
                Some(claim) => facts.claim = Some(Box::new(claim)),
                None => facts.not_understood("the note that names its package has no valid name and version"),
            },
            Err(error) => facts.not_understood(format!("the note that names its package is not understood: {error}")),
        }
    }
}

fn section(body: &Body<'_>) -> Option<Vec<u8>> {
    let program = Executable::parse(body).ok()?;
    let region = program.section(SECTION)?.region;
    let mut bytes = vec![0; usize::try_from(region.size.min(MAX_BYTES)).ok()?];
    let read = program.read_offset(region.offset, &mut bytes).ok()?;
    bytes.truncate(read);
    Some(bytes)
}

/// The text of the note, without the zeros behind it.
fn note(bytes: &[u8], big_endian: bool) -> Option<&[u8]> {
    let mut at = 0_usize;
    loop {
        let fields = Fields { bytes: bytes.get(at..)?, big_endian };
        let (name_size, size, kind) = (fields.u32(0)?, fields.u32(4)?, fields.u32(8)?);
        let (name_size, size) = (usize::try_from(name_size).ok()?, usize::try_from(size).ok()?);
        let name_at = at + 12;
        let text_at = name_at.checked_add(name_size.checked_next_multiple_of(4)?)?;
        let end = text_at.checked_add(size)?;
        let (name, text) = (bytes.get(name_at..name_at.checked_add(name_size)?)?, bytes.get(text_at..end)?);
        if name == OWNER && kind == TYPE {
            return Some(text.split(|b| *b == 0).next().unwrap_or_default());
        }
        at = end.checked_next_multiple_of(4)?;
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    #[serde(default, rename = "type")]
    kind: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    version: String,
    architecture: Option<String>,
    os: Option<String>,
    os_version: Option<String>,
    os_cpe: Option<String>,
}

/// The name is that of the source package: a build has one note for all that it makes.
fn claim(metadata: Metadata) -> Option<Claim> {
    let valid = |text: &str| !text.is_empty() && text.len() <= MAX_VALUE && !text.contains(char::is_whitespace);
    if !valid(&metadata.name) || !valid(&metadata.version) {
        return None;
    }
    let kind = match metadata.kind.as_str() {
        "rpm" => PackageType::Rpm,
        "deb" => PackageType::Deb,
        "apk" => PackageType::Apk,
        "alpm" | "arch" | "pacman" => PackageType::Alpm,
        _ => PackageType::Generic,
    };
    // `cpe:/o:fedoraproject:fedora:38`
    let cpe: Vec<_> = metadata.os_cpe.as_deref().unwrap_or_default().split(':').collect();
    let of_cpe = |index: usize| cpe.get(index).filter(|text| valid(text)).map(|text| (*text).to_owned());
    let source = SourcePackage { name: metadata.name.clone(), version: metadata.version.clone() };
    let package = FoundPackage {
        arch: metadata.architecture.filter(|arch| valid(arch)),
        source: (kind != PackageType::Generic).then_some(source),
        ..FoundPackage::new(kind, metadata.name, metadata.version)
    };
    let os = metadata.os.filter(|os| valid(os)).or_else(|| of_cpe(3));
    let os_version = metadata.os_version.filter(|version| valid(version)).or_else(|| of_cpe(4));
    Some(Claim { package, os, os_version })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::read;

    const PROGRAM: &[u8] = include_bytes!("../../testdata/elf_package/fedora.elf");

    #[test]
    fn a_program() {
        let facts = read(&ElfPackage, "opt/bash", PROGRAM);
        assert_eq!(facts.problems, []);
        let claim = facts.claim.unwrap();
        assert_eq!((claim.package.name.as_str(), claim.package.version.as_str()), ("bash", "5.2.15-1.fc38"));
        assert_eq!((claim.package.kind, claim.package.arch.as_deref()), (PackageType::Rpm, Some("x86_64")));
        assert_eq!((claim.os.as_deref(), claim.os_version.as_deref()), (Some("fedora"), Some("38")));
    }

    #[test]
    fn damaged_notes_are_said() {
        let at = PROGRAM.windows(4).position(|part| part == b"FDO\0").unwrap();
        for (offset, value) in [(0, b'X'), (4, 0), (5, b'x')] {
            let mut program = PROGRAM.to_vec();
            program[at + offset] = value;
            let facts = read(&ElfPackage, "opt/bash", &program);
            assert!(facts.claim.is_none() && facts.problems.len() == 1, "{offset}");
        }
        for length in 64..PROGRAM.len() {
            read(&ElfPackage, "opt/bash", &PROGRAM[..length]);
        }
        let mut program = PROGRAM.to_vec();
        for index in 64..program.len() {
            program[index] ^= 0xff;
            read(&ElfPackage, "opt/bash", &program);
            program[index] ^= 0xff;
        }
    }
}
