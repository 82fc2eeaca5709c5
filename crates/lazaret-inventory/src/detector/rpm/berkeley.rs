//! BerkeleyDB hash (`Packages`): buckets of pages with pairs of key and value; long values in chains of overflow pages.
//! In the byte order of the machine that wrote it. Facts: BerkeleyDB's `db_page.h` and `hash.h`.

use lazaret_oci::Body;

use super::{Found, array, slice};

const MAGIC: u32 = 0x0006_1561;
const PAGE_HEADER: usize = 26;

/// Types of pages.
const INVALID: u8 = 0;
const HASH_UNSORTED: u8 = 2;
const OVERFLOW: u8 = 7;
const HASH_META: u8 = 8;
const HASH: u8 = 13;

/// Types of items.
const KEY_OR_DATA: u8 = 1;
const OFF_PAGE: u8 = 3;

/// Whether the first 16 bytes are of a hash in one of the two orders.
pub(super) fn is_hash(head: &[u8]) -> bool {
    array(head, 12).is_some_and(|magic| u32::from_le_bytes(magic) == MAGIC || u32::from_be_bytes(magic) == MAGIC)
}

pub(super) fn read(body: &Body<'_>, found: &mut Found<'_>) {
    match Hash::open(body) {
        Ok(mut hash) => {
            if let Some(fault) = hash.fault.take() {
                found.fault(fault);
            }
            hash.read(found);
        }
        Err(fault) => found.fault(fault),
    }
}

struct Hash<'a> {
    body: &'a Body<'a>,
    big_endian: bool,
    page_size: usize,
    last_page: u32,
    buckets: u32,
    /// For each doubling of the table, what is added to a bucket's number to have its page.
    spares: Vec<u32>,
    visited: Vec<bool>,
    fault: Option<String>,
}

impl<'a> Hash<'a> {
    fn open(body: &'a Body<'a>) -> Result<Self, String> {
        let meta = slice(body, 0, 512).ok_or("the file is cut within its first page")?;
        let big_endian = array(&meta, 12).map(u32::from_be_bytes) == Some(MAGIC);
        let mut hash = Self {
            body,
            big_endian,
            page_size: 0,
            last_page: 0,
            buckets: 0,
            spares: Vec::new(),
            visited: Vec::new(),
            fault: None,
        };
        let field = |at| hash.u32(&meta, at).unwrap_or_default();
        let (version, page_size, last_page, last_bucket) = (field(16), field(20), field(32), field(72));
        if !(7..=10).contains(&version) || meta.get(25) != Some(&HASH_META) {
            return Err(format!("a hash of version {version} is not known"));
        }
        if meta.get(24) != Some(&0) || meta.get(26).is_none_or(|flags| flags & 1 != 0) {
            return Err("pages with encryption or checksums are not read".to_owned());
        }
        if !page_size.is_power_of_two() || !(512..=65536).contains(&page_size) {
            return Err(format!("pages of {page_size} bytes are none"));
        }
        let mut fault = None;
        let pages = body.len() / u64::from(page_size);
        if u64::from(last_page) >= pages || !body.len().is_multiple_of(u64::from(page_size)) {
            let length = body.len();
            fault = Some(format!("{length} bytes are not the {last_page} pages and one that the file should have"));
        }
        // what is there is read
        let present = u32::try_from(pages).unwrap_or(u32::MAX).saturating_sub(1).min(last_page);
        if last_bucket >= last_page {
            fault = Some(format!("{last_bucket} buckets in {last_page} pages"));
        }
        let spares = (0..32).map(|index| field(96 + index * 4)).collect();
        hash.visited = vec![false; usize::try_from(pages).unwrap_or_default()];
        hash.spares = spares;
        hash.page_size = usize::try_from(page_size).unwrap_or_default();
        (hash.last_page, hash.buckets) = (present, last_bucket.min(present).saturating_add(1));
        hash.fault = fault;
        Ok(hash)
    }

    fn u32(&self, bytes: &[u8], at: usize) -> Option<u32> {
        array(bytes, at).map(if self.big_endian { u32::from_be_bytes } else { u32::from_le_bytes })
    }

    fn u16(&self, bytes: &[u8], at: usize) -> Option<usize> {
        array(bytes, at).map(if self.big_endian { u16::from_be_bytes } else { u16::from_le_bytes }).map(usize::from)
    }

    fn read(&mut self, found: &mut Found<'_>) {
        for bucket in 0..self.buckets {
            let doublings = usize::try_from(u32::BITS - bucket.leading_zeros()).unwrap_or_default();
            let base = self.spares.get(doublings).copied().unwrap_or_default();
            let first = bucket.checked_add(base).unwrap_or_default();
            if let Err(fault) = self.chain(first, found) {
                found.fault(format!("bucket {bucket}: {fault}"));
            }
        }
        self.left_over(found);
    }

