//! The content of one file, for detectors that need it whole.

use std::{
    fs::File,
    io::{self, Write},
    os::unix::fs::FileExt,
    sync::atomic::{AtomicU64, Ordering},
};

use crate::Limits;

/// A file's bytes, readable at any offset: in memory when small, else in an unlinked temporary file.
#[derive(Debug)]
pub struct Body<'a>(Storage<'a>);

#[derive(Debug)]
enum Storage<'a> {
    Memory(&'a [u8]),
    Spilled { file: &'a File, len: u64 },
}

impl<'a> Body<'a> {
    /// A body over bytes in memory.
    pub fn memory(bytes: &'a [u8]) -> Self {
        Self(Storage::Memory(bytes))
    }

    /// A body over the first `len` bytes of a file.
    pub fn file(file: &'a File, len: u64) -> Self {
        Self(Storage::Spilled { file, len })
    }

    /// Length in bytes.
    pub fn len(&self) -> u64 {
        match self.0 {
            Storage::Memory(bytes) => bytes.len() as u64,
            Storage::Spilled { len, .. } => len,
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Reads at `offset`; fewer bytes than asked for, down to 0, only at the end.
    pub fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.len().saturating_sub(offset)).unwrap_or(usize::MAX);
        let wanted = buffer.len().min(left);
        let Some(part) = buffer.get_mut(..wanted) else { return Ok(0) };
        match self.0 {
            Storage::Memory(bytes) => {
                let from = bytes.get(usize::try_from(offset).unwrap_or(usize::MAX)..).unwrap_or_default();
                part.copy_from_slice(from.get(..wanted).unwrap_or_default());
            }
            Storage::Spilled { file, .. } => file.read_exact_at(part, offset)?,
        }
        Ok(wanted)
    }

    /// The bytes, when they are in memory.
    pub fn as_slice(&self) -> Option<&'a [u8]> {
        match self.0 {
            Storage::Memory(bytes) => Some(bytes),
            Storage::Spilled { .. } => None,
        }
    }
}

/// A buffer that every collector may have, uncounted.
const SMALL: u64 = 1 << 20;

/// What the larger buffers of all layers that this process reads may hold together.
static LARGE: Budget = Budget { held: AtomicU64::new(0), most: 64 << 20 };

#[derive(Debug)]
struct Budget {
    held: AtomicU64,
    most: u64,
}

impl Budget {
    /// Whether there was room; then [`Budget::release`] gives it back.
    fn reserve(&self, bytes: u64) -> bool {
        let more = |held: u64| held.checked_add(bytes).filter(|sum| *sum <= self.most);
        self.held.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).is_ok()
    }

    fn release(&self, bytes: u64) {
        self.held.fetch_sub(bytes, Ordering::Relaxed);
    }
}

/// Collects one body after the other. It keeps its buffer, since making pages costs more than filling them.
#[derive(Debug, Default)]
pub(crate) struct Collector {
    memory: Vec<u8>,
    /// Bytes of [`LARGE`] that the buffer takes.
    reserved: u64,
    spill: Option<File>,
    len: u64,
}

impl Collector {
    /// Forgets the last body and makes room for one of `size` bytes: in memory while there is room, else in a file.
    pub(crate) fn start(&mut self, size: u64, limits: &Limits) -> io::Result<()> {
        self.memory.clear();
        self.spill = None;
        self.len = 0;
        let in_memory = size <= limits.body_bytes && (size <= SMALL || self.reserve(size));
        if !in_memory {
            self.spill = Some(tempfile::tempfile()?);
        }
        Ok(())
    }

    fn reserve(&mut self, size: u64) -> bool {
        if size > self.reserved {
            if !LARGE.reserve(size - self.reserved) {
                return false;
            }
            self.reserved = size;
            // the archive may say more than it has: what is not written to takes no memory
            self.memory.reserve_exact(usize::try_from(size).unwrap_or(usize::MAX));
        }
        true
    }

    pub(crate) fn push(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.len += bytes.len() as u64;
        match &mut self.spill {
            Some(file) => file.write_all(bytes),
            None => {
                self.memory.extend_from_slice(bytes);
                Ok(())
            }
        }
    }

    pub(crate) fn body(&self) -> Body<'_> {
        Body(match &self.spill {
            Some(file) => Storage::Spilled { file, len: self.len },
            None => Storage::Memory(&self.memory),
        })
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        LARGE.release(self.reserved);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_is_never_overdrawn() {
        let budget = Budget { held: AtomicU64::new(0), most: 100 };
        assert!(budget.reserve(60) && !budget.reserve(41) && budget.reserve(40) && !budget.reserve(1));
        assert!(!budget.reserve(u64::MAX));
        budget.release(60);
        assert!(budget.reserve(60));
    }

    #[test]
    fn where_a_body_lies() {
        let limits = Limits { body_bytes: 3 << 20, ..Limits::default() };
        let mut collector = Collector::default();
        for (size, in_memory) in [(10_u64, true), (2 << 20, true), (4 << 20, false), (7, true)] {
            let bytes = vec![9; usize::try_from(size).unwrap()];
            collector.start(size, &limits).unwrap();
            collector.push(&bytes[..5]).unwrap();
            collector.push(&bytes[5..]).unwrap();
            let body = collector.body();
            assert_eq!((body.len(), body.as_slice().is_some()), (size, in_memory));
            let mut end = [0; 3];
            assert_eq!((body.read_at(size - 2, &mut end).unwrap(), end), (2, [9, 9, 0]));
        }
        assert_eq!(collector.reserved, 2 << 20, "the buffer is kept");
    }
}
