//! An export on its way into an unlinked temporary file. It cannot be read as it comes: what says which layers there
//! are stands at its end.

use std::{
    fs::File,
    io::{self, Read, Write},
};

use lazaret_oci::SourceError;

use crate::words::chain;

/// Bytes that are moved at once.
const CHUNK: usize = 1 << 18;

/// Takes all that comes, at most `limit` bytes. The file has no name: it goes when the scan ends, however that is.
pub(super) fn receive(
    name: &str,
    program: &str,
    from: impl Read,
    limit: u64,
    progress: &dyn Fn(u64),
) -> Result<File, SourceError> {
    let file = tempfile::tempfile().map_err(|source| full(name, 0, source))?;
    move_all(name, program, from, file, limit, progress)
}

fn move_all<W: Write>(
    name: &str,
    program: &str,
    mut from: impl Read,
    mut to: W,
    limit: u64,
    progress: &dyn Fn(u64),
) -> Result<W, SourceError> {
    let mut chunk = vec![0; CHUNK];
    let mut received = 0_u64;
    loop {
        let count = match from.read(&mut chunk) {
            Ok(0) => break,
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => {
                let reason = format!("the export of {name} broke off after {received} bytes: {}", chain(&error));
                return Err(SourceError::Unreachable { what: program.to_owned(), reason });
            }
        };
        received += count as u64;
        if received > limit {
            return Err(SourceError::TooLarge { what: format!("the export of {name}"), limit });
        }
        to.write_all(&chunk[..count]).map_err(|source| full(name, received, source))?;
        progress(received);
    }
    if received == 0 {
        let reason = format!("{program} sent nothing");
        return Err(SourceError::Refused { what: format!("the export of {name}"), reason });
    }
    to.flush().map_err(|source| full(name, received, source))?;
    Ok(to)
}

fn full(name: &str, received: u64, source: io::Error) -> SourceError {
    let folder = std::env::temp_dir();
    let what = format!(
        "the export of {name}, as it cannot be kept in {} after {received} bytes (TMPDIR names another folder)",
        folder.display()
    );
    SourceError::Io { what, source }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    /// A disk with room for some bytes.
    struct Disk(usize);

    impl Write for Disk {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if bytes.len() > self.0 {
                return Err(io::ErrorKind::StorageFull.into());
            }
            self.0 -= bytes.len();
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn everything_arrives_or_it_is_said_why_not() {
        let seen = Cell::new(0);
        let all = vec![7; CHUNK * 2 + 5];
        let to = move_all("docker:x", "Docker", &all[..], Vec::new(), u64::MAX, &|n| seen.set(n)).unwrap();
        assert_eq!((to, seen.get()), (all.clone(), all.len() as u64));
        let error = move_all("docker:x", "Docker", &all[..], Disk(CHUNK), u64::MAX, &|_| {}).err().unwrap();
        assert!(chain(&error).contains("TMPDIR") && chain(&error).contains("no storage space"), "{}", chain(&error));
        let error = move_all("docker:x", "Docker", &all[..], Vec::new(), 9, &|_| {}).unwrap_err();
        assert_eq!(error.to_string(), "the export of docker:x is larger than 9 bytes");
        let error = move_all("docker:x", "Docker", io::empty(), Vec::new(), 9, &|_| {}).unwrap_err();
        assert!(error.to_string().contains("sent nothing"), "{error}");
    }
}
