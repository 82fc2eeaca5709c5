//! Rust crates in executables: the list that `cargo auditable` puts into the section `.dep-v0`.

use std::{
    borrow::Cow,
    io::{self, Read},
};

use flate2::read::ZlibDecoder;
use lazaret_model::{PackageType, ProblemKind};
use lazaret_oci::{Body, Limits};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Candidate, Detector, Interest};
use crate::{
    executable::{self, Executable, Region},
    layer::{FileFacts, FoundPackage},
};

/// Bytes of the section, and of the text in it; cargo-auditable's own readers take as many.
const MAX_BYTES: u64 = 8 << 20;

pub(crate) struct Cargo;

impl Detector for Cargo {
    fn id(&self) -> &'static str {
        "cargo"
    }

    fn version(&self) -> u32 {
        1
    }

    fn doc(&self) -> &'static str {
        "https://github.com/rust-secure-code/cargo-auditable/blob/master/PARSING.md"
    }

    fn interest(&self, file: &Candidate<'_>) -> Interest {
        if executable::is_executable(file.head) { Interest::Content } else { Interest::No }
    }

    fn detect(&self, _file: &Candidate<'_>, body: &Body<'_>, limits: &Limits, facts: &mut FileFacts) {
        // what is cut or odd in another language's program is not this detector's business
        let Ok(program) = Executable::parse(body) else { return };
        let Some(section) = program.section(".dep-v0") else { return };
        match read(&program, section.region, limits, &mut facts.inflated) {
            Ok(text) => packages(&text, facts),
            Err(ReadError::TooLarge(most)) => {
                facts
                    .problem(ProblemKind::LimitExceeded, format!("the list of Rust crates has more than {most} bytes"));
            }
            Err(error) => facts.not_understood(format!("list of Rust crates: {error}")),
        }
    }
}

#[derive(Debug, thiserror::Error)]
enum ReadError {
    #[error("more than {0} bytes")]
    TooLarge(u64),
    #[error("the section is cut off")]
    Cut,
    #[error("{0}")]
    Io(#[from] io::Error),
}

/// The text; neither it nor its packed form has more than `MAX_BYTES`, nor it more than what the layer's archives and
/// lists may still inflate.
fn read(program: &Executable<'_>, region: Region, limits: &Limits, inflated: &mut u64) -> Result<Vec<u8>, ReadError> {
    let most = MAX_BYTES.min(limits.document_bytes);
    if region.size > most {
        return Err(ReadError::TooLarge(most));
    }
    let mut packed = vec![0; usize::try_from(region.size).map_err(|_| ReadError::TooLarge(most))?];
    if program.read_offset(region.offset, &mut packed)? < packed.len() {
        return Err(ReadError::Cut);
    }
    let most = most.min(limits.archive_bytes);
    let mut text = Vec::new();
    // sections of Windows programs are padded; what follows the stream is not looked at
    let read = ZlibDecoder::new(packed.as_slice()).take(most + 1).read_to_end(&mut text);
    *inflated = text.len() as u64;
    read?;
    if text.len() as u64 > most { Err(ReadError::TooLarge(most)) } else { Ok(text) }
}

#[derive(Deserialize)]
struct Listing<'a> {
    #[serde(borrow)]
    packages: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
struct Crate<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
    #[serde(borrow)]
    version: Cow<'a, str>,
    /// `crates.io`, `git`, `local`, `registry` (another one).
    #[serde(borrow)]
    source: Option<Cow<'a, str>>,
    /// `runtime` where it is absent.
    #[serde(borrow)]
    kind: Option<Cow<'a, str>>,
}

fn packages(text: &[u8], facts: &mut FileFacts) {
    let listing: Listing<'_> = match serde_json::from_slice(text) {
        Ok(listing) => listing,
        Err(error) => return facts.not_understood(format!("list of Rust crates: {error}")),
    };
    let mut odd = 0_usize;
    for raw in listing.packages {
        let found = match serde_json::from_str::<Crate<'_>>(raw.get()) {
            Ok(found) if is_name(&found.name) && is_version(&found.version) => found,
            _ => {
                odd += 1;
                continue;
            }
        };
        // procedural macros and what build scripts use ran on the build machine only
        if found.kind.as_deref() == Some("build") {
            continue;
        }
        facts.packages.push(FoundPackage {
            // a fork, the program's own crates, or another registry: crates.io may mean something else by the name
            uncertain: found.source.as_deref() != Some("crates.io"),
            ..FoundPackage::new(PackageType::Cargo, found.name, found.version)
        });
    }
    if odd > 0 {
        facts.not_understood(format!("list of Rust crates: {odd} entries without a name or version"));
    }
}

fn is_name(name: &str) -> bool {
    (1..=256).contains(&name.len()) && name.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '_')
}

