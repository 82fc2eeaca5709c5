//! The table as a whole, and programs made of parts.

use super::{table::Written, *};
use crate::layer::FileFacts;

/// A 64-bit shared library with a text section, names of symbols and, where given, a name of its own.
fn elf(texts: &[u8], soname: Option<&str>, defined: &[&str], wanted: &[&str]) -> Vec<u8> {
    let mut names = vec![0];
    let mut symbols = vec![0; 24];
    for (list, section) in [(defined, 1_u16), (wanted, 0)] {
        for name in list {
            let mut symbol = [0; 24];
            symbol[..4].copy_from_slice(&u32::try_from(names.len()).unwrap().to_le_bytes());
            symbol[6..8].copy_from_slice(&section.to_le_bytes());
            symbols.extend_from_slice(&symbol);
            names.extend_from_slice(name.as_bytes());
            names.push(0);
        }
    }
    let mut dynamic = Vec::new();
    if let Some(soname) = soname {
        dynamic.extend_from_slice(&14_u64.to_le_bytes());
        dynamic.extend_from_slice(&(names.len() as u64).to_le_bytes());
        names.extend_from_slice(soname.as_bytes());
        names.push(0);
    }
    dynamic.extend_from_slice(&[0; 16]);
    let sections: [(&str, &[u8]); 4] =
        [(".rodata", texts), (".dynstr", &names), (".dynsym", &symbols), (".dynamic", &dynamic)];
    let mut file = vec![0; 64];
    file[..18].copy_from_slice(b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0");
    let mut table = vec![0; 64];
    let mut section_names = vec![0];
    for (name, bytes) in sections.iter().copied().chain([(".shstrtab", [].as_slice())]) {
        let mut header = [0; 64];
        header[..4].copy_from_slice(&u32::try_from(section_names.len()).unwrap().to_le_bytes());
        header[4] = 1;
        section_names.extend_from_slice(name.as_bytes());
        section_names.push(0);
        let bytes = if name == ".shstrtab" { section_names.as_slice() } else { bytes };
        header[24..32].copy_from_slice(&(file.len() as u64).to_le_bytes());
        header[32..40].copy_from_slice(&(bytes.len() as u64).to_le_bytes());
        file.extend_from_slice(bytes);
        table.extend_from_slice(&header);
    }
    let at = file.len() as u64;
    file[40..48].copy_from_slice(&at.to_le_bytes());
    file[58..64].copy_from_slice(&[64, 0, 6, 0, 5, 0]);
    file.extend_from_slice(&table);
    file
}

fn found(program: &[u8]) -> String {
    let mut facts = FileFacts { path: "opt/x".to_owned(), ..FileFacts::default() };
    let file = Candidate::new("opt/x", &program[..program.len().min(512)], 0o644);
    if Binary.interest(&file) == Interest::Content {
        Binary.detect(&file, &Body::memory(program), &Limits::default(), &mut facts);
    }
    let marks =
        |p: &FoundPackage| format!("{}{}", if p.part { " in it" } else { "" }, if p.uncertain { " ?" } else { "" });
    let mut all: Vec<_> = facts.packages.iter().map(|p| format!("{} {}{}", p.name, p.version, marks(p))).collect();
    all.extend(facts.problems.iter().map(|problem| problem.message.clone()));
    all.join(", ")
}

const ZLIB: &[u8] = b"\0 deflate 1.2.13 Copyright 1995-2022 Jean-loup Gailly and Mark Adler \0\0\0 inflate 1.2.13 Copyright 1995-2022 Mark Adler \0";

#[test]
fn the_table_is_sound() {
    let table = Table::get().unwrap();
    let mut ids = std::collections::HashSet::new();
    for row in &table.rows {
        assert!(ids.insert(&row.id), "{}: twice", row.id);
        assert!(row.version.iter().chain(&row.bare).all(|template| template.regex().is_some()), "{}", row.id);
        assert!(!row.written.derived.is_empty(), "{}", row.id);
        let evidence = row.written.also.len() + row.written.symbols.len() + row.soname.len() + row.version.len();
        assert!(evidence >= 2, "{}: no second evidence", row.id);
        if let Some(cpe) = &row.cpe {
            assert!(cpe.split_once(':').is_some_and(|(vendor, product)| !vendor.is_empty() && !product.is_empty()));
        }
        assert!(row.written.returns.is_empty() == row.number.is_none(), "{}", row.id);
    }
}

#[test]
fn a_library_is_what_it_calls_itself() {
    assert_eq!(found(&elf(ZLIB, Some("libz.so.1"), &["deflateInit2_"], &[])), "zlib 1.2.13");
    assert_eq!(found(&elf(ZLIB, Some("libz-3e6a1b2c.so.1.2.13"), &[], &[])), "zlib 1.2.13", "a wheel's");
    assert_eq!(found(&elf(ZLIB, None, &[], &[])), "zlib 1.2.13 in it");
    assert_eq!(found(&elf(ZLIB, Some("libzip.so.5"), &[], &[])), "zlib 1.2.13 in it");
}

#[test]
fn one_evidence_is_not_enough() {
    let alone = b"\0 deflate 1.2.13 Copyright 1995-2022 Jean-loup Gailly \0";
    assert_eq!(found(&elf(alone, None, &[], &[])), "zlib 1.2.13 in it ?");
    assert_eq!(found(&elf(alone, None, &["deflateInit2_"], &[])), "zlib 1.2.13 in it");
    assert_eq!(found(&elf(alone, None, &[], &["deflateInit2_"])), "zlib 1.2.13 in it ?", "only used");
    let built_with = b"\0built with\0OpenSSL 3.0.20 7 Apr 2026\0";
    assert_eq!(found(&elf(built_with, None, &[], &["OPENSSL_init_crypto"])), "", "what it was built with");
    let linked = b"\0OpenSSL 3.0.20 7 Apr 2026\0OPENSSLDIR: \"/usr/lib/ssl\"\0";
    assert_eq!(found(&elf(linked, None, &[], &[])), "openssl 3.0.20 in it");
}

#[test]
fn versions_that_disagree_are_none() {
    let mixed = b"\0 deflate 1.2.13 Copyright 1995-2022 \0 inflate 1.2.11 Copyright 1995-2017 \0";
    assert_eq!(found(&elf(mixed, None, &[], &[])), "zlib  in it ?");
}

#[test]
fn archives_of_objects() {
    let archive = [b"!<arch>\n/               0           0     0     0       4         `\n\0\0\0\0", ZLIB].concat();
    assert_eq!(found(&archive), "zlib 1.2.13");
    assert!(!is_library_archive(b"!<arch>\ndebian-binary   "));
}

#[test]
fn what_is_no_program_says_nothing() {
    assert_eq!(found(ZLIB), "");
    let whole = elf(ZLIB, Some("libz.so.1"), &[], &[]);
    for length in 0..whole.len() {
        found(&whole[..length]);
    }
    for at in 0..whole.len() {
        let mut broken = whole.clone();
        broken[at] ^= 0xff;
        found(&broken);
    }
}

#[test]
fn in_pieces_as_in_one() {
    use std::io::Write;
    let mut texts = vec![b'x'; (1 << 20) - 30];
    texts.extend_from_slice(ZLIB);
    let program = elf(&texts, None, &[], &[]);
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(&program).unwrap();
    let candidate = Candidate::new("x", &program[..512], 0o755);
    let body = Body::file(&file, program.len() as u64);
    let found = identify(Table::get().unwrap(), &candidate, &body).unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].name.as_str(), found[0].version.as_str()), ("zlib", "1.2.13"));
}

