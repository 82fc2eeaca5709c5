//! The b-tree of a table, from left to right.

use super::{Pages, be16, be32, record::varint};

const INTERIOR: u8 = 5;
const LEAF: u8 = 13;

/// A line of a table: its number, and where its bytes are.
pub(super) struct Cell {
    pub(super) row: i64,
    /// Of all its bytes.
    pub(super) length: u64,
    local: Vec<u8>,
    overflow: u32,
}

/// What is still to be seen; last first.
enum Step {
    Page(u32),
    Cell(Result<Cell, String>),
}

pub(super) struct Tree<'a, 'b> {
    pages: &'a mut Pages<'b>,
    steps: Vec<Step>,
}

impl<'a, 'b> Tree<'a, 'b> {
    pub(super) fn new(pages: &'a mut Pages<'b>, root: u32) -> Self {
        Self { pages, steps: vec![Step::Page(root)] }
    }

    /// The next line, or what is wrong with the next page.
    pub(super) fn next(&mut self) -> Option<Result<Cell, String>> {
        loop {
            match self.steps.pop()? {
                Step::Cell(cell) => return Some(cell),
                Step::Page(number) => {
                    let mut steps = match self.pages.page(number).and_then(|page| self.read(number, &page)) {
                        Ok(steps) => steps,
                        Err(fault) => return Some(Err(fault)),
                    };
                    steps.reverse();
                    self.steps.append(&mut steps);
                }
            }
        }
    }

    /// Cells of a leaf, or pages below an inner one.
    fn read(&self, number: u32, page: &[u8]) -> Result<Vec<Step>, String> {
        let broken = || format!("page {number} is damaged");
        let head = if number == 1 { 100 } else { 0 };
        let kind = page.get(head).copied().unwrap_or_default();
        let array = match kind {
            INTERIOR => head + 12,
            LEAF => head + 8,
            _ => return Err(format!("page {number} is none of a table")),
        };
        let count = usize::from(be16(page, head + 3).ok_or_else(broken)?);
        let page = page.get(..self.pages.usable).ok_or_else(broken)?;
        let mut steps = Vec::with_capacity(count + 1);
        let mut used = array + 2 * count;
        for index in 0..count {
            let at = usize::from(be16(page, array + 2 * index).ok_or_else(broken)?);
            let cell = page.get(at..).filter(|_| at >= array + 2 * count).ok_or_else(broken)?;
            if kind == INTERIOR {
                let (_, length) = cell.get(4..).and_then(varint).ok_or_else(broken)?;
                used += 4 + length;
                steps.push(Step::Page(be32(cell, 0).ok_or_else(broken)?));
            } else {
                let (line, size) = self.cell(cell).ok_or_else(broken)?;
                used += size;
                steps.push(Step::Cell(Ok(line)));
            }
            // cells that overlap would be many times the page
            if used > page.len() {
                return Err(broken());
            }
        }
        if kind == INTERIOR {
            steps.push(Step::Page(be32(page, head + 8).ok_or_else(broken)?));
        }
        // as SQLite's own check has it: a byte is of the head, of a cell, or free
        if Some(page.len()) != free(page, head).and_then(|free| used.checked_add(free)) {
            steps.push(Step::Cell(Err(format!("page {number} has other lines than the {count} that it names"))));
        }
        Ok(steps)
    }

    /// A line of a leaf, with the bytes that it takes there.
    fn cell(&self, cell: &[u8]) -> Option<(Cell, usize)> {
        const LEAST: usize = 4;
        let (length, first) = varint(cell)?;
        let (row, second) = varint(cell.get(first..)?)?;
        let start = first + second;
        let row = i64::from_ne_bytes(row.to_ne_bytes());
        let local = self.local(length)?;
        let bytes = cell.get(start..start.checked_add(local)?)?.to_vec();
        if local as u64 == length {
            return Some((Cell { row, length, local: bytes, overflow: 0 }, (start + local).max(LEAST)));
        }
        let overflow = be32(cell, start + local)?;
        Some((Cell { row, length, local: bytes, overflow }, start + local + 4))
    }

    /// How many bytes of a line lie in the leaf.
    fn local(&self, length: u64) -> Option<usize> {
        let usable = self.pages.usable;
        let most = usable - 35;
        if length <= most as u64 {
            return usize::try_from(length).ok();
        }
        let least = (usable - 12) * 32 / 255 - 23;
        let rest = (length - least as u64) % (usable as u64 - 4);
        let fitting = least + usize::try_from(rest).ok()?;
        Some(if fitting <= most { fitting } else { least })
    }

    /// All bytes of a line. The caller has looked at its length.
    pub(super) fn payload(&mut self, cell: &Cell) -> Result<Vec<u8>, String> {
        let mut bytes = cell.local.clone();
        let mut next = cell.overflow;
        let whole = usize::try_from(cell.length).map_err(|_| "it is too long".to_owned())?;
        while bytes.len() < whole {
            let page = self.pages.page(next)?;
            let content = page.get(4..self.pages.usable).unwrap_or_default();
            bytes.extend_from_slice(content.get(..content.len().min(whole - bytes.len())).unwrap_or_default());
            next = be32(&page, 0).unwrap_or_default();
        }
        if next == 0 { Ok(bytes) } else { Err("it is longer than it says".to_owned()) }
    }
}

/// Bytes of a page that are free: between head and cells, in the list of free blocks, and in fragments.
fn free(page: &[u8], head: usize) -> Option<usize> {
    let kind = page.get(head)?;
    let array = if *kind == INTERIOR { head + 12 } else { head + 8 };
    let count = usize::from(be16(page, head + 3)?);
    let content = match be16(page, head + 5)? {
        0 => 65536,
        content => usize::from(content),
    };
    let mut free = content.checked_sub(array + 2 * count)? + usize::from(*page.get(head + 7)?);
    let mut block = usize::from(be16(page, head + 1)?);
    let mut last = 0;
    while block > 0 {
        // blocks ascend
        if block <= last {
            return None;
        }
        last = block;
        free = free.checked_add(usize::from(be16(page, block + 2)?))?;
        block = usize::from(be16(page, block)?);
    }
    Some(free)
}
