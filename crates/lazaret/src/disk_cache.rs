//! What was found in layers, kept on disk between scans: one file for each layer, under its digest. Processes share the
//! folder without locks: a file comes whole or not at all (rename), and what is damaged is made anew.

use std::{
    fs::{self, DirBuilder, File},
    io::{self, Read, Write},
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, SystemTime},
};

use lazaret_inventory::{LayerCache, LayerScan, form};
use lazaret_model::Digest;

/// Begins a file that is still written.
const UNFINISHED: &str = ".new-";
/// After which such a file is nobody's any more.
const ABANDONED: Duration = Duration::from_hours(1);
/// How exactly it is known when a file was last used.
const USE: Duration = Duration::from_hours(1);
/// Bytes of one layer's facts as JSON; 5,000,000 paths take 160 MB.
const MAX_FACTS: u64 = 1 << 30;
/// Effort of compression: the hashes of paths have no pattern, only the hexadecimal form has.
const LEVEL: i32 = 1;

/// A folder of layers.
#[derive(Debug)]
pub(crate) struct DiskCache {
    folder: PathBuf,
    /// Bytes of all files together, about.
    size: u64,
    /// Ignores what is there: every layer is read, and its file made anew.
    renew: bool,
    now: SystemTime,
    grown: AtomicBool,
}

impl DiskCache {
    /// `folder` is made when something is kept.
    pub(crate) fn new(folder: PathBuf, size: u64, renew: bool, now: SystemTime) -> Self {
        Self { folder, size, renew, now, grown: AtomicBool::new(false) }
    }

    fn path(&self, layer: &Digest) -> PathBuf {
        let form = form().replace('/', "-");
        self.folder.join(format!("{}-{}.{form}", layer.algorithm().name(), layer.hex()))
    }

    fn read(&self, layer: &Digest) -> io::Result<LayerScan> {
        let mut file = File::open(self.path(layer))?;
        let used = file.metadata()?.modified()?;
        let mut facts = Vec::new();
        // Its checksum says whether it is whole.
        zstd::stream::read::Decoder::new(&mut file)?.take(MAX_FACTS).read_to_end(&mut facts)?;
        let scan = serde_json::from_slice(&facts)?;
        if self.now.duration_since(used).is_ok_and(|age| age > USE) {
            // Only says when it may go.
            let _ = file.set_modified(self.now);
        }
        Ok(scan)
    }

    fn write(&self, layer: &Digest, scan: &LayerScan) -> io::Result<()> {
        DirBuilder::new().recursive(true).mode(0o700).create(&self.folder)?;
        let file = tempfile::Builder::new().prefix(UNFINISHED).tempfile_in(&self.folder)?;
        let mut packed = zstd::stream::write::Encoder::new(io::BufWriter::with_capacity(1 << 16, &file), LEVEL)?;
        packed.include_checksum(true)?;
        let mut facts = io::BufWriter::with_capacity(1 << 16, packed);
        serde_json::to_writer(&mut facts, scan)?;
        facts.into_inner().map_err(io::IntoInnerError::into_error)?.finish()?.flush()?;
        // Not synced: after a power cut a file may be damaged, which is seen.
        file.as_file().set_modified(self.now)?;
        file.persist(self.path(layer)).map_err(|error| error.error)?;
        self.grown.store(true, Ordering::Relaxed);
        Ok(())
    }

    /// Removes what was used longest ago until a tenth of the size is free. Another process may do the same.
    fn shrink(&self) -> io::Result<()> {
        let mut files = Vec::new();
        let mut total = 0;
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            let Ok(meta) = entry.metadata() else { continue };
            let used = meta.modified().unwrap_or(SystemTime::UNIX_EPOCH);
            if entry.file_name().as_encoded_bytes().starts_with(UNFINISHED.as_bytes()) {
                if self.now.duration_since(used).is_ok_and(|age| age > ABANDONED) {
                    remove(&entry.path());
                }
                continue;
            }
            total += meta.len();
            files.push((used, meta.len(), entry.path()));
        }
        if total <= self.size {
            return Ok(());
        }
        files.sort();
        for (_, bytes, path) in files {
            if total <= self.size / 10 * 9 {
                break;
            }
            remove(&path);
            total -= bytes;
        }
        Ok(())
    }
}

/// Somebody else may have been faster.
fn remove(path: &Path) {
    let _ = fs::remove_file(path);
}

impl LayerCache for DiskCache {
    fn get(&self, layer: &Digest) -> Option<LayerScan> {
        if self.renew {
            return None;
        }
        match self.read(layer) {
            Ok(scan) => Some(scan),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => {
                tracing::debug!(layer.digest = %layer, %error, "a cached layer cannot be used; it is read again");
                None
            }
        }
    }

