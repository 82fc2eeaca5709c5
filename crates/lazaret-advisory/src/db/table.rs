//! A hash table in pages of 4 KiB, each with its own check, so that a lookup touches and verifies one page.
//!
//! Page: check (8 bytes, of the rest), row count (2), zeros (6), rows of 32 bytes: hash (8), payload (24). A row lies in
//! the page that its hash names, or in a following one when that is full.

use super::{DbError, format::sha256};

pub(crate) const PAGE: usize = 4096;
const ROW: usize = 32;
const FIRST: usize = 16;
const FULL: usize = (PAGE - FIRST) / ROW;
/// Rows per page on average.
const FILL: usize = 90;

pub(crate) type Payload = [u8; 24];
pub(crate) type Row = (u64, Payload);

/// The hash of a key: keys come from outside, so a hash that cannot be aimed at.
pub(crate) fn hash(ecosystem: &str, name: &str) -> u64 {
    let digest = sha256(&[ecosystem.as_bytes(), b"\0", name.as_bytes()].concat());
    u64::from_le_bytes(digest[..8].try_into().unwrap_or_default())
}

/// First eight bytes of the SHA-256.
pub(crate) fn check(bytes: &[u8]) -> [u8; 8] {
    sha256(bytes)[..8].try_into().unwrap_or_default()
}

fn page_of(hash: u64, pages: usize) -> usize {
    usize::try_from((u128::from(hash) * pages as u128) >> 64).unwrap_or_default()
}

pub(crate) fn build(mut rows: Vec<Row>) -> Vec<u8> {
    rows.sort_unstable();
    let pages = rows.len().div_ceil(FILL).max(1);
    let mut table: Vec<Vec<Row>> = vec![Vec::new(); pages];
    for row in rows {
        let mut page = page_of(row.0, pages);
        while table[page].len() == FULL {
            page = (page + 1) % pages;
        }
        table[page].push(row);
    }
    let mut bytes = Vec::with_capacity(pages * PAGE);
    for rows in table {
        let mut page = vec![0; FIRST];
        page[8..10].copy_from_slice(&u16::try_from(rows.len()).unwrap_or_default().to_le_bytes());
        for (hash, payload) in rows {
            page.extend_from_slice(&hash.to_le_bytes());
            page.extend_from_slice(&payload);
        }
        page.resize(PAGE, 0);
        let seal = check(&page[8..]);
        page[..8].copy_from_slice(&seal);
        bytes.extend_from_slice(&page);
    }
    bytes
}

/// Every payload under `hash`; usually one or none.
pub(crate) fn find(table: &[u8], hash: u64) -> Result<Vec<Payload>, DbError> {
    let damaged = || DbError::Damaged { what: "a page of the index does not match its check".to_owned() };
    let pages = table.len() / PAGE;
    if pages == 0 {
        return Err(damaged());
    }
    let start = page_of(hash, pages);
    let mut found = Vec::new();
    for step in 0..pages {
        let at = (start + step) % pages * PAGE;
        let page = &table[at..at + PAGE];
        if check(&page[8..]) != page[..8] {
            return Err(damaged());
        }
        let count = usize::from(u16::from_le_bytes([page[8], page[9]]));
        let rows = page[FIRST..].chunks_exact(ROW).take(count);
        for row in rows.filter(|row| row[..8] == hash.to_le_bytes()) {
            found.push(row[8..].try_into().unwrap_or_default());
        }
        if count < FULL {
            break;
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_rows_are_found_and_others_not() {
        let key = |n: u32| hash("PyPI", &n.to_string());
        let payload = |n: u32| {
            let mut payload = [0; 24];
            payload[..4].copy_from_slice(&n.to_le_bytes());
            payload
        };
        let table = build((0..5000).map(|n| (key(n), payload(n))).collect());
        for n in 0..5000 {
            assert_eq!(find(&table, key(n)).unwrap(), [payload(n)]);
        }
        assert!(find(&table, key(5001)).unwrap().is_empty());
        assert!(find(&build(Vec::new()), key(1)).unwrap().is_empty());
    }

    #[test]
    fn full_pages_overflow_into_the_next() {
        let rows: Vec<Row> = (0..300_u64).map(|n| (7, n.to_le_bytes().repeat(3).try_into().unwrap())).collect();
        assert_eq!(find(&build(rows), 7).unwrap().len(), 300);
    }

    #[test]
    fn a_flipped_bit_is_noticed() {
        let mut table = build(vec![(hash("a", "b"), [1; 24])]);
        table[100] ^= 1;
        assert!(find(&table, hash("a", "b")).is_err());
    }
}
