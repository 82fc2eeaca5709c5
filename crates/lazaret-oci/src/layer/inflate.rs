//! Raw deflate (RFC 1951), step by step. One small interface, since inflating is what a scan waits for: zlib-rs by
//! default, ISA-L where the feature `isal` is on (its assembly needs nasm to build).

#[cfg(feature = "isal")]
mod isal;
#[cfg(any(not(feature = "isal"), test))]
mod zlib;

#[cfg(feature = "isal")]
pub(super) use isal::Isal as Chosen;
#[cfg(not(feature = "isal"))]
pub(super) use zlib::Zlib as Chosen;

/// An inflater of one stream after the other.
pub(super) trait Inflate: Default {
    /// Begins a new stream; what is known of the last one is forgotten.
    fn reset(&mut self);

    /// Takes bytes of `input` and fills `out` as far as it can. Nothing taken and nothing made, with room in `out`:
    /// it waits for more input.
    fn step(&mut self, input: &[u8], out: &mut [u8]) -> Result<Step, Corrupt>;

    /// Bytes behind the end of the stream that were taken with it; fewer than the eight of a gzip trailer, or as many.
    fn behind(&self) -> &[u8] {
        &[]
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Step {
    /// Bytes of the input.
    pub(super) taken: usize,
    /// Bytes of the output.
    pub(super) made: usize,
    /// The stream is over, and all its output was given.
    pub(super) ended: bool,
}

/// No deflate stream goes on like this.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Corrupt;

#[cfg(test)]
mod tests;