#[test]
fn the_docs_have_the_table() {
    let mut lines = Vec::new();
    for row in &Table::get().unwrap().rows {
        let Written { cpe, version, bare, form, also, symbols, returns, soname, derived, .. } = &row.written;
        let form = form.as_ref().map(|form| format!("as {form}"));
        let versions = version.iter().chain(bare).chain(returns).chain(&row.written.node).map(|text| shown(text));
        let versions: Vec<_> = versions.chain(form).collect();
        let second: Vec<_> = also.iter().chain(symbols).chain(soname).take(4).map(|text| shown(text)).collect();
        let versions = if versions.is_empty() { "none".to_owned() } else { versions.join(", ") };
        let proven = if row.unproven { "unproven: " } else { "" };
        let name = if row.id == row.name { row.name.clone() } else { format!("{} ({})", row.name, row.id) };
        let cpe = cpe.as_deref().map(|cpe| format!("`{cpe}`")).unwrap_or_default();
        lines.push(format!("| {name} | {cpe} | {versions} | {} | {proven}{derived} |\n", second.join(", ")));
    }
    let docs = include_str!("../../../../../docs/detectors.md");
    let missing: String = lines.iter().filter(|line| !docs.contains(line.as_str())).map(String::as_str).collect();
    assert!(missing.is_empty(), "not in docs/detectors.md:\n{missing}");
}

/// A text of the table in a table of the docs.
fn shown(text: &str) -> String {
    let plain: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    format!("`{}`", plain.trim().replace('|', "\\|"))
}

#[derive(serde::Deserialize)]
struct Index {
    sample: Vec<Sample>,
}

/// A real program, reduced.
#[derive(serde::Deserialize)]
struct Sample {
    file: String,
    url: String,
    /// All that the detector says of it.
    expected: Vec<String>,
}

fn samples() -> Vec<(Sample, Vec<u8>)> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/binary");
    let index: Index = toml::from_str(&std::fs::read_to_string(folder.join("index.toml")).unwrap()).unwrap();
    let read = |sample: Sample| {
        let bytes = std::fs::read(folder.join(&sample.file)).unwrap_or_else(|error| panic!("{}: {error}", sample.file));
        (sample, bytes)
    };
    index.sample.into_iter().map(read).collect()
}

#[test]
fn real_programs() {
    let samples = samples();
    assert!(samples.len() > 80);
    let mut wrong = Vec::new();
    for (sample, bytes) in &samples {
        let mut said: Vec<_> = found(bytes).split(", ").filter(|one| !one.is_empty()).map(str::to_owned).collect();
        said.sort();
        if said != sample.expected {
            wrong.push(format!("{} of {}: {said:?}, not {:?}", sample.file, sample.url, sample.expected));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A row without a real program is unproven, and the other way round.
#[test]
fn rows_are_proven_by_samples() {
    let mut proven = std::collections::HashSet::new();
    let table = Table::get().unwrap();
    for (_, bytes) in samples() {
        let file = Candidate::new("x", &bytes[..bytes.len().min(512)], 0o755);
        let body = Body::memory(&bytes);
        let (gathered, soname) = gather(table, &file, &body).unwrap();
        let of = |(row, evidence): (&usize, &evidence::Evidence)| {
            judge::judge(&table.rows[*row], evidence, soname.as_deref())
                .iter()
                .any(|judged| judged.sure)
                .then_some(*row)
        };
        proven.extend(gathered.rows.iter().filter_map(of));
    }
    let unproven =
        |(index, row): (usize, &table::Row)| (!proven.contains(&index) && !row.unproven).then(|| row.id.clone());
    let missing: Vec<_> = table.rows.iter().enumerate().filter_map(unproven).collect();
    assert!(missing.is_empty(), "no sample is surely one of {missing:?}");
}
