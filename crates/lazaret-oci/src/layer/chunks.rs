//! The two halves of a layer's reading: one thread reads and inflates; the caller's hashes both what was stored and the
//! tar, and walks that. Between them go a few buffers, round and round.

use std::{
    io::Read,
    sync::mpsc::{Receiver, Sender, SyncSender},
};

use lazaret_model::Digest;

use super::{
    decompress::{Decompressor, Unsupported},
    input::Input,
};
use crate::{Limits, hasher::pair::Pair};

/// Bytes of one buffer; a multiple of a tar block, so that no block is ever in two buffers.
pub(super) const CHUNK: usize = 1 << 20;
/// Full buffers that may wait.
pub(super) const WAITING: usize = 8;
/// Buffers of stored bytes that wait for the tar they make, to be hashed beside it.
const STORED: usize = 8;

/// A buffer on its way.
pub(super) enum Piece {
    /// Of the tar.
    Tar(Vec<u8>),
    /// Bytes as stored, which were used.
    Stored(Vec<u8>),
}

/// How the stream of tar bytes ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum End {
    Clean,
    /// The compressed stream is corrupt or cut off, or could not be read.
    Fault(String),
    Limit(String),
    Unsupported(&'static str),
    /// Nobody listens any more.
    Gone,
}

/// Reads all of `input`, sends its tar bytes. Returns when the stream ends, fails or reaches a limit.
pub(super) fn produce(
    input: &mut Input<'_>,
    limits: &Limits,
    checksums: bool,
    full: &SyncSender<Piece>,
    spare: &Receiver<Vec<u8>>,
) -> End {
    let end = match Decompressor::open(input, checksums) {
        Ok(Ok(mut decompressor)) => pump(&mut decompressor, limits, full, spare),
        Ok(Err(Unsupported(form))) => End::Unsupported(form),
        Err(error) => End::Fault(error.to_string()),
    };
    // Also after a fault: whether the bytes are those that were asked for is worth knowing.
    if !matches!(end, End::Limit(_) | End::Gone) {
        input.drain();
    }
    end
}

fn pump(
    decompressor: &mut Decompressor<'_, '_>,
    limits: &Limits,
    full: &SyncSender<Piece>,
    spare: &Receiver<Vec<u8>>,
) -> End {
    let mut total = 0_u64;
    loop {
        let mut buffer = spare.try_recv().unwrap_or_default();
        buffer.resize(CHUNK, 0);
        let mut filled = 0;
        let mut end = None;
        while filled < CHUNK && end.is_none() {
            match decompressor.read(&mut buffer[filled..]) {
                Ok(0) => end = Some(End::Clean),
                Ok(count) => filled += count,
                Err(error) => end = Some(End::Fault(error.to_string())),
            }
        }
        total += filled as u64;
        if total > limits.layer_bytes {
            return End::Limit(format!("the layer has more than {} bytes unpacked", limits.layer_bytes));
        }
        let allowed = decompressor.taken().saturating_mul(limits.ratio);
        if decompressor.expands() && total > limits.ratio_from && total > allowed {
            return End::Limit(format!("the layer unpacks to more than {} times its size", limits.ratio));
        }
        buffer.truncate(filled);
        if filled > 0 && full.send(Piece::Tar(buffer)).is_err() {
            return End::Gone;
        }
        if let Some(end) = end {
            return end;
        }
    }
}

/// The walker's side: tar bytes in order, hashed as they come.
pub(super) struct Chunks {
    full: Receiver<Piece>,
    spare: Sender<Vec<u8>>,
    spare_stored: Sender<Vec<u8>>,
    /// Of the tar, and of what was stored.
    hash: Pair,
    stored: Vec<Vec<u8>>,
    current: Vec<u8>,
    position: usize,
    /// Bytes before the current buffer.
    before: u64,
}

impl Chunks {
    pub(super) fn new(
        full: Receiver<Piece>,
        spare: Sender<Vec<u8>>,
        spare_stored: Sender<Vec<u8>>,
        hash: Pair,
    ) -> Self {
        Self { full, spare, spare_stored, hash, stored: Vec::new(), current: Vec::new(), position: 0, before: 0 }
    }

    /// Offset of the next byte in the tar.
    pub(super) fn offset(&self) -> u64 {
        self.before + self.position as u64
    }

    /// What is left of the current buffer, or the next one; empty only at the end.
    pub(super) fn available(&mut self) -> &[u8] {
        if self.position == self.current.len() {
            self.next();
        }
        &self.current[self.position..]
    }

    pub(super) fn advance(&mut self, count: usize) {
        self.position = self.current.len().min(self.position + count);
    }

    /// Passes `count` bytes to `sink` in pieces; how many there were.
    pub(super) fn pass(&mut self, count: u64, mut sink: impl FnMut(&[u8])) -> u64 {
        let mut left = count;
        while left > 0 {
            let available = self.available();
            let part = available.len().min(usize::try_from(left).unwrap_or(usize::MAX));
            if part == 0 {
                break;
            }
            sink(&available[..part]);
            self.advance(part);
            left -= part as u64;
        }
        count - left
    }

    /// Passes over `count` bytes; how many there were.
    pub(super) fn skip(&mut self, count: u64) -> u64 {
        self.pass(count, |_| ())
    }

    /// Hashes what is left; the digests of the tar and of what was stored, and the number of bytes of the tar.
    pub(super) fn finish(mut self) -> (Digest, Digest, u64) {
        while self.next() {}
        let (tar, stored) = self.hash.finish();
        (tar, stored, self.before)
    }

    fn next(&mut self) -> bool {
        let old = std::mem::take(&mut self.current);
        self.before += old.len() as u64;
        self.position = 0;
        // The other side may have ended: then nobody needs the buffer.
        drop(self.spare.send(old));
        loop {
            match self.full.recv() {
                Ok(Piece::Stored(stored)) => {
                    self.stored.push(stored);
                    if self.stored.len() == STORED {
                        self.hash(&[]);
                    }
                }
                Ok(Piece::Tar(next)) => {
                    self.hash(&next);
                    self.current = next;
                    return true;
                }
                Err(_) => {
                    self.hash(&[]);
                    return false;
                }
            }
        }
    }

    /// Hashes bytes of the tar, and the stored ones that wait beside them.
    fn hash(&mut self, mut tar: &[u8]) {
        for stored in std::mem::take(&mut self.stored) {
            let (part, rest) = tar.split_at(tar.len().min(stored.len()));
            self.hash.update(part, &stored);
            tar = rest;
            drop(self.spare_stored.send(stored));
        }
        self.hash.update(tar, &[]);
    }
}
