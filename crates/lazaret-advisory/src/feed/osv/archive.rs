//! The zip of a dump: every member is read and its CRC checked, so that a cut or altered archive fails as a whole.

use std::{fs::File, io::Read};

use crate::feed::{FeedFile, ParseError};

/// The largest record known has 3 MB.
const MEMBER: u64 = 32 << 20;
const MEMBERS: usize = 1_000_000;
/// Unpacked bytes of all members together.
const TOTAL: u64 = 4 << 30;

/// Calls `document` with each member's bytes. What it refuses fails the archive, named by the member.
pub(super) fn each_member(
    file: &FeedFile,
    limit: u64,
    mut document: impl FnMut(&[u8]) -> Result<(), String>,
) -> Result<(), ParseError> {
    let io = |source| ParseError::Io { path: file.path.clone(), source };
    let broken = |what: &dyn std::fmt::Display| ParseError::broken(&file.name, what);
    let open = File::open(&file.path).map_err(io)?;
    if open.metadata().map_err(io)?.len() > limit {
        return Err(broken(&format!("larger than {limit} bytes")));
    }
    let mut buffer = vec![0; rawzip::RECOMMENDED_BUFFER_SIZE];
    let archive = rawzip::ZipArchive::from_file(open, &mut buffer).map_err(|e| broken(&e))?;
    let mut members = Vec::new();
    let mut entries = archive.entries(&mut buffer);
    while let Some(entry) = entries.next_entry().map_err(|e| broken(&e))? {
        if entry.is_dir() {
            continue;
        }
        if members.len() >= MEMBERS {
            return Err(broken(&format!("more than {MEMBERS} members")));
        }
        let name = String::from_utf8_lossy(entry.file_path().as_ref()).into_owned();
        members.push((name, entry.wayfinder(), entry.compression_method()));
    }
    if members.is_empty() || (members.len() as u64) < archive.entries_hint() {
        return Err(broken(&format!("{} members, but it says {}", members.len(), archive.entries_hint())));
    }
    let mut bytes = Vec::new();
    let mut total = 0;
    for (name, wayfinder, method) in members {
        let at = |what: &dyn std::fmt::Display| ParseError::broken(&file.name, format!("member {name}: {what}"));
        let entry = archive.get_entry(wayfinder).map_err(|e| at(&e))?;
        bytes.clear();
        let read = match method {
            rawzip::CompressionMethod::STORE => {
                entry.verifying_reader(entry.reader()).take(MEMBER + 1).read_to_end(&mut bytes)
            }
            rawzip::CompressionMethod::DEFLATE => entry
                .verifying_reader(flate2::read::DeflateDecoder::new(entry.reader()))
                .take(MEMBER + 1)
                .read_to_end(&mut bytes),
            other => return Err(at(&format!("compression method {other:?}"))),
        };
        total += read.map_err(|e| at(&e))? as u64;
        if bytes.len() as u64 > MEMBER || total > TOTAL {
            return Err(at(&"it unpacks to more than the limit"));
        }
        document(&bytes).map_err(|what| at(&what))?;
    }
    Ok(())
}
