//! Layout of the compiled file. All numbers are little-endian; every offset is checked before it is followed.
//!
//! | part | content |
//! |---|---|
//! | header, 256 bytes | magic, version, sections, digests; closed by its own SHA-256 |
//! | packages | pages of [`super::table`]: (ecosystem, name) to a group |
//! | cves | pages of [`super::table`]: CVE to exploited and EPSS, inline |
//! | groups | records of one package, or cycles of one product ([`super::group`]) |
//! | texts | summaries, each once |
//! | info | JSON: [`Info`] |
//!
//! Opening checks header and info. Tables and groups carry a check each, verified when they are read, so that opening
//! costs the same whatever the size. The whole content is verified at activation by [`super::AdvisoryDb::verify`].

use lazaret_model::SnapshotInfo;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::DbError;

pub(crate) const HEADER: usize = 256;
const MAGIC: &[u8; 8] = b"LAZADV\r\n";
/// Rises with every change of the layout or of what a record holds.
pub(crate) const VERSION: u32 = 1;
/// Where the header's own digest begins.
const SEAL: usize = HEADER - 32;

#[derive(Serialize, Deserialize)]
pub(crate) struct Info {
    pub snapshot: SnapshotInfo,
    /// Ecosystem streams with data, sorted: `Alpine:v3.20`, `Debian:12`, `PyPI`.
    pub streams: Vec<String>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Section {
    pub offset: u64,
    pub length: u64,
}

#[derive(Debug)]
pub(crate) struct Header {
    pub packages: Section,
    pub cves: Section,
    pub groups: Section,
    pub texts: Section,
    pub info: Section,
    /// SHA-256 of everything between header and info: the snapshot's id.
    pub content: [u8; 32],
    pub info_digest: [u8; 32],
}

impl Header {
    /// Fills the first 256 bytes of `file`.
    pub(crate) fn write(&self, file: &mut [u8]) {
        let length = file.len() as u64;
        let mut header = Vec::with_capacity(HEADER);
        header.extend_from_slice(MAGIC);
        header.extend_from_slice(&VERSION.to_le_bytes());
        header.extend_from_slice(&0_u32.to_le_bytes());
        header.extend_from_slice(&length.to_le_bytes());
        for section in [self.packages, self.cves, self.groups, self.texts, self.info] {
            header.extend_from_slice(&section.offset.to_le_bytes());
            header.extend_from_slice(&section.length.to_le_bytes());
        }
        header.extend_from_slice(&self.content);
        header.extend_from_slice(&self.info_digest);
        header.resize(SEAL, 0);
        let seal = sha256(&header);
        header.extend_from_slice(&seal);
        file[..HEADER].copy_from_slice(&header);
    }

    /// Reads and checks the header of a whole file.
    pub(crate) fn read(file: &[u8]) -> Result<Self, DbError> {
        let damaged = |what: &str| DbError::Damaged { what: what.to_owned() };
        let header = file.get(..HEADER).ok_or_else(|| damaged("the file is shorter than its header"))?;
        if !header.starts_with(MAGIC) {
            return Err(damaged("the file does not begin as one"));
        }
        let version = u32::from_le_bytes(header[8..12].try_into().unwrap_or_default());
        if version != VERSION {
            return Err(DbError::Version { found: version, wanted: VERSION });
        }
        if sha256(&header[..SEAL]) != header[SEAL..] {
            return Err(damaged("the header's digest does not match"));
        }
        let number = |at: usize| u64::from_le_bytes(header[at..at + 8].try_into().unwrap_or_default());
        if number(16) != file.len() as u64 {
            return Err(damaged("the file is not as long as it says"));
        }
        let section = |index: usize| {
            let section = Section { offset: number(24 + 16 * index), length: number(32 + 16 * index) };
            let end = section.offset.checked_add(section.length);
            if section.offset < HEADER as u64 || end.is_none_or(|end| end > file.len() as u64) {
                return Err(damaged("a section lies outside the file"));
            }
            Ok(section)
        };
        let digest = |at: usize| header[at..at + 32].try_into().unwrap_or([0; 32]);
        let (packages, cves, groups) = (section(0)?, section(1)?, section(2)?);
        let (texts, info) = (section(3)?, section(4)?);
        Ok(Self { packages, cves, groups, texts, info, content: digest(104), info_digest: digest(136) })
    }
}

impl Section {
    /// The section's bytes; it was checked to lie in the file.
    pub(crate) fn of(self, file: &[u8]) -> &[u8] {
        let (Ok(offset), Ok(length)) = (usize::try_from(self.offset), usize::try_from(self.length)) else { return &[] };
        offset.checked_add(length).and_then(|end| file.get(offset..end)).unwrap_or_default()
    }
}

pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}
