//! gzip framing (RFC 1952) around a raw inflate, so that the checksum, a fifth of the time, is left out where a
//! diff id says more.

use std::io::{self, BufRead, Read};

use flate2::Crc;

use super::inflate::{Chosen, Inflate, Step};

pub(super) struct Gzip<R, I = Chosen> {
    input: R,
    inflate: I,
    /// Bytes of the trailer that the inflater took with the data.
    taken: usize,
    checksum: Option<Crc>,
    state: State,
    /// Output of this member, modulo 2^32.
    length: u32,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    FirstHeader,
    NextHeader,
    Body,
    Done,
}

impl<R: BufRead, I: Inflate> Gzip<R, I> {
    pub(super) fn new(input: R, checksums: bool) -> Self {
        Self {
            input,
            inflate: I::default(),
            taken: 0,
            checksum: checksums.then(Crc::new),
            state: State::FirstHeader,
            length: 0,
        }
    }

    pub(super) fn get_ref(&self) -> &R {
        &self.input
    }

    fn byte(&mut self) -> io::Result<u8> {
        let byte = *self.input.fill_buf()?.first().ok_or_else(|| truncated("in a header or trailer"))?;
        self.input.consume(1);
        Ok(byte)
    }

    fn u16(&mut self) -> io::Result<u16> {
        Ok(u16::from_le_bytes([self.byte()?, self.byte()?]))
    }

    /// Takes what may lie between members. Zeros are padding; what is neither that nor a member is ignored, as
    /// `gzip -d` does. `false`: no member follows.
    fn next_member(&mut self) -> io::Result<bool> {
        loop {
            let buffer = self.input.fill_buf()?;
            let Some(start) = buffer.iter().position(|b| *b != 0) else {
                if buffer.is_empty() {
                    return Ok(false);
                }
                let count = buffer.len();
                self.input.consume(count);
                continue;
            };
            self.input.consume(start);
            if self.byte()? != 0x1f {
                return Ok(false);
            }
            return Ok(self.input.fill_buf()?.first() == Some(&0x8b) && self.byte()? == 0x8b);
        }
    }

    /// Takes a header, its two magic bytes already taken.
    fn header(&mut self) -> io::Result<()> {
        const HEADER_CRC: u8 = 2;
        const EXTRA: u8 = 4;
        const NAME: u8 = 8;
        const COMMENT: u8 = 16;
        const RESERVED: u8 = 0xe0;
        let (method, flags) = (self.byte()?, self.byte()?);
        if method != 8 || flags & RESERVED != 0 {
            return Err(corrupt("a header is not valid"));
        }
        for _ in 0..6 {
            self.byte()?;
        }
        if flags & EXTRA != 0 {
            for _ in 0..self.u16()? {
                self.byte()?;
            }
        }
        for text in [NAME, COMMENT] {
            if flags & text != 0 {
                while self.byte()? != 0 {}
            }
        }
        if flags & HEADER_CRC != 0 {
            self.u16()?;
        }
        Ok(())
    }

    /// A byte of the trailer; the first ones may be with the inflater.
    fn trailer_byte(&mut self) -> io::Result<u8> {
        if let Some(byte) = self.inflate.behind().get(self.taken).copied() {
            self.taken += 1;
            return Ok(byte);
        }
        self.byte()
    }

    fn trailer_u32(&mut self) -> io::Result<u32> {
        let bytes = [self.trailer_byte()?, self.trailer_byte()?, self.trailer_byte()?, self.trailer_byte()?];
        Ok(u32::from_le_bytes(bytes))
    }

    fn trailer(&mut self) -> io::Result<()> {
        self.taken = 0;
        let (checksum, length) = (self.trailer_u32()?, self.trailer_u32()?);
        if length != self.length {
            return Err(corrupt("a member's length is not what its trailer says"));
        }
        if self.checksum.as_ref().is_some_and(|c| c.sum() != checksum) {
            return Err(corrupt("a member's checksum does not match"));
        }
        Ok(())
    }

