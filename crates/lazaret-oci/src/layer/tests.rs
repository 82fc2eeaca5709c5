//! `read_layer` over archives that the `tar` crate and these helpers write.

mod dialects;
mod differential;
mod fuzz;
mod hostile;

use std::io::{Cursor, Read, Write};

use ::tar;

use super::*;
use crate::{Hasher, sha256};

/// What a visitor was shown.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Seen {
    pub(super) path: String,
    pub(super) kind: String,
    pub(super) size: u64,
    pub(super) mode: u32,
    pub(super) head: Vec<u8>,
    pub(super) body: Option<Vec<u8>>,
}

/// Keeps everything; wants every file in the given way.
pub(super) struct Recorder {
    pub(super) want: Want,
    pub(super) seen: Vec<Seen>,
    chunk: Vec<u8>,
}

impl Recorder {
    pub(super) fn new(want: Want) -> Self {
        Self { want, seen: Vec::new(), chunk: Vec::new() }
    }

    pub(super) fn paths(&self) -> Vec<&str> {
        self.seen.iter().map(|s| s.path.as_str()).collect()
    }
}

impl Visitor for Recorder {
    fn entry(&mut self, entry: &Entry<'_>) -> Want {
        self.chunk.clear();
        self.seen.push(Seen {
            path: entry.path.to_owned(),
            kind: format!("{:?}", entry.kind),
            size: entry.size,
            mode: entry.mode,
            head: entry.head.to_vec(),
            body: None,
        });
        self.want
    }

    fn whole(&mut self, entry: &Entry<'_>, body: &Body<'_>) {
        let mut bytes = vec![0; usize::try_from(body.len()).unwrap()];
        assert_eq!(body.read_at(0, &mut bytes).unwrap(), bytes.len());
        assert!(body.as_slice().is_none_or(|s| s == bytes));
        let last = self.seen.last_mut().unwrap();
        assert_eq!((entry.path, entry.head), (last.path.as_str(), last.head.as_slice()));
        last.body = Some(bytes);
    }

    fn chunk(&mut self, bytes: &[u8]) {
        self.chunk.extend_from_slice(bytes);
    }

    fn end(&mut self, entry: &Entry<'_>) {
        let last = self.seen.last_mut().unwrap();
        assert_eq!((entry.path, entry.head), (last.path.as_str(), last.head.as_slice()));
        last.body = Some(std::mem::take(&mut self.chunk));
    }
}

/// Nothing is known about it.
pub(super) fn no_spec() -> LayerSpec {
    LayerSpec { digest: None, size: None, diff_id: None, media_type: String::new() }
}

pub(super) fn read(bytes: &[u8], want: Want) -> (LayerSummary, Recorder) {
    read_with(bytes, &no_spec(), &Limits::default(), want)
}

pub(super) fn read_with(bytes: &[u8], spec: &LayerSpec, limits: &Limits, want: Want) -> (LayerSummary, Recorder) {
    let mut recorder = Recorder::new(want);
    let summary = read_layer(&mut &bytes[..], spec, limits, &mut recorder, &|_| ());
    (summary, recorder)
}

pub(super) fn file(name: &str, body: &[u8]) -> Vec<u8> {
    let mut header = tar::Header::new_ustar();
    header.set_path(name).unwrap();
    header.set_size(body.len() as u64);
    header.set_mode(0o644);
    header.set_cksum();
    padded(header.as_bytes(), body)
}

/// A header with what follows it, to whole blocks.
pub(super) fn padded(header: &[u8], body: &[u8]) -> Vec<u8> {
    let mut all = [header, body].concat();
    all.resize(all.len().next_multiple_of(512), 0);
    all
}

/// A header of any type; the name is written as it is.
pub(super) fn raw(kind: u8, name: &[u8], link: &[u8], size: u64, body: &[u8]) -> Vec<u8> {
    let mut header = tar::Header::new_ustar();
    let fields = header.as_mut_bytes();
    fields[..name.len()].copy_from_slice(name);
    fields[156] = kind;
    fields[157..157 + link.len()].copy_from_slice(link);
    header.set_size(size);
    header.set_mode(0o755);
    header.set_cksum();
    padded(header.as_bytes(), body)
}

/// A PAX header with these records.
pub(super) fn pax(kind: u8, records: &[(&str, &str)]) -> Vec<u8> {
    let mut body = String::new();
    for (key, value) in records {
        let rest = key.len() + value.len() + 3;
        let digits = (rest + (rest + 1).to_string().len()).to_string().len();
        let length = rest + digits;
        body.extend([length.to_string().as_str(), " ", key, "=", value, "\n"]);
    }
    raw(kind, b"PaxHeaders/x", b"", body.len() as u64, body.as_bytes())
}

pub(super) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    writer.write_all(bytes).unwrap();
    writer.finish().unwrap()
}

pub(super) const END: [u8; 1024] = [0; 1024];