    fn put(&self, layer: &Digest, scan: &LayerScan) {
        if let Err(error) = self.write(layer, scan) {
            tracing::debug!(layer.digest = %layer, %error, "a layer cannot be cached; it will be read again");
        }
    }
}

impl Drop for DiskCache {
    fn drop(&mut self) {
        if self.grown.load(Ordering::Relaxed)
            && let Err(error) = self.shrink()
        {
            tracing::debug!(folder = %self.folder.display(), %error, "the layer cache cannot be looked through");
        }
    }
}

#[cfg(test)]
mod tests {
    use lazaret_oci::sha256;

    use super::*;

    const NOW: SystemTime = SystemTime::UNIX_EPOCH;

    fn scan(entries: u64) -> LayerScan {
        let mut scan = LayerScan::default();
        (scan.layer.verified, scan.layer.entries) = (true, entries);
        scan
    }

    fn at(folder: &Path, size: u64, hours: u64) -> DiskCache {
        DiskCache::new(folder.to_owned(), size, false, NOW + Duration::from_hours(hours))
    }

    fn files(folder: &Path) -> Vec<String> {
        let name = |e: io::Result<fs::DirEntry>| e.unwrap().file_name().into_string().unwrap();
        let mut names: Vec<_> = fs::read_dir(folder).unwrap().map(name).collect();
        names.sort();
        names
    }

    #[test]
    fn what_is_kept_comes_back_and_what_is_damaged_does_not() {
        let temp = tempfile::tempdir().unwrap();
        let folder = temp.path().join("lazaret/layers");
        let (one, two) = (sha256(b"1"), sha256(b"2"));
        let cache = at(&folder, 1 << 20, 0);
        assert_eq!(cache.get(&one), None);
        cache.put(&one, &scan(7));
        cache.put(&two, &scan(8));
        assert_eq!((cache.get(&one), cache.get(&two)), (Some(scan(7)), Some(scan(8))));
        assert_eq!(files(&folder).len(), 2);
        assert_eq!(DiskCache::new(folder, 1 << 20, true, NOW).get(&one), None);

        let path = cache.path(&one);
        let whole = fs::read(&path).unwrap();
        for damage in 0..whole.len() {
            let mut bytes = whole.clone();
            bytes[damage] ^= 0x40;
            fs::write(&path, bytes).unwrap();
            assert!(cache.get(&one).is_none_or(|found| found == scan(7)), "byte {damage}");
            fs::write(&path, &whole[..damage]).unwrap();
            assert_eq!(cache.get(&one), None, "cut at {damage}");
        }
        cache.put(&one, &scan(7));
        assert_eq!(cache.get(&one), Some(scan(7)));
    }

    #[test]
    fn the_longest_unused_goes_first() {
        let temp = tempfile::tempdir().unwrap();
        let digests: Vec<_> = (0..10_u8).map(|i| sha256(&[i])).collect();
        for (hour, digest) in (1..).zip(&digests) {
            at(temp.path(), 1 << 20, hour).put(digest, &scan(1));
        }
        let one = fs::metadata(at(temp.path(), 0, 0).path(&digests[0])).unwrap().len();
        fs::write(temp.path().join(".new-x"), b"left behind").unwrap();
        File::open(temp.path().join(".new-x")).unwrap().set_modified(NOW).unwrap();
        // The first is used, so the second is the oldest then.
        let cache = at(temp.path(), one * 10, 20);
        assert!(cache.get(&digests[0]).is_some());
        cache.put(&sha256(b"new"), &scan(1));
        drop(cache);
        let cache = at(temp.path(), one * 10, 20);
        let kept: Vec<_> = digests.iter().map(|digest| cache.get(digest).is_some()).collect();
        assert_eq!(kept, [true, false, false, true, true, true, true, true, true, true]);
        assert_eq!(files(temp.path()).len(), 9);
    }

    #[test]
    fn many_at_once() {
        let temp = tempfile::tempdir().unwrap();
        let digest = sha256(b"x");
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..50 {
                        let cache = at(temp.path(), 1, 0);
                        cache.put(&digest, &scan(3));
                        assert!(cache.get(&digest).is_none_or(|found| found == scan(3)));
                    }
                });
            }
        });
        assert!(files(temp.path()).iter().all(|name| !name.starts_with(UNFINISHED)));
    }

    #[test]
    fn a_folder_that_cannot_be_written_is_no_fault() {
        let temp = tempfile::tempdir().unwrap();
        fs::write(temp.path().join("file"), b"").unwrap();
        let cache = at(&temp.path().join("file/layers"), 1 << 20, 0);
        cache.put(&sha256(b"x"), &scan(1));
        assert_eq!(cache.get(&sha256(b"x")), None);
    }
}
