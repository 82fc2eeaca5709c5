//! Writing of groups.

use std::collections::HashMap;

use lazaret_model::{AdvisoryRecord, Severity};

use super::{PRODUCTS, STATUSES, URLS};
use crate::{
    db::table::{self, Row},
    feed::Cycle,
};

/// Collects groups and the texts they share.
#[derive(Default)]
pub(crate) struct Writer {
    pub groups: Vec<u8>,
    pub texts: Vec<u8>,
    known: HashMap<String, u64>,
}

impl Writer {
    /// `records` are all of one ecosystem and package, and not empty.
    pub(crate) fn records(&mut self, records: &[AdvisoryRecord]) -> Row {
        let (ecosystem, package) = records.first().map_or(("", ""), |r| (r.ecosystem.as_str(), r.package.as_str()));
        let mut strings = Strings::default();
        let mut rows = Vec::new();
        number(&mut rows, records.len() as u64);
        let mut texts = Vec::new();
        for record in records {
            self.record(&mut rows, &mut strings, record);
            texts.extend_from_slice(record.summary.as_bytes());
        }
        let body = [strings.bytes().as_slice(), &rows].concat();
        self.push(ecosystem, package, &body, &texts)
    }

    pub(crate) fn cycles(&mut self, product: &str, cycles: &[Cycle]) -> Row {
        let mut strings = Strings::default();
        let mut rows = Vec::new();
        number(&mut rows, cycles.len() as u64);
        for cycle in cycles {
            number(&mut rows, strings.index(&cycle.name));
            number(&mut rows, strings.index(&cycle.feed));
            optional(&mut rows, &mut strings, cycle.eol_from.as_deref());
            optional(&mut rows, &mut strings, cycle.extended_from.as_deref());
        }
        let body = [strings.bytes().as_slice(), &rows].concat();
        self.push(PRODUCTS, product, &body, &[])
    }

    fn push(&mut self, ecosystem: &str, package: &str, body: &[u8], texts: &[u8]) -> Row {
        let mut group = Vec::with_capacity(body.len() + 64);
        text(&mut group, ecosystem);
        text(&mut group, package);
        group.extend_from_slice(body);
        let mut payload = [0; 24];
        payload[..8].copy_from_slice(&(self.groups.len() as u64).to_le_bytes());
        payload[8..16].copy_from_slice(&(group.len() as u64).to_le_bytes());
        payload[16..].copy_from_slice(&table::check(&[&group, texts].concat()));
        self.groups.extend_from_slice(&group);
        (table::hash(ecosystem, package), payload)
    }

    fn record(&mut self, rows: &mut Vec<u8>, strings: &mut Strings, record: &AdvisoryRecord) {
        for field in [&record.id, &record.feed, &record.scheme] {
            number(rows, strings.index(field));
        }
        list(rows, strings, &record.aliases);
        list(rows, strings, &record.versions);
        number(rows, record.ranges.len() as u64);
        for range in &record.ranges {
            optional(rows, strings, range.introduced.as_deref());
            optional(rows, strings, range.fixed.as_deref());
            optional(rows, strings, range.last_affected.as_deref());
        }
        let position = |found: Option<usize>| u64::try_from(found.unwrap_or_default()).unwrap_or_default();
        number(rows, position(STATUSES.iter().position(|status| *status == record.status)));
        number(rows, position(Severity::ALL.iter().position(|severity| *severity == record.severity)));
        number(rows, u64::from(record.informational));
        optional(rows, strings, record.cvss.as_deref());
        let prefix = |url: &str| URLS.iter().position(|prefix| url.strip_prefix(prefix) == Some(&record.id));
        match record.url.as_deref().map(|url| (prefix(url), url)) {
            None => number(rows, 0),
            Some((Some(prefix), _)) => number(rows, prefix as u64 + 1),
            Some((None, url)) => {
                number(rows, URLS.len() as u64 + 1);
                number(rows, strings.index(url));
            }
        }
        number(rows, self.summary(&record.summary));
        number(rows, record.summary.len() as u64);
    }

    fn summary(&mut self, text: &str) -> u64 {
        if let Some(offset) = self.known.get(text) {
            return *offset;
        }
        let offset = self.texts.len() as u64;
        self.texts.extend_from_slice(text.as_bytes());
        self.known.insert(text.to_owned(), offset);
        offset
    }
}

/// The strings of one group, each once.
#[derive(Default)]
struct Strings {
    known: HashMap<String, u64>,
    bytes: Vec<u8>,
}

impl Strings {
    fn index(&mut self, value: &str) -> u64 {
        if let Some(index) = self.known.get(value) {
            return *index;
        }
        let index = self.known.len() as u64;
        text(&mut self.bytes, value);
        self.known.insert(value.to_owned(), index);
        index
    }

    fn bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.bytes.len() + 4);
        number(&mut out, self.known.len() as u64);
        out.extend_from_slice(&self.bytes);
        out
    }
}

/// LEB128.
fn number(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(u8::try_from(value & 0x7f).unwrap_or_default() | 0x80);
        value >>= 7;
    }
    out.push(u8::try_from(value).unwrap_or_default());
}

fn text(out: &mut Vec<u8>, value: &str) {
    number(out, value.len() as u64);
    out.extend_from_slice(value.as_bytes());
}

fn optional(out: &mut Vec<u8>, strings: &mut Strings, value: Option<&str>) {
    number(out, value.map_or(0, |value| strings.index(value) + 1));
}

fn list(out: &mut Vec<u8>, strings: &mut Strings, values: &[String]) {
    number(out, values.len() as u64);
    for value in values {
        number(out, strings.index(value));
    }
}
