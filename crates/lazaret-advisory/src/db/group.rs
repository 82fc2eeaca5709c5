//! Groups: the records of one package, or the cycles of one product, with their strings.
//!
//! A group is its key, a table of its strings, and rows of numbers into that table. The payload of its row in the index
//! is offset (8), length (8) and a check (8) over the group's bytes and the summaries that it points to.

use std::collections::HashMap;

use lazaret_model::{AdvisoryRecord, AffectedRange, FindingStatus, Severity};

use super::{
    DbError, Enrichment,
    table::{self, Payload, Row},
};
use crate::feed::Cycle;

/// First byte of the ecosystem under which products are kept; no ecosystem begins so.
pub(crate) const PRODUCTS: &str = "\0endoflife";

/// Prefixes of URLs that end in the record's id.
const URLS: &[&str] = &[
    "https://osv.dev/vulnerability/",
    "https://security.alpinelinux.org/vuln/",
    "https://security-tracker.debian.org/tracker/",
];

const STATUSES: [FindingStatus; 6] = [
    FindingStatus::Affected,
    FindingStatus::WillNotFix,
    FindingStatus::FixDeferred,
    FindingStatus::EndOfLife,
    FindingStatus::UnderInvestigation,
    FindingStatus::NotAffected,
];

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
            number(&mut rows, strings.index(&cycle.cycle));
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

/// The row of a CVE: what is known lies in the payload itself.
pub(crate) fn cve_row(cve: &str, exploited: bool, epss: Option<&str>) -> Row {
    let mut payload = [0; 24];
    payload[0] = u8::from(exploited);
    let score = epss.unwrap_or_default().as_bytes();
    let score = score.get(..score.len().min(22)).unwrap_or_default();
    payload[1] = u8::try_from(score.len()).unwrap_or_default();
    payload[2..2 + score.len()].copy_from_slice(score);
    (table::hash("CVE", cve), payload)
}

pub(crate) fn enrichment(payload: &Payload) -> Enrichment {
    let score = payload.get(2..2 + usize::from(payload[1])).and_then(|bytes| std::str::from_utf8(bytes).ok());
    let epss = score.filter(|score| !score.is_empty()).map(str::to_owned);
    Enrichment { exploited: payload[0] == 1, epss }
}

/// Reads groups back; everything is checked, nothing is trusted.
pub(crate) struct Reader<'a> {
    pub groups: &'a [u8],
    pub texts: &'a [u8],
}

impl<'a> Reader<'a> {
    /// `None` where the group is of another key (two keys may share a hash).
    pub(crate) fn records(
        &self,
        payload: &Payload,
        ecosystem: &str,
        package: &str,
    ) -> Result<Option<Vec<AdvisoryRecord>>, DbError> {
        self.group(payload, ecosystem, package, |cursor, strings, texts| {
            let record = |cursor: &mut Cursor<'a>| self.record(cursor, strings, texts, ecosystem, package);
            cursor.rows(record)
        })
    }

    pub(crate) fn cycles(&self, payload: &Payload, product: &str) -> Result<Option<Vec<Cycle>>, DbError> {
        self.group(payload, PRODUCTS, product, |cursor, strings, _| {
            cursor.rows(|cursor| {
                Some(Cycle {
                    product: product.to_owned(),
                    cycle: cursor.string(strings)?,
                    feed: cursor.string(strings)?,
                    eol_from: cursor.optional(strings)?,
                    extended_from: cursor.optional(strings)?,
                })
            })
        })
    }

