//! SQLite (`rpmdb.sqlite`): the table `Packages` of numbers and header blobs
//! (<https://www.sqlite.org/fileformat2.html>). A reader of table b-trees, no more.

use std::collections::BTreeSet;

use lazaret_oci::Body;

use self::page::{Cell, Tree};
pub(crate) use self::record::{integer, text};
use super::{Found, be16, be32, slice, wal::Wal};

mod page;
mod record;

pub(crate) const MAGIC: &[u8] = b"SQLite format 3\0";

/// Tables that a database of rpm may have; it has about twenty.
const MAX_TABLES: usize = 1000;

/// Lines of the table of packages, whatever they hold.
const MAX_ROWS: usize = 200_000;

pub(super) fn read(body: &Body<'_>, log: Option<&Wal<'_>>, found: &mut Found<'_>) {
    let mut pages = match Pages::open(body, log) {
        Ok(pages) => pages,
        Err(fault) => return found.fault(fault),
    };
    if let Some(fault) = &pages.fault {
        found.fault(fault.clone());
    }
    let tables = tables(&mut pages, &mut |fault| found.fault(fault));
    let root = |name: &str| tables.iter().find(|(table, _)| table == name).map(|(_, root)| *root);
    let Some(packages) = root("Packages") else { return found.fault("there is no table of packages") };
    let mut numbers = BTreeSet::new();
    let mut tree = Tree::new(&mut pages, packages);
    while let Some(cell) = tree.next() {
        if numbers.len() == MAX_ROWS {
            found.limit(format!("more than {MAX_ROWS} lines of packages; the rest is not read"));
            break;
        }
        match cell {
            Ok(cell) => package(&cell, &mut tree, &mut numbers, found),
            Err(fault) => found.fault(fault),
        }
    }
    // what the index of names has beyond is lost
    let Some(names) = root("Name") else { return };
    let mut tree = Tree::new(&mut pages, names);
    while let Some(cell) = tree.next() {
        let number = cell.and_then(|cell| {
            let payload = tree.payload(&cell)?;
            record::integer(&payload, 1).ok_or_else(|| "a line of the index of names cannot be read".to_owned())
        });
        match number {
            Ok(number) if numbers.contains(&number) => {}
            Ok(number) => found.fault(format!("package {number}: it has a name, and no header")),
            Err(fault) => found.fault(fault),
        }
    }
}

fn package(cell: &Cell, tree: &mut Tree<'_, '_>, numbers: &mut BTreeSet<i64>, found: &mut Found<'_>) {
    let number = u64::try_from(cell.row).unwrap_or_default();
    if numbers.last().is_some_and(|last| *last >= cell.row) {
        found.fault(format!("package {}: out of order", cell.row));
    }
    numbers.insert(cell.row);
    if !found.admits(number, cell.length) {
        return;
    }
    match tree.payload(cell) {
        Ok(payload) => match record::blob(&payload, 1) {
            Some(blob) => found.header(number, blob),
            None => found.fault(format!("package {number}: its line has no header")),
        },
        Err(fault) => found.fault(format!("package {number}: {fault}")),
    }
}

/// Names and first pages of the tables.
fn tables(pages: &mut Pages<'_>, fault: &mut dyn FnMut(String)) -> Vec<(String, u32)> {
    const MAX_BYTES: u64 = 1 << 20;
    let mut tables = Vec::new();
    let mut tree = Tree::new(pages, 1);
    while let Some(cell) = tree.next() {
        let payload = match cell {
            Ok(cell) if cell.length <= MAX_BYTES && tables.len() < MAX_TABLES => tree.payload(&cell),
            Ok(_) => Err("the list of tables is too long".to_owned()),
            Err(fault) => Err(fault),
        };
        match payload {
            Ok(payload) => {
                let kind = record::text(&payload, 0);
                let root = record::integer(&payload, 3).and_then(|root| u32::try_from(root).ok());
                if let (Some("table"), Some(name), Some(root)) = (kind, record::text(&payload, 1), root) {
                    tables.push((name.to_owned(), root));
                }
            }
            Err(what) => fault(what),
        }
    }
    tables
}

