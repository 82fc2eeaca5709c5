//! .NET applications in one file: the host program with everything appended. The host holds the place of a header, behind
//! which a signature stands; the header tells where the application's `*.deps.json` is.
//! <https://github.com/dotnet/designs/blob/main/accepted/2020/single-file/design.md>

use std::io;

use lazaret_oci::{Body, Limits};

use crate::executable::Executable;

/// SHA-256 of `.net core bundle\n`, in the data of the host.
const SIGNATURE: [u8; 32] = [
    0x8b, 0x12, 0x02, 0xb9, 0x6a, 0x61, 0x20, 0x38, 0x72, 0x7b, 0x93, 0x02, 0x14, 0xd7, 0xa0, 0x32, 0x13, 0xf5, 0xb9,
    0xe6, 0xef, 0xae, 0x33, 0x18, 0xee, 0x3b, 0x2d, 0xce, 0x24, 0xb3, 0x6a, 0xae,
];
/// Bytes of data that are searched; hosts have some kilobytes.
const MAX_DATA: u64 = 8 << 20;
/// Bytes of the header with its list of files; an application has some hundred.
const MAX_HEADER: u64 = 4 << 20;
const MAX_FILES: usize = 50_000;
/// Kind of the entry that is the list of dependencies.
const DEPS_JSON: u8 = 3;

#[derive(Debug, thiserror::Error)]
pub(super) enum BundleError {
    #[error("the header is cut off or out of bounds")]
    Header,
    #[error("version {0} of the format is not known")]
    Version(u32),
    #[error("the list of dependencies lies outside of the file")]
    Outside,
    #[error("the list of dependencies has {0} bytes, more than a document may have")]
    TooLarge(u64),
    #[error("{0}")]
    Io(#[from] io::Error),
}

/// The application's `*.deps.json`; `None` where the file is no such application, or has none.
pub(super) fn dependencies(body: &Body<'_>, limits: &Limits) -> Result<Option<Vec<u8>>, BundleError> {
    let Some(at) = header_place(body)? else { return Ok(None) };
    let length = body.len().saturating_sub(at).min(MAX_HEADER);
    let bytes = read(body, at, length)?;
    let Some((offset, size)) = Header { rest: &bytes }.dependencies()? else { return Ok(None) };
    if offset.checked_add(size).is_none_or(|end| end > body.len()) {
        return Err(BundleError::Outside);
    }
    if size > limits.document_bytes {
        return Err(BundleError::TooLarge(size));
    }
    Ok(Some(read(body, offset, size)?))
}

/// Where the header is; a host without an application has 0 there.
fn header_place(body: &Body<'_>) -> Result<Option<u64>, BundleError> {
    let Ok(program) = Executable::parse(body) else { return Ok(None) };
    for section in program.sections.iter().filter(|section| matches!(section.name.as_str(), ".data" | "__data")) {
        let size = section.region.size.min(MAX_DATA).min(body.len());
        let mut data = vec![0; usize::try_from(size).unwrap_or_default()];
        let length = program.read_offset(section.region.offset, &mut data)?;
        data.truncate(length);
        let Some(at) = memchr::memmem::find(&data, &SIGNATURE) else { continue };
        let place =
            at.checked_sub(8).and_then(|at| data[at..].first_chunk::<8>()).map(|place| u64::from_le_bytes(*place));
        return Ok(place.filter(|place| *place > 0));
    }
    Ok(None)
}

fn read(body: &Body<'_>, at: u64, length: u64) -> Result<Vec<u8>, BundleError> {
    let mut bytes = vec![0; usize::try_from(length).map_err(|_| BundleError::Header)?];
    let read = body.read_at(at, &mut bytes)?;
    if (read as u64) < length {
        return Err(BundleError::Header);
    }
    Ok(bytes)
}

struct Header<'a> {
    rest: &'a [u8],
}

impl<'a> Header<'a> {
    /// Offset and size of the list of dependencies.
    fn dependencies(mut self) -> Result<Option<(u64, u64)>, BundleError> {
        let version = self.u32()?;
        self.u32()?;
        let files = usize::try_from(self.u32()?).unwrap_or(usize::MAX).min(MAX_FILES);
        self.text()?;
        match version {
            1 => self.in_files(files),
            2 | 6 => {
                let place = (self.u64()?, self.u64()?);
                Ok(Some(place).filter(|(offset, size)| *offset > 0 && *size > 0))
            }
            other => Err(BundleError::Version(other)),
        }
    }

    /// The first form of the header has no place for it.
    fn in_files(&mut self, files: usize) -> Result<Option<(u64, u64)>, BundleError> {
        for _ in 0..files {
            let place = (self.u64()?, self.u64()?);
            let [kind] = self.take::<1>()?;
            self.text()?;
            if kind == DEPS_JSON {
                return Ok(Some(place));
            }
        }
        Ok(None)
    }

    fn take<const N: usize>(&mut self) -> Result<[u8; N], BundleError> {
        let (head, rest) = self.rest.split_first_chunk::<N>().ok_or(BundleError::Header)?;
        self.rest = rest;
        Ok(*head)
    }

    fn u32(&mut self) -> Result<u32, BundleError> {
        self.take().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> Result<u64, BundleError> {
        self.take().map(u64::from_le_bytes)
    }

    /// A text with its length before it, in groups of seven bits.
    fn text(&mut self) -> Result<&'a [u8], BundleError> {
        let mut length = 0_usize;
        for shift in [0, 7, 14] {
            let [byte] = self.take::<1>()?;
            length |= usize::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                let (text, rest) = self.rest.split_at_checked(length).ok_or(BundleError::Header)?;
                self.rest = rest;
                return Ok(text);
            }
        }
        Err(BundleError::Header)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(version: u32, tail: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for number in [version, 0, 2] {
            bytes.extend(number.to_le_bytes());
        }
        bytes.extend([3, b'i', b'd', b'x']);
        bytes.extend(tail);
        bytes
    }

    fn place(bytes: &[u8]) -> String {
        format!("{:?}", Header { rest: bytes }.dependencies())
    }

    #[test]
    fn headers() {
        let mut place_of = Vec::new();
        place_of.extend(1000_u64.to_le_bytes());
        place_of.extend(20_u64.to_le_bytes());
        assert_eq!(place(&header(6, &place_of)), "Ok(Some((1000, 20)))");
        assert_eq!(place(&header(2, &[0; 16])), "Ok(None)");
        let mut files = Vec::new();
        for (offset, kind) in [(5_u64, 1), (1000, 3)] {
            files.extend(offset.to_le_bytes());
            files.extend(20_u64.to_le_bytes());
            files.extend([kind, 1, b'a']);
        }
        assert_eq!(place(&header(1, &files)), "Ok(Some((1000, 20)))");
        assert!(place(&header(9, &[])).contains("Version(9)"));
        for length in 0..header(6, &place_of).len() {
            assert!(place(&header(6, &place_of)[..length]).contains("Header"), "{length}");
        }
        assert!(place(&[0xff; 64]).contains("Header"));
    }
}
