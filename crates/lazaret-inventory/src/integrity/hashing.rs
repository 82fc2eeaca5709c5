//! Digests of a layer's files while they pass.

use std::io::{self, BufRead, BufReader};

use lazaret_oci::Body;
use md5::{Digest as _, Md5};
use sha1::Sha1;
use sha2::Sha256;

use super::{Digests, FileDigests};
use crate::{content::BodyReader, path_set::PathHash};

/// Hard links and files of one layer that are kept.
const MAX_FILES: usize = 5_000_000;

/// Which package manager a layer's system has, as far as its files have said yet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Family {
    Unknown,
    Dpkg,
    Apk,
}

/// Paths that say so; most come early in a layer, whose order is that of the alphabet.
const SIGNS: [(&str, Family); 8] = [
    ("etc/debian_version", Family::Dpkg),
    ("etc/dpkg/", Family::Dpkg),
    ("var/lib/dpkg/", Family::Dpkg),
    ("usr/lib/dpkg/", Family::Dpkg),
    ("etc/alpine-release", Family::Apk),
    ("etc/apk/", Family::Apk),
    ("lib/apk/", Family::Apk),
    ("usr/lib/apk/", Family::Apk),
];

/// Directories that packages of a system fill, and those in them that they do not.
const SYSTEM: [&str; 11] =
    ["bin/", "boot/", "etc/", "lib/", "lib32/", "lib64/", "libx32/", "opt/", "sbin/", "usr/", "var/"];
const NOT_SYSTEM: [&str; 3] = ["usr/local/", "var/cache/", "var/log/"];
/// Directories that wheels fill below the prefix of a Python, wherever that is.
const WHEEL: [&str; 5] = ["/bin/", "-packages/", "/share/", "/etc/", "/include/"];

/// The digests of one file in the making.
#[derive(Default)]
struct File {
    md5: Option<Md5>,
    sha1: Option<Sha1>,
    sha256: Option<Sha256>,
}

impl File {
    fn update(&mut self, bytes: &[u8]) {
        if let Some(md5) = &mut self.md5 {
            md5.update(bytes);
        }
        if let Some(sha1) = &mut self.sha1 {
            sha1.update(bytes);
        }
        if let Some(sha256) = &mut self.sha256 {
            sha256.update(bytes);
        }
    }
}

/// All files of one layer.
pub(crate) struct Hashing {
    family: Family,
    file: File,
    md5: Vec<(PathHash, [u8; 16])>,
    sha1: Vec<(PathHash, [u8; 20])>,
    sha256: Vec<(PathHash, [u8; 32])>,
    links: Vec<(PathHash, PathHash)>,
}

impl Hashing {
    pub(crate) fn new() -> Self {
        let (md5, sha1, sha256, links) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Self { family: Family::Unknown, file: File::default(), md5, sha1, sha256, links }
    }

    /// Whether a file's bytes are wanted; then [`Hashing::update`] gets them all, and [`Hashing::end`] closes the file.
    pub(crate) fn start(&mut self, path: &str) -> bool {
        if self.family == Family::Unknown {
            self.family = SIGNS.iter().find(|(sign, _)| path.starts_with(sign)).map_or(Family::Unknown, |sign| sign.1);
        }
        let system = is_of_system(path);
        self.file = File {
            md5: (system && self.family != Family::Apk).then(Md5::new),
            sha1: (system && self.family != Family::Dpkg).then(Sha1::new),
            sha256: is_of_wheel(path).then(Sha256::new),
        };
        let file = &self.file;
        let wanted = file.md5.is_some() || file.sha1.is_some() || file.sha256.is_some();
        wanted && self.md5.len() + self.sha1.len() + self.sha256.len() < MAX_FILES
    }

    pub(crate) fn update(&mut self, bytes: &[u8]) {
        self.file.update(bytes);
    }

    /// All of a file at once.
    pub(crate) fn body(&mut self, body: &Body<'_>) -> io::Result<()> {
        if let Some(bytes) = body.as_slice() {
            self.update(bytes);
            return Ok(());
        }
        let mut reader = BufReader::with_capacity(256 << 10, BodyReader::new(body));
        loop {
            let bytes = reader.fill_buf()?;
            let count = bytes.len();
            if count == 0 {
                return Ok(());
            }
            self.file.update(bytes);
            reader.consume(count);
        }
    }

