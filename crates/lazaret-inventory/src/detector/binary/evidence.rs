//! What one file has of each row.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
};

use super::{
    table::{Row, Sort, Table},
    template::REACH,
};

/// Places of one literal that are looked at; the real ones have a few.
const MOST_PLACES: u32 = 200;
/// Short texts that are compared with the rows that ask for such.
const MOST_BARE: usize = 50_000;
/// Bytes of a text that is nothing but a version.
const BARE: usize = 120;

/// Evidence of one row.
#[derive(Default, Debug)]
pub(super) struct Evidence {
    /// Which templates say so, as bits, by version.
    pub(super) versions: BTreeMap<String, u32>,
    /// Texts that are nothing but a version.
    pub(super) bare: BTreeSet<String>,
    pub(super) also: u32,
    pub(super) unless: bool,
    pub(super) symbols: bool,
    /// Versions that functions return.
    pub(super) returned: BTreeSet<String>,
    /// The highest number among the versions of symbols.
    pub(super) node: Option<u32>,
}

/// Evidence by row.
pub(super) struct Gathered<'a> {
    pub(super) table: &'a Table,
    pub(super) rows: BTreeMap<usize, Evidence>,
    /// How often each literal was looked at.
    places: Vec<u32>,
    bare: usize,
}

impl<'a> Gathered<'a> {
    pub(super) fn new(table: &'a Table) -> Self {
        Self { table, rows: BTreeMap::new(), places: vec![0; table.uses.len()], bare: 0 }
    }

    /// Looks for literals in what is new of a piece, and reads the versions around them.
    pub(super) fn texts(&mut self, piece: &[u8], new: Range<usize>) {
        let table = self.table;
        let last = piece.len().min(new.end + REACH);
        let view = &piece[..last];
        table.texts.each(&view[new.start..], |literal, at| {
            let at = at + new.start;
            if at >= new.end || self.places[literal] >= MOST_PLACES {
                return;
            }
            self.places[literal] += 1;
            for found in &table.uses[literal] {
                let evidence = self.rows.entry(found.row).or_default();
                match found.sort {
                    Sort::Also => evidence.also |= 1 << found.index,
                    Sort::Unless => evidence.unless = true,
                    Sort::Symbol | Sort::Returns | Sort::Node => {}
                    Sort::Version => {
                        let template = &table.rows[found.row].version[found.index];
                        let anchor = at..at + template.literal.len();
                        let start = at.saturating_sub(REACH);
                        let end = view.len().min(anchor.end + REACH);
                        let within = anchor.start - start..anchor.end - start;
                        if let Some(version) = template.version(&view[start..end], within) {
                            *evidence.versions.entry(version).or_default() |= 1 << found.index;
                        }
                    }
                }
            }
        });
    }

    /// Notes a symbol that the file defines; `number` is what it returns, where it is a function that only does that.
    pub(super) fn symbol(&mut self, symbol: usize, number: impl Fn() -> Option<u32>) {
        for found in &self.table.symbol_uses[symbol] {
            match found.sort {
                Sort::Symbol => self.rows.entry(found.row).or_default().symbols = true,
                Sort::Returns => {
                    let form = self.table.rows[found.row].number;
                    if let Some(version) = form.and_then(|form| form.version(number()?)) {
                        self.rows.entry(found.row).or_default().returned.insert(version);
                    }
                }
                Sort::Version | Sort::Also | Sort::Unless | Sort::Node => {}
            }
        }
    }

    /// Notes the number that ends the name of a version of symbols.
    pub(super) fn node(&mut self, symbol: usize, number: u32) {
        for found in self.table.symbol_uses[symbol].iter().filter(|found| found.sort == Sort::Node) {
            let evidence = self.rows.entry(found.row).or_default();
            evidence.node = evidence.node.max(Some(number));
        }
    }

    /// Rows that have evidence but no version yet, and for which a version that stands alone would count.
    pub(super) fn rows_without_version(&self, counts: impl Fn(&Row) -> bool) -> Vec<usize> {
        let asks = |row: &usize, evidence: &Evidence| {
            let row = &self.table.rows[*row];
            evidence.has_any() && evidence.versions.is_empty() && !row.bare.is_empty() && counts(row)
        };
        self.rows.iter().filter(|(row, evidence)| asks(row, evidence)).map(|(row, _)| *row).collect()
    }

    /// Compares the short texts of a piece with what rows ask for.
    pub(super) fn bare_texts(&mut self, rows: &[usize], piece: &[u8], new: Range<usize>) {
        let table = self.table;
        let mut start = new.start;
        // the text that the last piece ended in was seen there
        if start > 0 {
            start = memchr::memchr(0, &piece[start..]).map_or(piece.len(), |end| start + end + 1);
        }
        while start < new.end && self.bare < MOST_BARE {
            let Some(length) = memchr::memchr(0, &piece[start..]) else { break };
            let text = &piece[start..start + length];
            start += length + 1;
            // what is before the text may be no text, so without a NUL of its own
            let printable = |byte: &u8| (b' '..=b'~').contains(byte);
            let before = text.iter().rposition(|byte| !printable(byte)).map_or(0, |at| at + 1);
            let text = &text[before..];
            // what looks like text by chance
            let chance = text.iter().take(4).take_while(|byte| byte.is_ascii_punctuation()).count();
            let text = &text[chance..];
            if (3..=BARE).contains(&text.len()) && text[..text.len().min(16)].iter().any(u8::is_ascii_digit) {
                self.bare += 1;
                for row in rows {
                    let versions = table.rows[*row].bare.iter().filter_map(|template| template.whole(text));
                    self.rows.entry(*row).or_default().bare.extend(versions);
                }
            }
        }
    }
}

impl Evidence {
    pub(super) fn has_any(&self) -> bool {
        self.also != 0 || self.symbols || !self.versions.is_empty() || !self.returned.is_empty()
    }
}
