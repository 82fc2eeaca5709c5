//! Sparse files: where the stored pieces lie in the file. Image builders hardly write them, but what unpacks an image
//! would see the file whole, so the detectors must too.

use super::{
    super::chunks::Chunks,
    header::{BLOCK, Block, number},
    pax::decimal,
};

/// Pieces, ascending, with the file's real size behind the last.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct SparseMap {
    pub(super) pieces: Vec<(u64, u64)>,
    pub(super) real_size: u64,
}

/// More pieces than this are refused: 1 MiB of map in memory.
const MAX_PIECES: usize = 1 << 16;

impl SparseMap {
    /// Whether pieces ascend, stay inside, and are together what is stored.
    pub(super) fn is_valid(&self, stored: u64) -> bool {
        let (mut end, mut sum) = (0_u64, 0_u64);
        for (offset, length) in &self.pieces {
            let Some(next) = offset.checked_add(*length).filter(|n| *offset >= end && *n <= self.real_size) else {
                return false;
            };
            end = next;
            sum += length;
        }
        sum == stored
    }

    /// The first bytes of the file, from the first bytes that are stored.
    pub(super) fn head(&self, mut stored: &[u8], head: &mut Block) -> usize {
        head.fill(0);
        for (offset, length) in &self.pieces {
            let Some(space) = usize::try_from(*offset).ok().and_then(|offset| head.get_mut(offset..)) else { break };
            let count = space.len().min(stored.len()).min(usize::try_from(*length).unwrap_or(usize::MAX));
            space[..count].copy_from_slice(&stored[..count]);
            stored = &stored[count..];
        }
        BLOCK.min(usize::try_from(self.real_size).unwrap_or(BLOCK))
    }
}

/// The map of a GNU `S` header, with the blocks that continue it. The blocks are not part of the entry's size.
pub(super) fn read_gnu(header: &Block, chunks: &mut Chunks) -> Result<SparseMap, &'static str> {
    let real_size = number(&header[483..495]).ok_or("the size of a sparse file is not a number")?;
    let mut map = SparseMap { pieces: Vec::new(), real_size };
    push_gnu(&header[386..482], &mut map)?;
    let mut more = header[482] != 0;
    while more {
        let block = chunks.available().first_chunk::<BLOCK>().ok_or("the map of a sparse file is cut off")?;
        push_gnu(&block[..504], &mut map)?;
        more = block[504] != 0;
        chunks.advance(BLOCK);
    }
    Ok(map)
}

fn push_gnu(fields: &[u8], map: &mut SparseMap) -> Result<(), &'static str> {
    const BAD: &str = "the map of a sparse file is not valid";
    for pair in fields.chunks_exact(24) {
        if pair[0] == 0 {
            break;
        }
        push(map, number(&pair[..12]).ok_or(BAD)?, number(&pair[12..]).ok_or(BAD)?)?;
    }
    Ok(())
}

/// The map of PAX versions 0.0 and 0.1.
pub(super) fn read_pax(text: &[u8], real_size: u64) -> Result<SparseMap, &'static str> {
    const BAD: &str = "the map of a sparse file is not valid";
    let mut map = SparseMap { pieces: Vec::new(), real_size };
    let mut numbers = text.split(|b| *b == b',').filter(|part| !part.is_empty());
    while let Some(offset) = numbers.next() {
        let length = numbers.next().ok_or(BAD)?;
        push(&mut map, decimal(offset).ok_or(BAD)?, decimal(length).ok_or(BAD)?)?;
    }
    Ok(map)
}

/// The map of PAX version 1.0, in the first blocks of the content: a count, then pairs, one number a line. Gives the
/// map and the bytes that it took.
pub(super) fn read_pax_1(chunks: &mut Chunks, stored: u64, real_size: u64) -> Result<(SparseMap, u64), &'static str> {
    const BAD: &str = "the map of a sparse file is not valid";
    let mut map = SparseMap { pieces: Vec::new(), real_size };
    let mut taken = 0_u64;
    let mut line = Vec::new();
    let (mut wanted, mut offset) = (None, None);
    loop {
        if wanted == Some(map.pieces.len()) {
            return Ok((map, taken));
        }
        if taken + BLOCK as u64 > stored {
            return Err(BAD);
        }
        let block = *chunks.available().first_chunk::<BLOCK>().ok_or("the map of a sparse file is cut off")?;
        chunks.advance(BLOCK);
        taken += BLOCK as u64;
        for byte in block {
            if wanted == Some(map.pieces.len()) {
                break;
            }
            if byte != b'\n' {
                if line.len() > 20 {
                    return Err(BAD);
                }
                line.push(byte);
                continue;
            }
            let value = decimal(&line).ok_or(BAD)?;
            line.clear();
            match (wanted, offset.take()) {
                (None, _) => wanted = Some(usize::try_from(value).ok().filter(|n| *n <= MAX_PIECES).ok_or(BAD)?),
                (Some(_), None) => offset = Some(value),
                (Some(_), Some(offset)) => push(&mut map, offset, value)?,
            }
        }
    }
}

fn push(map: &mut SparseMap, offset: u64, length: u64) -> Result<(), &'static str> {
    if map.pieces.len() == MAX_PIECES {
        return Err("the map of a sparse file is too long");
    }
    map.pieces.push((offset, length));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn validity_and_head() {
        let map = read_pax(b"2,3,600,4", 700).unwrap();
        assert!(map.is_valid(7) && !map.is_valid(8));
        let mut head = [9; BLOCK];
        assert_eq!(map.head(b"abcdefg", &mut head), BLOCK);
        assert_eq!(&head[..7], b"\0\0abc\0\0");
        assert!(head[7..].iter().all(|b| *b == 0));
        assert!(!read_pax(b"2,3,4,4", 700).unwrap().is_valid(7), "overlap");
        assert!(!read_pax(b"2,3", 4).unwrap().is_valid(3), "outside");
        assert!(!read_pax(b"9223372036854775807,9223372036854775807", 4).unwrap().is_valid(3));
        assert!(read_pax(b"2", 700).is_err());
        let hole = SparseMap { pieces: Vec::new(), real_size: 10 };
        assert_eq!((hole.is_valid(0), hole.head(b"", &mut head)), (true, 10));
    }
}