    fn group<T>(
        &self,
        payload: &Payload,
        ecosystem: &str,
        package: &str,
        body: impl FnOnce(&mut Cursor<'a>, &[&'a str], &mut Vec<u8>) -> Option<T>,
    ) -> Result<Option<T>, DbError> {
        let damaged = |what: &str| DbError::Damaged { what: format!("{ecosystem} {package}: {what}") };
        let field = |at: usize| u64::from_le_bytes(payload[at..at + 8].try_into().unwrap_or_default());
        let bytes = slice(self.groups, field(0), field(8)).ok_or_else(|| damaged("it lies outside the file"))?;
        let mut cursor = Cursor { bytes };
        let key = cursor.text().zip(cursor.text()).ok_or_else(|| damaged("its key is cut"))?;
        if key != (ecosystem, package) {
            return if table::hash(key.0, key.1) == table::hash(ecosystem, package) {
                Ok(None)
            } else {
                Err(damaged("the index points to another package"))
            };
        }
        let mut texts = bytes.to_vec();
        let value = cursor.strings().and_then(|strings| body(&mut cursor, &strings, &mut texts));
        let value = value.filter(|_| cursor.bytes.is_empty()).ok_or_else(|| damaged("it is not well-formed"))?;
        if table::check(&texts) != payload[16..] {
            return Err(damaged("it does not match its check"));
        }
        Ok(Some(value))
    }

    fn record(
        &self,
        cursor: &mut Cursor<'a>,
        strings: &[&'a str],
        texts: &mut Vec<u8>,
        ecosystem: &str,
        package: &str,
    ) -> Option<AdvisoryRecord> {
        let (id, feed, scheme) = (cursor.string(strings)?, cursor.string(strings)?, cursor.string(strings)?);
        let aliases = cursor.rows(|cursor| cursor.string(strings))?;
        let versions = cursor.rows(|cursor| cursor.string(strings))?;
        let ranges = cursor.rows(|cursor| {
            Some(AffectedRange {
                introduced: cursor.optional(strings)?,
                fixed: cursor.optional(strings)?,
                last_affected: cursor.optional(strings)?,
            })
        })?;
        let status = *STATUSES.get(cursor.size()?)?;
        let severity = *Severity::ALL.get(cursor.size()?)?;
        let informational = cursor.number()? == 1;
        let cvss = cursor.optional(strings)?;
        let url = match cursor.size()? {
            0 => None,
            kind if kind <= URLS.len() => Some(format!("{}{id}", URLS[kind - 1])),
            _ => Some(cursor.string(strings)?),
        };
        let summary = slice(self.texts, cursor.number()?, cursor.number()?)?;
        texts.extend_from_slice(summary);
        let summary = std::str::from_utf8(summary).ok()?.to_owned();
        let (ecosystem, package) = (ecosystem.to_owned(), package.to_owned());
        Some(AdvisoryRecord {
            id,
            aliases,
            feed,
            ecosystem,
            package,
            scheme,
            ranges,
            versions,
            status,
            severity,
            cvss,
            summary,
            url,
            informational,
        })
    }
}

fn slice(bytes: &[u8], offset: u64, length: u64) -> Option<&[u8]> {
    let offset = usize::try_from(offset).ok()?;
    bytes.get(offset..offset.checked_add(usize::try_from(length).ok()?)?)
}

/// What is left of a group.
struct Cursor<'a> {
    bytes: &'a [u8],
}

impl<'a> Cursor<'a> {
    fn number(&mut self) -> Option<u64> {
        let mut value = 0_u64;
        for shift in (0..63).step_by(7) {
            let (&byte, rest) = self.bytes.split_first()?;
            self.bytes = rest;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }

    fn size(&mut self) -> Option<usize> {
        usize::try_from(self.number()?).ok()
    }

    fn text(&mut self) -> Option<&'a str> {
        let length = self.size()?;
        let (text, rest) = self.bytes.split_at_checked(length)?;
        self.bytes = rest;
        std::str::from_utf8(text).ok()
    }

    fn strings(&mut self) -> Option<Vec<&'a str>> {
        self.rows(Self::text)
    }

    fn string(&mut self, strings: &[&'a str]) -> Option<String> {
        strings.get(self.size()?).map(|text| (*text).to_owned())
    }

    fn optional(&mut self, strings: &[&'a str]) -> Option<Option<String>> {
        match self.size()? {
            0 => Some(None),
            index => strings.get(index - 1).map(|text| Some((*text).to_owned())),
        }
    }

    /// A count and so many rows. Every row has at least one byte, so a count cannot ask for more than there is.
    fn rows<T>(&mut self, mut row: impl FnMut(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let count = self.size().filter(|count| *count <= self.bytes.len())?;
        let mut rows = Vec::with_capacity(count.min(4096));
        for _ in 0..count {
            rows.push(row(self)?);
        }
        Some(rows)
    }
}
