//! NDB (`Packages.db`): pages of slots, each of which names a blob of 16-byte blocks that has a checksum. Little-endian.

use lazaret_oci::Body;

use super::{Found, le32, slice};

pub(super) const MAGIC: &[u8] = b"RpmP";

const SLOT: &[u8] = b"Slot";
const BLOB_START: &[u8] = b"BlbS";
const BLOB_END: &[u8] = b"BlbE";
const HEADER: u64 = 32;
const SLOT_BYTES: usize = 16;
const BLOCK: u64 = 16;
const PAGE: u64 = 4096;
const BLOB_HEAD: usize = 16;
const BLOB_TAIL: usize = 12;

pub(super) fn read(body: &Body<'_>, found: &mut Found<'_>) {
    let header = slice(body, 0, 32).unwrap_or_default();
    let (Some(version), Some(pages)) = (le32(&header, 4), le32(&header, 12)) else {
        return found.fault("the file is cut within its header");
    };
    if version != 0 {
        return found.fault(format!("version {version} of the form is not known"));
    }
    let mut end = u64::from(pages) * PAGE;
    if pages == 0 || end > body.len() {
        found.fault(format!("{pages} pages of slots in {} bytes", body.len()));
        end = body.len();
    } else if slice(body, end, SLOT.len()).is_some_and(|next| next == SLOT) {
        found.fault(format!("more slots than the {pages} pages that the header names"));
    }
    let mut reader = Reader { body, left: body.len() };
    let mut offset = HEADER;
    while offset < end {
        // a page at a time
        let length = usize::try_from((PAGE - offset % PAGE).min(end - offset)).unwrap_or_default();
        let Some(page) = slice(body, offset, length) else {
            return found.fault(format!("the slots at {offset} cannot be read"));
        };
        for (index, slot) in page.chunks(SLOT_BYTES).enumerate() {
            reader.slot(offset + (index * SLOT_BYTES) as u64, slot, found);
        }
        offset += length as u64;
    }
}

struct Reader<'a> {
    body: &'a Body<'a>,
    /// Bytes of blobs that may still be read: blobs do not overlap, so all of them together are shorter than the file.
    left: u64,
}

impl Reader<'_> {
    fn slot(&mut self, at: u64, slot: &[u8], found: &mut Found<'_>) {
        let (Some(number), Some(start), Some(count)) = (le32(slot, 4), le32(slot, 8), le32(slot, 12)) else {
            return found.fault(format!("the slot at {at} is cut"));
        };
        if !slot.starts_with(SLOT) {
            return found.fault(format!("what is at {at} is no slot"));
        }
        if number == 0 && start == 0 && count == 0 {
            return;
        }
        let length = u64::from(count) * BLOCK;
        if !found.admits(u64::from(number), length) {
            return;
        }
        if length > self.left {
            return found.fault(format!("package {number}: its blob of {length} bytes overlaps others"));
        }
        self.left -= length;
        let blob = usize::try_from(length).ok().and_then(|n| slice(self.body, u64::from(start) * BLOCK, n));
        match blob {
            None => found.fault(format!("package {number}: the file ends before its blob")),
            Some(blob) => match content(&blob, number) {
                Ok(header) => found.header(u64::from(number), header),
                Err(fault) => found.fault(format!("package {number}: {fault}")),
            },
        }
    }
}

/// The header in a blob: magic, number, generation, length; header and padding; checksum, length, magic.
fn content(blob: &[u8], number: u32) -> Result<&[u8], &'static str> {
    let short = "its blob is shorter than it says";
    let tail_at = blob.len().checked_sub(BLOB_TAIL).ok_or(short)?;
    let (content, tail) = blob.split_at(tail_at);
    if !content.starts_with(BLOB_START) || le32(content, 4) != Some(number) || tail.get(8..) != Some(BLOB_END) {
        return Err("its blob does not begin and end as one of this package");
    }
    if le32(tail, 0) != Some(adler32(content)) {
        return Err("the checksum of its blob is wrong");
    }
    let length = le32(content, 12).filter(|length| le32(tail, 4) == Some(*length)).ok_or(short)?;
    let end = usize::try_from(length).ok().and_then(|length| BLOB_HEAD.checked_add(length)).ok_or(short)?;
    content.get(BLOB_HEAD..end).ok_or(short)
}

/// RFC 1950.
fn adler32(bytes: &[u8]) -> u32 {
    const MODULUS: u32 = 65521;
    let (mut a, mut b) = (1_u32, 0_u32);
    // as many bytes as cannot overflow the sums
    for chunk in bytes.chunks(5552) {
        for byte in chunk {
            a += u32::from(*byte);
            b += a;
        }
        (a, b) = (a % MODULUS, b % MODULUS);
    }
    b << 16 | a
}