    /// The pages of a bucket.
    fn chain(&mut self, first: u32, found: &mut Found<'_>) -> Result<(), String> {
        let mut number = first;
        loop {
            let page = self.page(number)?;
            match page.get(25) {
                Some(&(HASH | HASH_UNSORTED)) => self.pairs(number, &page, found),
                // a bucket that was never written to
                Some(&INVALID) if page.iter().all(|byte| *byte == 0) => return Ok(()),
                _ => return Err(format!("page {number} is none of a bucket")),
            }
            number = self.next(&page);
            if number == 0 {
                return Ok(());
            }
        }
    }

    /// A page that no other led to.
    fn page(&mut self, number: u32) -> Result<Vec<u8>, String> {
        let seen = usize::try_from(number).ok().and_then(|index| self.visited.get_mut(index));
        match seen {
            Some(seen) if number > 0 && number <= self.last_page && !*seen => *seen = true,
            Some(seen) if *seen => return Err(format!("page {number} is there twice")),
            _ => return Err(format!("page {number} is not in the file")),
        }
        let page = self.raw(number).ok_or_else(|| format!("page {number} cannot be read"))?;
        let own = self.u32(&page, 8);
        if own != Some(number) && page.iter().any(|byte| *byte != 0) {
            return Err(format!("page {number} says that it is another"));
        }
        Ok(page)
    }

    fn raw(&self, number: u32) -> Option<Vec<u8>> {
        slice(self.body, u64::from(number) * self.page_size as u64, self.page_size)
    }

    fn next(&self, page: &[u8]) -> u32 {
        self.u32(page, 16).unwrap_or_default()
    }

    fn pairs(&mut self, number: u32, page: &[u8], found: &mut Found<'_>) {
        let count = self.u16(page, 20).unwrap_or_default();
        let mut items = Vec::new();
        let mut end = self.page_size;
        for index in 0..count {
            let start = self.u16(page, PAGE_HEADER + 2 * index).unwrap_or_default();
            let item = if start >= PAGE_HEADER { page.get(start..end) } else { None };
            let Some(item) = item.filter(|item| !item.is_empty()) else {
                return found.fault(format!("page {number}: its items overlap"));
            };
            items.push(item);
            end = start;
        }
        // 65536 does not fit where it is written
        if self.u16(page, 22) != Some(end & 0xffff) || !count.is_multiple_of(2) {
            found.fault(format!("page {number}: {count} items are not all that it has"));
        }
        for pair in items.as_chunks::<2>().0 {
            let [key, value] = pair;
            match key.split_first() {
                Some((&KEY_OR_DATA, key)) if key.len() == 4 => match self.u32(key, 0) {
                    // the counter of the numbers
                    Some(0) | None => {}
                    Some(key) => self.value(key, value, found),
                },
                _ => found.fault(format!("page {number}: a key that is no number of a package")),
            }
        }
    }

    fn value(&mut self, key: u32, item: &[u8], found: &mut Found<'_>) {
        let blob = match item.split_first() {
            Some((&KEY_OR_DATA, value)) => return found.header(u64::from(key), value),
            Some((&OFF_PAGE, _)) => self.overflow(key, item, found),
            _ => Err("its value is of a kind that rpm does not have".to_owned()),
        };
        match blob {
            Ok(Some(blob)) => found.header(u64::from(key), &blob),
            Ok(None) => {}
            Err(fault) => found.fault(format!("package {key}: {fault}")),
        }
    }

    /// `None` where the length is over the limit, which is said.
    fn overflow(&mut self, key: u32, item: &[u8], found: &mut Found<'_>) -> Result<Option<Vec<u8>>, String> {
        let (Some(mut number), Some(total)) = (self.u32(item, 4), self.u32(item, 8)) else {
            return Err("its value is cut".to_owned());
        };
        if !found.admits(u64::from(key), u64::from(total)) {
            return Ok(None);
        }
        let total = usize::try_from(total).unwrap_or_default();
        let mut blob = Vec::new();
        while number != 0 {
            let page = self.page(number)?;
            let length = self.u16(&page, 22).unwrap_or_default();
            let part = page.get(PAGE_HEADER..PAGE_HEADER + length).filter(|_| page.get(25) == Some(&OVERFLOW));
            blob.extend_from_slice(part.ok_or_else(|| format!("page {number} is none of a long value"))?);
            if blob.len() > total {
                break;
            }
            number = self.next(&page);
        }
        if blob.len() == total { Ok(Some(blob)) } else { Err(format!("{} of {total} bytes are there", blob.len())) }
    }

    /// Pages that hold something and that nothing leads to.
    fn left_over(&self, found: &mut Found<'_>) {
        for number in 1..=self.last_page {
            if usize::try_from(number).ok().and_then(|index| self.visited.get(index)) != Some(&false) {
                continue;
            }
            let Some(head) = slice(self.body, u64::from(number) * self.page_size as u64, PAGE_HEADER) else { continue };
            let items = self.u16(&head, 20).unwrap_or_default();
            match head.get(25) {
                Some(&INVALID) => {}
                Some(&(HASH | HASH_UNSORTED)) if items == 0 => {}
                _ => found.fault(format!("page {number}: nothing leads to it")),
            }
        }
    }
}
