//! Content as it streams out of containerd's store. Whether the bytes are right, their digest says in the end
//! ([`lazaret_oci::read_layer`]).

use std::io::{self, Read};

use bytes::{Buf, Bytes};
use lazaret_model::Digest;
use lazaret_oci::SourceError;

use super::{
    channel::{Answers, Channel},
    messages::{READ_CONTENT, ReadContentRequest, ReadContentResponse},
};
use crate::words::chain;

/// Reads one piece of content from its start, over a connection of its own.
pub(super) struct Blob {
    channel: Channel,
    answers: Answers,
    piece: Bytes,
    position: u64,
    ended: bool,
}

impl Blob {
    /// `None`: it is not there.
    pub(super) fn open(channel: Channel, digest: &Digest) -> Result<Option<Self>, SourceError> {
        let request = ReadContentRequest { digest: digest.to_string(), offset: 0, size: 0 };
        let Some(answers) = channel.stream(READ_CONTENT, &request)? else { return Ok(None) };
        let mut blob = Self { channel, answers, piece: Bytes::new(), position: 0, ended: false };
        // The first piece says whether there is anything.
        blob.advance()?;
        Ok((!blob.ended).then_some(blob))
    }

    fn advance(&mut self) -> Result<(), SourceError> {
        match self.channel.next::<ReadContentResponse>(READ_CONTENT, &mut self.answers)? {
            Some(next) => {
                if u64::try_from(next.offset).ok() != Some(self.position) {
                    let reason = format!("it sends the bytes from {} on, not from {}", next.offset, self.position);
                    return Err(SourceError::Refused { what: self.channel.place(), reason });
                }
                self.position += next.data.len() as u64;
                self.piece = next.data;
            }
            None => self.ended = true,
        }
        Ok(())
    }
}

impl Read for Blob {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.piece.is_empty() && !self.ended {
            self.advance().map_err(|error| io::Error::other(chain(&error)))?;
        }
        let count = buffer.len().min(self.piece.len());
        self.piece.copy_to_slice(&mut buffer[..count]);
        Ok(count)
    }
}
