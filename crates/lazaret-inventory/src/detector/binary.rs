//! Programs and libraries that no package manager knows, by their content: whatever the file is called, wherever it
//! lies, and also where a library is linked into another program. What to look for is the table in
//! `binary/signatures/`; to add a program or library is to add a row there, with a sample in `testdata/binary/`.

use std::{collections::HashMap, io, ops::Range};

use lazaret_model::PackageType;
use lazaret_oci::{Body, Limits};

use super::{Candidate, Detector, Interest, go};
use crate::{
    executable::{self, Executable},
    layer::{FileFacts, FoundPackage},
};

mod dynamic;
mod evidence;
mod judge;
mod parts;
mod search;
mod table;
mod template;

#[cfg(test)]
mod tests;

use self::{dynamic::Form, evidence::Gathered, parts::Part, table::Table};

const ARCHIVE: &[u8] = b"!<arch>\n";

pub(crate) struct Binary;

impl Detector for Binary {
    fn id(&self) -> &'static str {
        "binary"
    }

    fn version(&self) -> u32 {
        3
    }

    fn doc(&self) -> &'static str {
        "https://refspecs.linuxfoundation.org/elf/gabi4+/contents.html"
    }

    fn interest(&self, file: &Candidate<'_>) -> Interest {
        if executable::is_executable(file.head) || is_library_archive(file.head) {
            Interest::Content
        } else {
            Interest::No
        }
    }

    fn detect(&self, file: &Candidate<'_>, body: &Body<'_>, _limits: &Limits, facts: &mut FileFacts) {
        let table = match Table::get() {
            Ok(table) => table,
            Err(error) => return facts.not_understood(format!("the table of signatures is broken: {error}")),
        };
        match identify(table, file, body) {
            Ok(found) => facts.packages.extend(found.into_iter().map(|found| FoundPackage {
                uncertain: found.uncertain,
                part: found.part,
                cpe: found.cpe,
                ..FoundPackage::new(PackageType::Generic, found.name, found.version)
            })),
            Err(error) => facts.not_understood(format!("cannot be read back: {error}")),
        }
    }
}

/// What a file is or holds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Identified {
    pub name: String,
    /// Empty where it is not known.
    pub version: String,
    pub cpe: Option<String>,
    /// Whether it is inside the file, and does not say what the file is.
    pub part: bool,
    pub uncertain: bool,
}

/// What the table of signatures says of a program; nothing where it cannot be read.
pub fn identify_program(path: &str, head: &[u8], body: &Body<'_>) -> Vec<Identified> {
    let file = Candidate::new(path, head, 0o755);
    Table::get().ok().and_then(|table| identify(table, &file, body).ok()).unwrap_or_default()
}

fn identify(table: &Table, file: &Candidate<'_>, body: &Body<'_>) -> io::Result<Vec<Identified>> {
    let (gathered, soname) = gather(table, file, body)?;
    let found = packages(table, &gathered, soname.as_deref());
    // one library alone is what the archive is
    match found.as_slice() {
        [only] if file.head.starts_with(ARCHIVE) => {
            let row = table.rows.iter().find(|row| row.name == only.name);
            let soname = row.and_then(|row| row.soname.first()).map(|soname| format!("{soname}."));
            Ok(packages(table, &gathered, soname.as_deref()))
        }
        _ => Ok(found),
    }
}

/// The evidence that a file has, and how it calls itself.
fn gather<'a>(table: &'a Table, file: &Candidate<'_>, body: &Body<'_>) -> io::Result<(Gathered<'a>, Option<String>)> {
    if file.head.starts_with(ARCHIVE) { Ok((in_archive(table, body)?, None)) } else { in_program(table, file, body) }
}

/// An archive of object files; Debian's packages start alike.
fn is_library_archive(head: &[u8]) -> bool {
    head.strip_prefix(ARCHIVE).is_some_and(|rest| !rest.starts_with(b"debian-binary"))
}