/// Gives each line of the named tables to `each`: which of them, its number, and its columns ([`text`], [`integer`]).
/// What is wrong with the file is what comes back.
pub(crate) fn rows(body: &Body<'_>, wanted: &[&str], each: &mut dyn FnMut(usize, i64, &[u8])) -> Vec<String> {
    const MAX_BYTES: u64 = 1 << 20;
    const MAX_FAULTS: usize = 1000;
    let mut pages = match Pages::open(body, None) {
        Ok(pages) => pages,
        Err(fault) => return vec![fault],
    };
    let mut faults: Vec<_> = pages.fault.clone().into_iter().collect();
    let tables = tables(&mut pages, &mut |fault| faults.push(fault));
    for (index, name) in wanted.iter().enumerate() {
        let Some((_, root)) = tables.iter().find(|(table, _)| table == name) else {
            faults.push(format!("there is no table {name}"));
            continue;
        };
        let mut tree = Tree::new(&mut pages, *root);
        for number in 0.. {
            let Some(cell) = tree.next() else { break };
            if number == MAX_ROWS || faults.len() > MAX_FAULTS {
                faults.push(format!("{name}: it has too many lines or faults; the rest is not read"));
                break;
            }
            let payload = cell.and_then(|cell| match cell.length {
                0..=MAX_BYTES => Ok((cell.row, tree.payload(&cell)?)),
                length => Err(format!("{name}: a line of {length} bytes")),
            });
            match payload {
                Ok((row, payload)) => each(index, row, &payload),
                Err(fault) => faults.push(fault),
            }
        }
    }
    faults
}

/// The pages of a database, with what its log has over them. Each is given out once: in a sound file, one thing leads
/// to a page.
struct Pages<'a> {
    body: &'a Body<'a>,
    log: Option<&'a Wal<'a>>,
    size: usize,
    /// Bytes of a page without what is reserved at its end.
    usable: usize,
    visited: Vec<bool>,
    fault: Option<String>,
}

impl<'a> Pages<'a> {
    fn open(body: &'a Body<'a>, log: Option<&'a Wal<'a>>) -> Result<Self, String> {
        let logged = log.and_then(|log| log.page(1));
        let header = match logged {
            Some(page) => page,
            None => slice(body, 0, 100).ok_or("the file is cut within its header")?,
        };
        let size = match be16(&header, 16) {
            Some(1) => 65536,
            size => u32::from(size.unwrap_or_default()),
        };
        let usable = size.saturating_sub(u32::from(header.get(20).copied().unwrap_or_default()));
        if !super::wal::is_page_size(size) || usable < 480 {
            return Err(format!("pages of {size} bytes are none"));
        }
        if be32(&header, 56) != Some(1) {
            return Err("the texts are not in UTF-8".to_owned());
        }
        let size = usize::try_from(size).unwrap_or_default();
        if log.is_some_and(|log| log.page_size != size) {
            return Err("the log is not of this database".to_owned());
        }
        let in_file = body.len() / size as u64;
        // the count in the header holds when the change counter and the one that goes with it are equal
        let said = be32(&header, 28).filter(|_| be32(&header, 24) == be32(&header, 92)).unwrap_or_default();
        let mut fault = None;
        // a log can add the pages that it has, whatever it says
        let count = log.map_or(in_file, |log| u64::from(log.page_count).min(in_file + log.page_total()));
        if log.is_none() && (u64::from(said) > in_file || !body.len().is_multiple_of(size as u64)) {
            fault = Some(format!("{} bytes are not the {said} pages that the file should have", body.len()));
        }
        let count = usize::try_from(count).map_err(|_| "too many pages".to_owned())?;
        let visited = vec![false; count + 1];
        let usable = usize::try_from(usable).unwrap_or_default();
        Ok(Self { body, log, size, usable, visited, fault })
    }

    fn page(&mut self, number: u32) -> Result<Vec<u8>, String> {
        match usize::try_from(number).ok().and_then(|index| self.visited.get_mut(index)) {
            Some(seen) if number > 0 && !*seen => *seen = true,
            Some(seen) if *seen => return Err(format!("page {number} is there twice")),
            _ => return Err(format!("page {number} is not in the file")),
        }
        let logged = self.log.and_then(|log| log.page(number));
        let offset = u64::from(number - 1) * self.size as u64;
        logged
            .or_else(|| slice(self.body, offset, self.size))
            .ok_or_else(|| format!("page {number} is not in the file"))
    }
}
