//! The bytes of a compiled file: mapped, or held in memory for the built-in set.

use std::{fs::File, io, ops::Deref, path::Path};

pub(super) enum Bytes {
    Mapped(memmap2::Mmap),
    Owned(Vec<u8>),
}

impl Bytes {
    pub(super) fn map(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        if !file.metadata()?.is_file() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a file"));
        }
        #[expect(
            unsafe_code,
            reason = "a mapping is what keeps the resident set to the pages that are touched; the proof stands below"
        )]
        // SAFETY: a mapping may be read as `&[u8]` as long as nobody changes the file's bytes or shortens it. Compiled
        // files are written under a temporary name, synced and renamed, and never opened for writing again; an update
        // replaces the name, not the inode, and a removed file lives until it is unmapped. The mapping is private and
        // read-only, so this process cannot write through it. Whatever the bytes are, every offset and every text is
        // checked before use (`format.rs`, `table.rs`, `group.rs`), so no content can break memory safety.
        let map = unsafe { memmap2::Mmap::map(&file)? };
        Ok(Self::Mapped(map))
    }
}

impl Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Mapped(map) => map,
            Self::Owned(bytes) => bytes,
        }
    }
}
