//! Reading of groups.

use lazaret_model::{AdvisoryRecord, AffectedRange, Severity};

use super::{PRODUCTS, STATUSES, URLS};
use crate::{
    db::{
        DbError,
        table::{self, Payload},
    },
    feed::Cycle,
};

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
                Ok(Cycle {
                    product: product.to_owned(),
                    name: cursor.string(strings)?,
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
        body: impl FnOnce(&mut Cursor<'a>, &[&'a str], &mut Vec<u8>) -> Read<T>,
    ) -> Result<Option<T>, DbError> {
        let damaged = |what: &str| DbError::Damaged { what: format!("{ecosystem} {package}: {what}") };
        let field = |at: usize| u64::from_le_bytes(payload[at..at + 8].try_into().unwrap_or_default());
        let bytes = slice(self.groups, field(0), field(8)).ok_or_else(|| damaged("it lies outside the file"))?;
        let mut cursor = Cursor { bytes };
        let (Ok(known_ecosystem), Ok(known_package)) = (cursor.text(), cursor.text()) else {
            return Err(damaged("its key is cut"));
        };
        let key = (known_ecosystem, known_package);
        if key != (ecosystem, package) {
            return if table::hash(key.0, key.1) == table::hash(ecosystem, package) {
                Ok(None)
            } else {
                Err(damaged("the index points to another package"))
            };
        }
        let mut texts = bytes.to_vec();
        let value = cursor.strings().and_then(|strings| body(&mut cursor, &strings, &mut texts));
        let value = value.map_err(|Malformed| damaged("it is not well-formed"))?;
        if !cursor.bytes.is_empty() {
            return Err(damaged("it goes on after its end"));
        }
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
    ) -> Read<AdvisoryRecord> {
        let (id, feed, scheme) = (cursor.string(strings)?, cursor.string(strings)?, cursor.string(strings)?);
        let aliases = cursor.rows(|cursor| cursor.string(strings))?;
        let versions = cursor.rows(|cursor| cursor.string(strings))?;
        let ranges = cursor.rows(|cursor| {
            Ok(AffectedRange {
                introduced: cursor.optional(strings)?,
                fixed: cursor.optional(strings)?,
                last_affected: cursor.optional(strings)?,
            })
        })?;
        let status = *STATUSES.get(cursor.size()?).ok_or(Malformed)?;
        let severity = *Severity::ALL.get(cursor.size()?).ok_or(Malformed)?;
        let informational = cursor.number()? == 1;
        let cvss = cursor.optional(strings)?;
        let url = match cursor.size()? {
            0 => None,
            kind if kind <= URLS.len() => Some(format!("{}{id}", URLS[kind - 1])),
            _ => Some(cursor.string(strings)?),
        };
        let summary = slice(self.texts, cursor.number()?, cursor.number()?).ok_or(Malformed)?;
        texts.extend_from_slice(summary);
        let summary = std::str::from_utf8(summary).map_err(|_| Malformed)?.to_owned();
        let (ecosystem, package) = (ecosystem.to_owned(), package.to_owned());
        Ok(AdvisoryRecord {
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

/// A group that no writer makes.
struct Malformed;

type Read<T> = Result<T, Malformed>;

/// What is left of a group.
struct Cursor<'a> {
    bytes: &'a [u8],
}

impl<'a> Cursor<'a> {
    fn number(&mut self) -> Read<u64> {
        let mut value = 0_u64;
        for shift in (0..63).step_by(7) {
            let (&byte, rest) = self.bytes.split_first().ok_or(Malformed)?;
            self.bytes = rest;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(Malformed)
    }

    fn size(&mut self) -> Read<usize> {
        usize::try_from(self.number()?).map_err(|_| Malformed)
    }

    fn text(&mut self) -> Read<&'a str> {
        let length = self.size()?;
        let (text, rest) = self.bytes.split_at_checked(length).ok_or(Malformed)?;
        self.bytes = rest;
        std::str::from_utf8(text).map_err(|_| Malformed)
    }

    fn strings(&mut self) -> Read<Vec<&'a str>> {
        self.rows(Self::text)
    }

    fn string(&mut self, strings: &[&'a str]) -> Read<String> {
        strings.get(self.size()?).map(|text| (*text).to_owned()).ok_or(Malformed)
    }

    fn optional(&mut self, strings: &[&'a str]) -> Read<Option<String>> {
        match self.size()? {
            0 => Ok(None),
            index => strings.get(index - 1).map(|text| Some((*text).to_owned())).ok_or(Malformed),
        }
    }

    /// A count and so many rows. Every row has at least one byte, so a count cannot ask for more than there is.
    fn rows<T>(&mut self, mut row: impl FnMut(&mut Self) -> Read<T>) -> Read<Vec<T>> {
        let count = self.size()?;
        if count > self.bytes.len() {
            return Err(Malformed);
        }
        let mut rows = Vec::with_capacity(count.min(4096));
        for _ in 0..count {
            rows.push(row(self)?);
        }
        Ok(rows)
    }
}