    /// Inflates once; `None` when nothing came of it yet.
    fn inflate(&mut self, out: &mut [u8]) -> io::Result<Option<usize>> {
        let buffer = self.input.fill_buf()?;
        let at_end = buffer.is_empty();
        let Step { taken, made, ended } = self.inflate.step(buffer, out).map_err(|_| corrupt("deflate data"))?;
        self.input.consume(taken);
        // The trailer's length is modulo 2^32 by definition.
        self.length = self.length.wrapping_add(u32::try_from(made).unwrap_or(u32::MAX));
        if let Some(checksum) = &mut self.checksum {
            checksum.update(&out[..made]);
        }
        if ended {
            self.trailer()?;
            self.state = State::NextHeader;
        } else if taken == 0 && made == 0 {
            return Err(if at_end { truncated("in its data") } else { corrupt("deflate data") });
        }
        Ok((made > 0).then_some(made))
    }
}

impl<R: BufRead, I: Inflate> Read for Gzip<R, I> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if out.is_empty() {
            return Ok(0);
        }
        loop {
            match self.state {
                State::FirstHeader | State::NextHeader => {
                    if self.state == State::FirstHeader {
                        self.byte()?;
                        self.byte()?;
                    } else if !self.next_member()? {
                        self.state = State::Done;
                        return Ok(0);
                    }
                    self.header()?;
                    self.inflate.reset();
                    self.length = 0;
                    if let Some(checksum) = &mut self.checksum {
                        checksum.reset();
                    }
                    self.state = State::Body;
                }
                State::Body => {
                    if let Some(made) = self.inflate(out)? {
                        return Ok(made);
                    }
                }
                State::Done => return Ok(0),
            }
        }
    }
}

fn corrupt(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("gzip stream is corrupt: {what}"))
}

fn truncated(at: &str) -> io::Error {
    io::Error::new(io::ErrorKind::UnexpectedEof, format!("gzip stream is cut off {at}"))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn pack(bytes: &[u8]) -> Vec<u8> {
        let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        writer.write_all(bytes).unwrap();
        writer.finish().unwrap()
    }

    fn unpack(packed: &[u8], checksums: bool, step: usize) -> io::Result<Vec<u8>> {
        let mut out = Vec::new();
        Gzip::<_>::new(io::BufReader::with_capacity(step, packed), checksums).read_to_end(&mut out).map(|_| out)
    }

    #[test]
    fn members_padding_and_garbage() {
        let (one, two) = (pack(b"hello "), pack(b"world"));
        for step in [1, 2, 7, 4096] {
            for between in [&b""[..], &[0; 700]] {
                for after in [&b""[..], &[0; 512], b"\x1fgarbage", b"garbage\0", b"\x1f"] {
                    let all = [&one[..], between, &two, after].concat();
                    assert_eq!(unpack(&all, true, step).unwrap(), b"hello world");
                }
            }
        }
    }

    #[test]
    fn optional_header_fields() {
        let plain = pack(b"x");
        let mut all = plain[..10].to_vec();
        all[3] = 2 | 4 | 8 | 16;
        all.extend_from_slice(b"\x03\0abcname\0comment\0\x01\x02");
        all.extend_from_slice(&plain[10..]);
        assert_eq!(unpack(&all, true, 3).unwrap(), b"x");
    }

    #[test]
    fn faults() {
        let good = pack(&vec![7; 100_000]);
        for cut in [3, 12, 20, good.len() - 5, good.len() - 1] {
            let error = unpack(&good[..cut], false, 4096).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof, "{cut}: {error}");
        }
        let flipped = |at: usize| {
            let mut bad = good.clone();
            bad[at] ^= 0x55;
            bad
        };
        assert!(unpack(&flipped(good.len() - 6), true, 4096).unwrap_err().to_string().contains("checksum"));
        assert!(unpack(&flipped(good.len() - 6), false, 4096).is_ok(), "left to the diff id");
        assert!(unpack(&flipped(good.len() - 1), false, 4096).unwrap_err().to_string().contains("length"));
        assert!(unpack(&flipped(2), false, 4096).unwrap_err().to_string().contains("header"));
    }
}
