//! From the bytes as a mirror stores them to the bytes of production, limited and complete.

use std::{
    fs::File,
    io::{self, BufReader, Read, Write},
    path::Path,
};

use sha2::{Digest as _, Sha256};

use super::{FetchError, cache::Entry, mirror::Encoding};

/// Largest window that a mirror's zstd files may ask for.
const WINDOW_LOG_MAX: u32 = 27;

/// Moves `part` to `staged`, decoded. Gives SHA-256 and length of what is parsed later.
pub(super) fn stage(entry: &Entry, encoding: Encoding, place: &str, limit: u64) -> Result<(String, u64), FetchError> {
    let io = |source| FetchError::Io { path: entry.staged.clone(), source };
    match encoding {
        Encoding::Identity => {
            std::fs::rename(&entry.part, &entry.staged).map_err(io)?;
            let _ = std::fs::remove_file(&entry.part_meta);
            digest(&entry.staged)
        }
        Encoding::Zstd => {
            let done = decode(&entry.part, &entry.staged, place, limit);
            let _ = std::fs::remove_file(&entry.part);
            let _ = std::fs::remove_file(&entry.part_meta);
            done
        }
    }
}

fn decode(from: &Path, to: &Path, place: &str, limit: u64) -> Result<(String, u64), FetchError> {
    let io = |source| FetchError::Io { path: to.to_owned(), source };
    let corrupt = |e: io::Error| FetchError::Corrupt { place: place.to_owned(), what: e.to_string() };
    let mut decoder = zstd::Decoder::new(File::open(from).map_err(io)?).map_err(corrupt)?;
    decoder.window_log_max(WINDOW_LOG_MAX).map_err(corrupt)?;
    let mut out = io::BufWriter::new(File::create(to).map_err(io)?);
    let (mut hasher, mut length) = (Sha256::new(), 0);
    let mut buffer = vec![0; 256 << 10];
    loop {
        let read = decoder.read(&mut buffer).map_err(corrupt)?;
        if read == 0 {
            break;
        }
        length += read as u64;
        if length > limit {
            return Err(FetchError::TooLarge { place: place.to_owned(), limit });
        }
        hasher.update(&buffer[..read]);
        out.write_all(&buffer[..read]).map_err(io)?;
    }
    out.flush().map_err(io)?;
    Ok((hex::encode(hasher.finalize()), length))
}

/// SHA-256 and length of a file.
pub(crate) fn digest(path: &Path) -> Result<(String, u64), FetchError> {
    let io = |source| FetchError::Io { path: path.to_owned(), source };
    let mut reader = BufReader::with_capacity(256 << 10, File::open(path).map_err(io)?);
    let (mut hasher, mut length) = (Sha256::new(), 0);
    let mut buffer = vec![0; 256 << 10];
    loop {
        let read = reader.read(&mut buffer).map_err(io)?;
        if read == 0 {
            return Ok((hex::encode(hasher.finalize()), length));
        }
        length += read as u64;
        hasher.update(&buffer[..read]);
    }
}