#[test]
fn every_compression_verifies_both_digests() {
    let plain = [&file("etc/os-release", b"ID=x\n")[..], &file("big", &vec![7; 3 << 20]), &END].concat();
    let zstd = zstd::encode_all(&plain[..], 3).unwrap();
    let frames =
        [&zstd::encode_all(&plain[..700], 3).unwrap()[..], &zstd::encode_all(&plain[700..], 1).unwrap()].concat();
    let members = [&gzip(&plain[..1000])[..], &gzip(&plain[1000..]), &[0; 100]].concat();
    for stored in [plain.clone(), gzip(&plain), members, zstd, frames] {
        let spec = LayerSpec {
            digest: Some(sha256(&stored)),
            size: Some(stored.len() as u64),
            diff_id: Some(sha256(&plain)),
            media_type: "whatever".to_owned(),
        };
        let (summary, recorder) = read_with(&stored, &spec, &Limits::default(), Want::Whole);
        assert!(summary.verified && summary.problems.is_empty(), "{summary:?}");
        assert_eq!((summary.digest, summary.diff_id), (spec.digest, spec.diff_id));
        assert_eq!((summary.compressed, summary.uncompressed), (stored.len() as u64, plain.len() as u64));
        assert_eq!(recorder.paths(), ["etc/os-release", "big"]);
        assert_eq!(recorder.seen[0].body.as_deref(), Some(&b"ID=x\n"[..]));
        assert_eq!((recorder.seen[1].head.len(), recorder.seen[1].body.as_ref().unwrap().len()), (512, 3 << 20));
    }
}

#[test]
fn sha512_is_compared_too() {
    let plain = file("a", b"b");
    let mut hash = Hasher::new(Algorithm::Sha512);
    hash.update(&plain);
    let digest = Some(hash.finish());
    let spec = LayerSpec { digest: digest.clone(), diff_id: digest, ..no_spec() };
    assert!(read_with(&plain, &spec, &Limits::default(), Want::Skip).0.verified);
}

#[test]
fn wrong_digests_are_told_and_not_verified() {
    let plain = [&file("a", b"b")[..], &END].concat();
    let stored = gzip(&plain);
    let other = Some(sha256(b"other"));
    for (spec, what) in [
        (LayerSpec { digest: other.clone(), ..no_spec() }, "digest"),
        (LayerSpec { diff_id: other, ..no_spec() }, "diff id"),
        (LayerSpec { size: Some(stored.len() as u64 + 1), ..no_spec() }, "size"),
        (LayerSpec { size: Some(stored.len() as u64 - 1), ..no_spec() }, "size"),
    ] {
        let (summary, recorder) = read_with(&stored, &spec, &Limits::default(), Want::Whole);
        assert!(!summary.verified);
        assert_eq!(summary.problems[0].kind, ProblemKind::DigestMismatch);
        assert!(summary.problems[0].message.contains(what), "{:?}", summary.problems);
        assert!(recorder.paths() == ["a"] || what == "size");
    }
}

#[test]
fn digests_are_of_everything_even_behind_the_end_of_the_tar() {
    let plain = [&file("a", b"b")[..], &END, &vec![1; 5 << 20]].concat();
    let (summary, recorder) = read(&gzip(&plain), Want::Skip);
    assert_eq!((summary.diff_id, summary.verified), (Some(sha256(&plain)), true));
    assert_eq!((summary.entries, recorder.paths()), (1, vec!["a"]));
}

#[test]
fn a_large_body_spills_and_reads_the_same() {
    let body: Vec<u8> = (0..3_000_000_u32).map(|i| u8::try_from(i % 251).unwrap()).collect();
    let limits = Limits { body_bytes: 1000, ..Limits::default() };
    let plain = [&file("a", &body)[..], &file("b", b"small")].concat();
    let (summary, recorder) = read_with(&plain, &no_spec(), &limits, Want::Whole);
    assert!(summary.problems.is_empty());
    assert_eq!(recorder.seen[0].body.as_ref(), Some(&body));
    assert_eq!(recorder.seen[1].body.as_deref(), Some(&b"small"[..]));
    let (_, streamed) = read_with(&plain, &no_spec(), &limits, Want::Stream);
    assert_eq!(streamed.seen, recorder.seen);
}

#[test]
fn a_visitor_that_panics_hangs_nothing() {
    struct Panics;
    impl Visitor for Panics {
        fn entry(&mut self, _: &Entry<'_>) -> Want {
            panic!("on purpose")
        }
        fn whole(&mut self, _: &Entry<'_>, _: &Body<'_>) {}
        fn chunk(&mut self, _: &[u8]) {}
        fn end(&mut self, _: &Entry<'_>) {}
    }
    let plain = [file("a", b"b"), vec![0; 32 << 20]].concat();
    let run = || read_layer(&mut &plain[..], &no_spec(), &Limits::default(), &mut Panics, &|_| ());
    assert!(std::panic::catch_unwind(run).is_err());
}

#[test]
fn progress_and_slow_inputs() {
    struct OneByOne(Cursor<Vec<u8>>);
    impl Read for OneByOne {
        fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
            let count = out.len().min(1);
            self.0.read(&mut out[..count])
        }
    }
    let stored = gzip(&[&file("a", &[9; 2000])[..], &END].concat());
    let told = std::sync::atomic::AtomicU64::new(0);
    let mut recorder = Recorder::new(Want::Whole);
    let summary = read_layer(
        &mut OneByOne(Cursor::new(stored.clone())),
        &no_spec(),
        &Limits::default(),
        &mut recorder,
        &|count| told.store(count, std::sync::atomic::Ordering::Relaxed),
    );
    assert!(summary.verified);
    assert_eq!(told.into_inner(), stored.len() as u64);
    assert_eq!(recorder.seen[0].body.as_deref(), Some(&[9; 2000][..]));
}
