//! A layer's bytes as stored: counted and bounded while they are read, and sent on to be hashed when they were used.

use std::{
    io::{self, BufRead, Read},
    sync::mpsc::{Receiver, SyncSender},
};

use super::chunks::Piece;

/// Bytes asked for at once.
const BUFFER: usize = 256 << 10;

pub(super) struct Input<'a> {
    inner: &'a mut (dyn Read + Send),
    progress: &'a (dyn Fn(u64) + Sync),
    buffer: Vec<u8>,
    position: usize,
    filled: usize,
    /// Where full buffers go when they were used, and from where empty ones come.
    used: &'a SyncSender<Piece>,
    spare: &'a Receiver<Vec<u8>>,
    total: u64,
    /// Bytes that there may be.
    limit: u64,
    state: State,
}

/// How far reading has come.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum State {
    Reading,
    Ended,
    /// There are more bytes than there should be.
    TooLong,
    Failed(String),
}

impl<'a> Input<'a> {
    pub(super) fn new(
        inner: &'a mut (dyn Read + Send),
        limit: u64,
        progress: &'a (dyn Fn(u64) + Sync),
        used: &'a SyncSender<Piece>,
        spare: &'a Receiver<Vec<u8>>,
    ) -> Self {
        Self {
            inner,
            progress,
            buffer: vec![0; BUFFER],
            position: 0,
            filled: 0,
            used,
            spare,
            total: 0,
            limit,
            state: State::Reading,
        }
    }

    /// The next bytes without taking them, at least `wanted` of them unless the input ends before.
    pub(super) fn peek(&mut self, wanted: usize) -> io::Result<&[u8]> {
        while self.filled - self.position < wanted && self.more()? {}
        Ok(self.buffer.get(self.position..self.filled).unwrap_or_default())
    }

    /// Reads what is left, for the digest alone.
    pub(super) fn drain(&mut self) {
        self.position = self.filled;
        while let Ok(true) = self.more() {
            self.position = self.filled;
        }
    }

    /// Bytes read so far.
    pub(super) fn total(&self) -> u64 {
        self.total
    }

    /// Sends on what was read and not sent yet; nothing can be read after that.
    pub(super) fn finish(mut self) -> (u64, State) {
        self.pass_on();
        (self.total, self.state)
    }

    fn pass_on(&mut self) {
        let mut used = std::mem::replace(&mut self.buffer, self.spare.try_recv().unwrap_or_default());
        used.truncate(self.filled);
        // nobody may listen any more: then nobody asks for the digest
        drop(self.used.send(Piece::Stored(used)));
        self.buffer.resize(BUFFER, 0);
        (self.position, self.filled) = (0, 0);
    }

    /// Reads once behind what is buffered; `false` at the end.
    fn more(&mut self) -> io::Result<bool> {
        match &self.state {
            State::Reading => {}
            State::Ended => return Ok(false),
            State::TooLong => return Err(io::Error::other("there are more bytes than there should be")),
            State::Failed(why) => return Err(io::Error::other(why.clone())),
        }
        if self.position == BUFFER {
            self.pass_on();
        }
        let Some(space) = self.buffer.get_mut(self.filled..).filter(|s| !s.is_empty()) else {
            return Ok(false);
        };
        let count = loop {
            match self.inner.read(space) {
                Ok(count) => break count.min(space.len()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.state = State::Failed(chain(&error));
                    return Err(error);
                }
            }
        };
        self.total += count as u64;
        if count == 0 {
            self.state = State::Ended;
        } else if self.total > self.limit {
            self.state = State::TooLong;
            return self.more();
        }
        self.filled += count;
        (self.progress)(self.total);
        Ok(count > 0)
    }
}

/// An error with its causes, in one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

impl Read for Input<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let from = self.fill_buf()?;
        let count = from.len().min(out.len());
        out[..count].copy_from_slice(&from[..count]);
        self.consume(count);
        Ok(count)
    }
}

impl BufRead for Input<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.peek(1)
    }

    fn consume(&mut self, count: usize) {
        self.position = self.filled.min(self.position + count);
    }
}
