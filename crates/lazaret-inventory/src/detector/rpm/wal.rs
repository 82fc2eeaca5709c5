//! SQLite's write-ahead log: frames, each a page that replaces one of the database, as far as the last frame that ends a
//! transaction (<https://www.sqlite.org/fileformat2.html#the_write_ahead_log>).

use std::collections::HashMap;

use lazaret_oci::Body;

use super::{be32, slice};

const HEADER: u64 = 32;
const FRAME_HEADER: usize = 24;
/// Bytes of a log that is read: rpm empties it after each run.
const MAX_BYTES: u64 = 256 << 20;

/// What the committed frames say.
pub(super) struct Wal<'a> {
    body: &'a Body<'a>,
    pub(super) page_size: usize,
    /// Offset of the newest content of each page.
    pages: HashMap<u32, u64>,
    /// Pages of the database after the last transaction.
    pub(super) page_count: u32,
    /// What is lost, where something is.
    pub(super) fault: Option<String>,
}

impl<'a> Wal<'a> {
    /// `None` where nothing was committed and nothing is lost: SQLite would use the database alone.
    pub(super) fn open(body: &'a Body<'a>) -> Result<Option<Self>, String> {
        if body.is_empty() {
            return Ok(None);
        }
        if body.len() > MAX_BYTES {
            return Err(format!("{} bytes are more than a log may have ({MAX_BYTES})", body.len()));
        }
        let header = slice(body, 0, 32).ok_or("the log is cut within its header")?;
        let word = |at| be32(&header, at).unwrap_or_default();
        let big_endian = match word(0) {
            0x377f_0682 => false,
            0x377f_0683 => true,
            _ => return Err("the log does not begin as one".to_owned()),
        };
        let mut sum = Sum { big_endian, a: 0, b: 0 };
        sum.add(header.get(..24).unwrap_or_default());
        let size = word(8);
        if word(4) != 3_007_000 || (sum.a, sum.b) != (word(24), word(28)) || !is_page_size(size) {
            return Err("the header of the log is damaged".to_owned());
        }
        let page_size = usize::try_from(size).unwrap_or_default();
        let mut log = Self { body, page_size, pages: HashMap::new(), page_count: 0, fault: None };
        log.frames((word(16), word(20)), sum);
        Ok((!log.pages.is_empty() || log.fault.is_some()).then_some(log))
    }

    fn frames(&mut self, salts: (u32, u32), mut sum: Sum) {
        let length = FRAME_HEADER + self.page_size;
        let mut pending: Vec<(u32, u64)> = Vec::new();
        // what follows the first frame that is not good is of an older use of the file, if it has other salts
        let mut over = false;
        let mut offset = HEADER;
        while offset < self.body.len() {
            let wanted = if over { FRAME_HEADER } else { length };
            let frame = slice(self.body, offset, wanted);
            let head = frame.clone().or_else(|| slice(self.body, offset, FRAME_HEADER)).unwrap_or_default();
            let word = |at| be32(&head, at);
            let ours = (word(8), word(12)) == (Some(salts.0), Some(salts.1));
            let good = !over
                && ours
                && frame.as_deref().is_some_and(|frame| {
                    let (head, page) = frame.split_at(FRAME_HEADER);
                    sum.add(head.get(..8).unwrap_or_default());
                    sum.add(page);
                    (Some(sum.a), Some(sum.b)) == (word(16), word(20))
                });
            if let (true, Some(page), Some(size)) = (good, word(0), word(4)) {
                pending.push((page, offset + FRAME_HEADER as u64));
                if size > 0 {
                    self.pages.extend(pending.drain(..));
                    self.page_count = size;
                }
            } else if ours || head.len() < FRAME_HEADER || offset == HEADER {
                self.fault = Some(format!("the log is damaged at {offset}: what was written later is lost"));
                return;
            } else {
                over = true;
            }
            offset += length as u64;
        }
        if !pending.is_empty() {
            self.fault = Some("the log ends within a transaction".to_owned());
        }
    }

    /// How many different pages the log has.
    pub(super) fn page_total(&self) -> u64 {
        self.pages.len() as u64
    }

    /// The newest content of a page, where the log has it.
    pub(super) fn page(&self, number: u32) -> Option<Vec<u8>> {
        slice(self.body, *self.pages.get(&number)?, self.page_size)
    }
}

pub(super) fn is_page_size(size: u32) -> bool {
    size.is_power_of_two() && (512..=65536).contains(&size)
}

/// SQLite's running checksum of pairs of words.
struct Sum {
    big_endian: bool,
    a: u32,
    b: u32,
}

impl Sum {
    fn add(&mut self, bytes: &[u8]) {
        let word = if self.big_endian { u32::from_be_bytes } else { u32::from_le_bytes };
        let words = bytes.as_chunks::<4>().0;
        for [first, second] in words.as_chunks::<2>().0 {
            self.a = self.a.wrapping_add(word(*first)).wrapping_add(self.b);
            self.b = self.b.wrapping_add(word(*second)).wrapping_add(self.a);
        }
    }
}