fn in_archive<'a>(table: &'a Table, body: &Body<'_>) -> io::Result<Gathered<'a>> {
    let mut gathered = Gathered::new(table);
    parts::pieces_of(body, &mut |piece, new, _| gathered.texts(piece, new))?;
    let rows = gathered.rows_without_version(|_| true);
    if !rows.is_empty() {
        parts::pieces_of(body, &mut |piece, new, _| gathered.bare_texts(&rows, piece, new))?;
    }
    Ok(gathered)
}

fn in_program<'a>(
    table: &'a Table,
    file: &Candidate<'_>,
    body: &Body<'_>,
) -> io::Result<(Gathered<'a>, Option<String>)> {
    let mut gathered = Gathered::new(table);
    // what is cut or odd is not this detector's business: it may be no program at all
    let Ok(program) = Executable::parse(body) else { return Ok((gathered, None)) };
    // a Go program has much text and, without cgo, nobody else's code
    if go::is_pure(&program) {
        return Ok((gathered, None));
    }
    let parts = parts::of_program(&program);
    let form = Form::of(file.head);
    for (part, region) in &parts {
        match part {
            Part::Texts => parts::pieces(&program, *region, &mut |piece, new, _| gathered.texts(piece, new))?,
            Part::Symbols => {
                let mut names = HashMap::new();
                parts::pieces(&program, *region, &mut |piece, new, start| {
                    symbols(piece, new, start, &mut gathered, &mut names);
                })?;
                if let Some(form) = form.filter(|_| !names.is_empty()) {
                    dynamic::defined(&program, form, &names, |symbol, address| {
                        gathered.symbol(symbol, || dynamic::returned(&program, address));
                    });
                }
            }
        }
    }
    if gathered.rows.is_empty() {
        return Ok((gathered, None));
    }
    let soname = form.and_then(|form| dynamic::soname(&program, form));
    let rows = gathered.rows_without_version(|row| row.counts_alone(soname.as_deref()));
    if !rows.is_empty() {
        for (_, region) in parts.iter().filter(|(part, _)| *part == Part::Texts) {
            parts::pieces(&program, *region, &mut |piece, new, _| gathered.bare_texts(&rows, piece, new))?;
        }
    }
    Ok((gathered, soname))
}

/// Notes where the table's symbols stand in the names of a program's symbols.
fn symbols(piece: &[u8], new: Range<usize>, start: u64, gathered: &mut Gathered<'_>, names: &mut HashMap<u32, usize>) {
    const MOST: usize = 4096;
    let table = gathered.table;
    table.symbols.each(&piece[new.start..], |symbol, at| {
        let at = at + new.start;
        let rest = &piece[at + table.symbol_lengths[symbol]..];
        if at >= new.end || (at > 0 && piece[at - 1] != 0) {
            return;
        }
        let end = memchr::memchr(0, rest).unwrap_or(rest.len());
        if end > 0 {
            if let Some(number) = std::str::from_utf8(&rest[..end]).ok().and_then(|text| text.parse().ok()) {
                gathered.node(symbol, number);
            }
        } else if names.len() < MOST
            && let Ok(place) = u32::try_from(start + at as u64)
        {
            names.insert(place, symbol);
        }
    });
}

/// Two rows may be of one package: what the file is counts before what is in it.
fn packages(table: &Table, gathered: &Gathered<'_>, soname: Option<&str>) -> Vec<Identified> {
    let mut found: Vec<Identified> = Vec::new();
    let judged = gathered.rows.iter().flat_map(|(row, evidence)| {
        let row = &table.rows[*row];
        judge::judge(row, evidence, soname).into_iter().map(move |judged| (row, judged))
    });
    for (row, judged) in judged {
        let package = Identified {
            name: row.name.clone(),
            version: judged.version,
            cpe: row.cpe.clone(),
            part: judged.part,
            uncertain: !judged.sure,
        };
        let other = found.iter_mut().find(|other| {
            other.name == package.name
                && (other.version == package.version || other.version.is_empty() || package.version.is_empty())
        });
        match other {
            None => found.push(package),
            Some(other) if other.version == package.version => {
                other.part &= package.part;
                other.uncertain &= package.uncertain;
            }
            Some(other) => {
                let part = other.part & package.part;
                if other.version.is_empty() {
                    *other = package;
                }
                other.part = part;
            }
        }
    }
    found
}
