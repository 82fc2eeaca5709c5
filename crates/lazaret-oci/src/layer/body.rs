//! The content of one file, for detectors that need it whole.

use std::{
    fs::File,
    io::{self, Write},
    os::unix::fs::FileExt,
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

/// Collects one body after the other; keeps its buffer.
#[derive(Debug, Default)]
pub(crate) struct Collector {
    memory: Vec<u8>,
    spill: Option<File>,
    len: u64,
}

impl Collector {
    /// Forgets the last body. A buffer that one large file made does not stay.
    pub(crate) fn clear(&mut self) {
        self.memory.clear();
        if self.memory.capacity() > 1 << 20 {
            self.memory = Vec::new();
        }
        self.spill = None;
        self.len = 0;
    }

    pub(crate) fn push(&mut self, bytes: &[u8], limits: &Limits) -> io::Result<()> {
        self.len += bytes.len() as u64;
        if self.spill.is_none() {
            if self.len <= limits.buffer_bytes {
                self.memory.extend_from_slice(bytes);
                return Ok(());
            }
            let mut file = tempfile::tempfile()?;
            file.write_all(&self.memory)?;
            self.memory = Vec::new();
            self.spill = Some(file);
        }
        self.spill.as_mut().map_or(Ok(()), |file| file.write_all(bytes))
    }

    pub(crate) fn body(&self) -> Body<'_> {
        Body(match &self.spill {
            Some(file) => Storage::Spilled { file, len: self.len },
            None => Storage::Memory(&self.memory),
        })
    }
}
