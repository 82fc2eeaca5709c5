//! What turns a layer's stored bytes into its tar. The one interface is `std::io::Read`; a faster inflater goes
//! behind [`super::inflate`] and nothing else changes.

use std::io::{self, BufRead, Read};

use super::{gzip::Gzip, input::Input};

/// A zstd frame may ask for a window of at most 2^27 bytes (the zstd tool's own limit): memory, not data.
const ZSTD_WINDOW_LOG: u32 = 27;

const GZIP: &[u8] = &[0x1f, 0x8b];
const ZSTD: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];
const BZIP2: &[u8] = b"BZh";
const XZ: &[u8] = &[0xfd, b'7', b'z', b'X', b'Z', 0];

pub(super) enum Decompressor<'i, 'a> {
    Plain(&'i mut Input<'a>),
    Gzip(Gzip<&'i mut Input<'a>>),
    Zstd(zstd::stream::read::Decoder<'static, &'i mut Input<'a>>),
}

/// A form that nothing here reads.
pub(super) struct Unsupported(pub(super) &'static str);

impl<'i, 'a> Decompressor<'i, 'a> {
    /// Chooses by the first bytes, whatever the media type says. `checksums`: compare gzip's own checksum too,
    /// which is not needed where the diff id is verified.
    pub(super) fn open(input: &'i mut Input<'a>, checksums: bool) -> io::Result<Result<Self, Unsupported>> {
        let magic = input.peek(6)?;
        Ok(Ok(if magic.starts_with(GZIP) {
            Self::Gzip(Gzip::new(input, checksums))
        } else if magic.starts_with(ZSTD) || is_skippable_frame(magic) {
            let mut decoder = zstd::stream::read::Decoder::with_buffer(input)?;
            decoder.window_log_max(ZSTD_WINDOW_LOG)?;
            Self::Zstd(decoder)
        } else if magic.starts_with(XZ) {
            return Ok(Err(Unsupported("xz")));
        } else if magic.starts_with(BZIP2) {
            return Ok(Err(Unsupported("bzip2")));
        } else {
            Self::Plain(input)
        }))
    }

    /// Whether the output can be larger than the input.
    pub(super) fn expands(&self) -> bool {
        !matches!(self, Self::Plain(_))
    }

    /// Stored bytes read so far.
    pub(super) fn taken(&self) -> u64 {
        match self {
            Self::Plain(input) => input.total(),
            Self::Gzip(gzip) => gzip.get_ref().total(),
            Self::Zstd(decoder) => decoder.get_ref().total(),
        }
    }
}

/// A zstd stream may begin with a frame of user data, 0x184D2A50 to 0x184D2A5F (RFC 8878, 3.1.2).
fn is_skippable_frame(magic: &[u8]) -> bool {
    matches!(magic, [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..])
}

impl Read for Decompressor<'_, '_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(input) => {
                // Straight past the copy of `Read for Input` would save little: a plain layer is bound by its hash.
                let from = input.fill_buf()?;
                let count = from.len().min(out.len());
                out[..count].copy_from_slice(&from[..count]);
                input.consume(count);
                Ok(count)
            }
            Self::Gzip(gzip) => gzip.read(out),
            Self::Zstd(decoder) => decoder.read(out),
        }
    }
}