fn is_version(version: &str) -> bool {
    version.len() <= 256
        && version.starts_with(|c: char| c.is_ascii_digit())
        && version.bytes().all(|b| b.is_ascii_alphanumeric() || b".-+".contains(&b))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn found(program: &[u8]) -> String {
        let mut facts = FileFacts { path: "usr/bin/x".to_owned(), ..FileFacts::default() };
        let file = Candidate::new("usr/bin/x", &program[..program.len().min(512)], 0o755);
        if Cargo.interest(&file) == Interest::Content {
            Cargo.detect(&file, &Body::memory(program), &Limits::default(), &mut facts);
        }
        let mut all: Vec<_> = facts
            .packages
            .iter()
            .map(|p| format!("{} {}{}", p.name, p.version, if p.uncertain { " ?" } else { "" }))
            .collect();
        all.extend(facts.problems.iter().map(|p| p.kind.name().to_owned()));
        all.join(", ")
    }

    fn pack(text: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    /// A Windows program with one section, padded.
    fn pe(data: &[u8]) -> Vec<u8> {
        let size = u32::try_from(data.len()).unwrap().next_multiple_of(512);
        let mut file = vec![0; 512];
        file[..2].copy_from_slice(b"MZ");
        file[60] = 64;
        file[64..68].copy_from_slice(b"PE\0\0");
        file[70] = 1;
        file[88..95].copy_from_slice(b".dep-v0");
        file[104..108].copy_from_slice(&size.to_le_bytes());
        file[108..112].copy_from_slice(&512_u32.to_le_bytes());
        file.extend_from_slice(data);
        file.resize(512 + size as usize, 0);
        file
    }

    /// A 64-bit Mach-O program with one section.
    fn macho(data: &[u8]) -> Vec<u8> {
        let mut file = vec![0; 256];
        file[..4].copy_from_slice(&[0xcf, 0xfa, 0xed, 0xfe]);
        file[16] = 1;
        file[20] = 152;
        file[32] = 0x19;
        file[36] = 152;
        let section = 32 + 72;
        file[section..section + 7].copy_from_slice(b".dep-v0");
        file[section + 40..section + 48].copy_from_slice(&(data.len() as u64).to_le_bytes());
        file[section + 48..section + 52].copy_from_slice(&256_u32.to_le_bytes());
        file.extend_from_slice(data);
        file
    }

    #[test]
    fn a_real_program_reduced_to_its_list() {
        let program = include_bytes!("../../testdata/cargo/tiny.elf");
        assert_eq!(found(program), "hex 0.4.3, itoa 1.0.19, tiny 0.1.0 ?");
        assert_eq!(found(include_bytes!("../../testdata/go/oras-1.3.6.elf")), "");
    }

    #[test]
    fn other_systems() {
        let text =
            br#"{"packages":[{"name":"a","version":"1.0.0+x","source":"crates.io","dependencies":[]}],"format":8}"#;
        assert_eq!(found(&pe(&pack(text))), "a 1.0.0+x");
        assert_eq!(found(&macho(&pack(text))), "a 1.0.0+x");
    }

    #[test]
    fn where_crates_come_from() {
        let of = |entry: &str| found(&macho(&pack(format!(r#"{{"packages":[{entry}]}}"#).as_bytes())));
        assert_eq!(of(r#"{"name":"a","version":"1.0.0","source":"crates.io","kind":"runtime"}"#), "a 1.0.0");
        assert_eq!(of(r#"{"name":"a","version":"1.0.0","source":"crates.io","kind":"build"}"#), "");
        for source in ["git", "registry", "local", "sparse+https://example.com/"] {
            assert_eq!(of(&format!(r#"{{"name":"a","version":"1.0.0","source":"{source}"}}"#)), "a 1.0.0 ?");
        }
        assert_eq!(of(r#"{"name":"a","version":"1.0.0","kind":"new"}"#), "a 1.0.0 ?");
        let partly =
            r#"{"name":"a"},7,{"name":"\u0062","version":"2.0.0","source":"crates.io"},{"name":"","version":"1"}"#;
        assert_eq!(of(partly), "b 2.0.0, parse_error");
    }

    #[test]
    fn hostile_lists() {
        assert_eq!(found(&pe(b"not zlib")), "parse_error");
        assert_eq!(found(&macho(&pack(b"[]"))), "parse_error");
        assert_eq!(found(&macho(&pack("[".repeat(100_000).as_bytes()))), "parse_error");
        let bomb = pack(&vec![b' '; 9 << 20]);
        assert_eq!(found(&macho(&bomb)), "limit_exceeded");
        assert_eq!(found(&macho(&vec![0; 9 << 20])), "limit_exceeded");
        let body = macho(&pack(br#"{"packages":[]}"#));
        let used_up = Limits { archive_bytes: 3, ..Limits::default() };
        let mut facts = FileFacts::default();
        Cargo.detect(&Candidate::new("x", &body[..64], 0o755), &Body::memory(&body), &used_up, &mut facts);
        assert_eq!(facts.problems.first().map(|problem| problem.kind), Some(ProblemKind::LimitExceeded));
        assert_eq!(facts.inflated, 4);
        let whole = macho(&pack(br#"{"packages":[]}"#));
        assert_eq!(found(&whole), "");
        assert_eq!(found(&whole[..whole.len() - 1]), "parse_error");
    }
}
