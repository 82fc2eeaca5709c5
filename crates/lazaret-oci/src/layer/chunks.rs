//! The two halves of a layer's reading: one thread reads, hashes and inflates; the caller's hashes the tar and
//! walks it. Between them go a few buffers, round and round.

use std::{
    io::Read,
    sync::mpsc::{Receiver, Sender, SyncSender},
};

use lazaret_model::Digest;

use super::{
    decompress::{Decompressor, Unsupported},
    input::Input,
};
use crate::{Hasher, Limits};

/// Bytes of one buffer; a multiple of a tar block, so that no block is ever in two buffers.
pub(super) const CHUNK: usize = 1 << 20;
/// Full buffers that may wait.
pub(super) const WAITING: usize = 4;

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
    full: &SyncSender<Vec<u8>>,
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
    full: &SyncSender<Vec<u8>>,
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
        if filled > 0 && full.send(buffer).is_err() {
            return End::Gone;
        }
        if let Some(end) = end {
            return end;
        }
    }
}

/// The walker's side: tar bytes in order, hashed as they come.
pub(super) struct Chunks {
    full: Receiver<Vec<u8>>,
    spare: Sender<Vec<u8>>,
    hash: Hasher,
    current: Vec<u8>,
    position: usize,
    /// Bytes before the current buffer.
    before: u64,
}

impl Chunks {
    pub(super) fn new(full: Receiver<Vec<u8>>, spare: Sender<Vec<u8>>, hash: Hasher) -> Self {
        Self { full, spare, hash, current: Vec::new(), position: 0, before: 0 }
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

    /// Hashes what is left; the digest and number of all bytes.
    pub(super) fn finish(mut self) -> (Digest, u64) {
        while self.next() {}
        (self.hash.finish(), self.before)
    }

    fn next(&mut self) -> bool {
        let old = std::mem::take(&mut self.current);
        self.before += old.len() as u64;
        self.position = 0;
        // The other side may have ended: then nobody needs the buffer.
        drop(self.spare.send(old));
        let Ok(next) = self.full.recv() else { return false };
        self.hash.update(&next);
        self.current = next;
        true
    }
}
