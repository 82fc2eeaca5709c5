//! One 512-byte tar header (POSIX.1-1988 ustar, GNU tar's `tar.h`, V7). Where readers differ, this one sides with Go's
//! `archive/tar`, because that is what docker, containerd and podman unpack layers with.

pub(crate) const BLOCK: usize = 512;
pub(crate) type Block = [u8; BLOCK];

/// What a header says, before long names and PAX records.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Header {
    pub(crate) kind: Kind,
    /// Bytes that follow in the archive.
    pub(crate) size: u64,
    pub(crate) mode: u32,
    /// Where the part of the name before a `/` is; empty when there is none.
    prefix_len: usize,
    pub(crate) is_gnu: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    /// `0`, NUL (V7) or `7`; V7 marks a directory by a `/` at the end of its name.
    File {
        v7: bool,
    },
    GnuSparse,
    HardLink,
    SymLink,
    Directory,
    /// Devices and fifos: no content, whatever the size says.
    Special,
    /// Not known; content as the size says.
    Unknown,
    GnuLongName,
    GnuLongLink,
    PaxLocal,
    /// Go ignores its records for the entries that follow, and so does this.
    PaxGlobal,
}

const PREFIX: usize = 345;

impl Header {
    /// Reads a header block that is not all zero.
    pub(crate) fn parse(block: &Block) -> Result<Self, &'static str> {
        let declared = number(&block[148..156]).ok_or("its checksum is not a number")?;
        let (unsigned, signed) = checksums(block);
        if declared != u64::from(unsigned) && i64::try_from(declared) != Ok(signed) {
            return Err("its checksum does not match");
        }
        let kind = match block[156] {
            0 => Kind::File { v7: true },
            b'0' | b'7' => Kind::File { v7: false },
            b'S' => Kind::GnuSparse,
            b'1' => Kind::HardLink,
            b'2' => Kind::SymLink,
            b'5' => Kind::Directory,
            b'3' | b'4' | b'6' => Kind::Special,
            b'L' => Kind::GnuLongName,
            b'K' => Kind::GnuLongLink,
            b'x' => Kind::PaxLocal,
            b'g' => Kind::PaxGlobal,
            _ => Kind::Unknown,
        };
        let size = number(&block[124..136]).ok_or("its size is not a number")?;
        let is_gnu = &block[257..265] == b"ustar  \0";
        Ok(Self {
            kind,
            size,
            // A mode that is not a number says nothing about what is inside.
            mode: u32::try_from(number(&block[100..108]).unwrap_or(0) & 0o7777).unwrap_or(0),
            prefix_len: prefix_len(block, is_gnu),
            is_gnu,
        })
    }

    /// Writes the name with its prefix.
    pub(crate) fn name(&self, block: &Block, out: &mut Vec<u8>) {
        out.clear();
        if self.prefix_len > 0 {
            out.extend_from_slice(&block[PREFIX..PREFIX + self.prefix_len]);
            out.push(b'/');
        }
        out.extend_from_slice(text(&block[..100]));
    }
}

/// The target of a link, as far as it is in the header.
pub(crate) fn link_name(block: &Block) -> &[u8] {
    text(&block[157..257])
}

/// ustar has a prefix field; star uses the end of it for times; GNU has times in its place, except that a bug of Go
/// before 1.8 wrote a prefix there, seen by times that are no numbers.
fn prefix_len(block: &Block, is_gnu: bool) -> usize {
    if is_gnu {
        let is_time = |field: &[u8]| field[0] == 0 || number(field).is_some();
        let prefix = text(&block[PREFIX..500]);
        let buggy = !(is_time(&block[PREFIX..357]) && is_time(&block[357..369])) && prefix.is_ascii();
        return if buggy { prefix.len() } else { 0 };
    }
    if &block[257..263] != b"ustar\0" {
        return 0;
    }
    let is_star = &block[263..265] == b"00" && &block[508..512] == b"tar\0";
    text(&block[PREFIX..if is_star { 476 } else { 500 }]).len()
}

/// Up to the first NUL.
pub(crate) fn text(field: &[u8]) -> &[u8] {
    field.split(|b| *b == 0).next().unwrap_or_default()
}

/// Octal with blanks and NULs around it, or base-256 (first bit set, GNU and star). `None`: negative, over 63 bits,
/// or no number.
pub(crate) fn number(field: &[u8]) -> Option<u64> {
    let first = *field.first()?;
    if first & 0x80 != 0 {
        if first & 0x40 != 0 {
            return None;
        }
        let mut value = u64::from(first & 0x3f);
        for byte in &field[1..] {
            value = value.checked_mul(256)? | u64::from(*byte);
        }
        return i64::try_from(value).is_ok().then_some(value);
    }
    let blank = |b: &u8| matches!(b, b' ' | 0);
    let start = field.iter().position(|b| !blank(b)).unwrap_or(field.len());
    let digits = text(&field[start..]);
    let end = digits.iter().rposition(|b| *b != b' ').map_or(0, |i| i + 1);
    let mut value = 0_u64;
    for byte in &digits[..end] {
        let digit = byte.checked_sub(b'0').filter(|d| *d < 8)?;
        value = value.checked_mul(8)? + u64::from(digit);
    }
    i64::try_from(value).is_ok().then_some(value)
}

/// Sums of all bytes, the checksum field read as blanks; old writers summed signed bytes.
fn checksums(block: &Block) -> (u32, i64) {
    let mut unsigned = 0_u32;
    let mut high = 0_u32;
    for byte in block {
        unsigned += u32::from(*byte);
        high += u32::from(*byte >> 7);
    }
    for byte in &block[148..156] {
        unsigned -= u32::from(*byte);
        high -= u32::from(*byte >> 7);
    }
    unsigned += 8 * u32::from(b' ');
    (unsigned, i64::from(unsigned) - 256 * i64::from(high))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        for (field, wanted) in [
            (&b"0000644\0"[..], Some(0o644)),
            (b" 644 \0\0\0", Some(0o644)),
            (b"\0\0\0\0", Some(0)),
            (b"        ", Some(0)),
            (b"12\x003456", Some(0o12)),
            (b"0000689\0", None),
            (b"-1\0", None),
            (b"777777777777777777777777", None),
            (&[0x80, 0, 0, 0, 1, 0], Some(256)),
            (&[0x80, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], Some(i64::MAX as u64)),
            (&[0x80, 0, 0, 0, 0x80, 0, 0, 0, 0, 0, 0, 0], None),
            (&[0xff; 12], None),
        ] {
            assert_eq!(number(field), wanted, "{field:?}");
        }
    }

    #[test]
    fn signed_and_unsigned_checksums() {
        let mut header = tar::Header::new_ustar();
        header.set_path("a").unwrap();
        header.set_size(3);
        header.set_cksum();
        let mut block = *header.as_bytes();
        assert_eq!(Header::parse(&block).unwrap().size, 3);
        block[0] = 0xe9;
        assert!(Header::parse(&block).is_err());
        let (unsigned, signed) = checksums(&block);
        for sum in [i64::from(unsigned), signed] {
            block[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
            assert_eq!(Header::parse(&block).unwrap().size, 3);
        }
    }
}