    pub(crate) fn end(&mut self, path: PathHash) {
        let File { md5, sha1, sha256 } = std::mem::take(&mut self.file);
        self.md5.extend(md5.map(|hash| (path, hash.finalize().into())));
        self.sha1.extend(sha1.map(|hash| (path, hash.finalize().into())));
        self.sha256.extend(sha256.map(|hash| (path, hash.finalize().into())));
    }

    /// A link has the bytes that its target has at the end of the layer.
    pub(crate) fn link(&mut self, path: &str, target: &str) {
        if self.links.len() < MAX_FILES && (is_of_system(path) || is_of_wheel(path)) {
            self.links.push((PathHash::of(path), PathHash::of(target)));
        }
    }

    pub(crate) fn finish(self) -> FileDigests {
        FileDigests {
            md5: linked(self.md5, &self.links),
            sha1: linked(self.sha1, &self.links),
            sha256: linked(self.sha256, &self.links),
        }
    }
}

fn linked<const N: usize>(files: Vec<(PathHash, [u8; N])>, links: &[(PathHash, PathHash)]) -> Digests<N> {
    let files = Digests::sorted(files);
    let found: Vec<_> = links.iter().filter_map(|(path, target)| Some((*path, *files.of(*target)?))).collect();
    if found.is_empty() { files } else { Digests::sorted([files.0, found].concat()) }
}

/// Whether a package of the system may own a path.
fn is_of_system(path: &str) -> bool {
    let starts = |list: &[&str]| list.iter().any(|start| path.starts_with(start));
    starts(&SYSTEM) && !starts(&NOT_SYSTEM)
}

/// Whether a wheel may own a path. Of those in the system's own prefix only packages are: Debian's have no RECORD.
fn is_of_wheel(path: &str) -> bool {
    if is_of_system(path) && !path.starts_with("opt/") {
        return path.contains("/site-packages/")
            || path.contains("/dist-packages/") && !path.starts_with("usr/lib/python3/");
    }
    WHEEL.iter().any(|part| path.contains(part))
}

#[cfg(test)]
mod tests {
    use super::{super::Sum, *};

    fn hash(hashing: &mut Hashing, path: &str, bytes: &[u8]) -> bool {
        let wanted = hashing.start(path);
        if wanted {
            hashing.update(&bytes[..1]);
            hashing.update(&bytes[1..]);
            hashing.end(PathHash::of(path));
        }
        wanted
    }

    #[test]
    fn what_is_hashed_and_how() {
        let mut hashing = Hashing::new();
        assert!(hash(&mut hashing, "bin/x", b"abc"));
        assert!(hash(&mut hashing, "etc/debian_version", b"12"));
        assert!(hash(&mut hashing, "usr/bin/x", b"abc"));
        assert!(hash(&mut hashing, "app/venv/lib/python3.11/site-packages/x.py", b"abc"));
        assert!(hash(&mut hashing, "app/venv/bin/x", b"abc"));
        for other in ["app/x", "usr/local/lib/x", "srv/lib/x", "var/log/x", "x"] {
            assert!(!hash(&mut hashing, other, b"abc"), "{other}");
        }
        hashing.link("usr/bin/y", "usr/bin/x");
        hashing.link("usr/bin/z", "usr/bin/absent");
        let digests = hashing.finish();
        let text = |sum: Sum, path: &str| digests.of(sum, PathHash::of(path)).map(|digest| sum.text(digest));
        let md5 = Some("md5:900150983cd24fb0d6963f7d28e17f72".to_owned());
        let sha1 = Some("sha1:a9993e364706816aba3e25717850c26c9cd0d89d".to_owned());
        assert_eq!((text(Sum::Md5, "bin/x"), text(Sum::Sha1, "bin/x")), (md5.clone(), sha1));
        assert_eq!((text(Sum::Md5, "usr/bin/y"), text(Sum::Sha1, "usr/bin/x")), (md5, None));
        assert_eq!(text(Sum::Md5, "usr/bin/z"), None);
        let sha256 = text(Sum::Sha256, "app/venv/lib/python3.11/site-packages/x.py").unwrap();
        assert!(sha256.starts_with("sha256:ba7816bf8f01cfea"));
        assert!(text(Sum::Sha256, "app/venv/bin/x").is_some());
    }
}
