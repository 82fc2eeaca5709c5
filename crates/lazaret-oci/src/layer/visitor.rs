//! What a layer's reader is told.

use crate::Body;

/// One entry of a layer's tar, as it passes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Entry<'a> {
    /// Normalised: no leading `/` or `./`, no `.` or `..` component, `/` between components, none at the end.
    /// Empty for the root directory. Bytes that are not UTF-8 are written `\xNN`.
    pub path: &'a str,
    pub kind: EntryKind<'a>,
    /// Bytes of content that pass in the stream (of a sparse file, what is stored); 0 but for files.
    pub size: u64,
    /// Permission bits.
    pub mode: u32,
    /// The first 512 bytes of a regular file, fewer when it is shorter; empty for everything else.
    pub head: &'a [u8],
}

/// What an entry is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum EntryKind<'a> {
    File,
    Directory,
    /// With the target's normalised path.
    HardLink(&'a str),
    /// With the target as written.
    SymLink(&'a str),
    /// Device, fifo, or a type that is not known.
    Other,
}

/// How much of a file the visitor wants.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Want {
    Skip,
    /// [`Visitor::whole`] once, with all of it.
    Whole,
    /// [`Visitor::chunk`] as it passes, then [`Visitor::end`].
    Stream,
}

/// Is shown every entry of a layer, in order, on the thread that called [`crate::read_layer`].
pub trait Visitor {
    /// Called for each entry. For what is not a regular file the answer does not matter.
    fn entry(&mut self, entry: &Entry<'_>) -> Want;
    /// After [`Want::Whole`]. Not called for a file that is over [`crate::Limits::file_bytes`] or cut off.
    fn whole(&mut self, entry: &Entry<'_>, body: &Body<'_>);
    /// After [`Want::Stream`], any number of times.
    fn chunk(&mut self, bytes: &[u8]);
    /// After [`Want::Stream`], when all chunks have passed. Not called for a file that is cut off.
    fn end(&mut self, entry: &Entry<'_>);
}
