//! Layers that are damaged or mean harm: each gives a problem, and the rest where there is one.

use super::*;

fn only_problem(summary: &LayerSummary) -> (ProblemKind, &str, &str) {
    assert_eq!(summary.problems.len(), 1, "{:?}", summary.problems);
    let problem = &summary.problems[0];
    (problem.kind, &problem.path, &problem.message)
}

#[test]
fn paths_that_leave_the_root_are_skipped() {
    let archive = [
        file("ok", b"1"),
        raw(b'0', b"../../etc/passwd", b"", 1, b"x"),
        raw(b'0', b"/a/../../b", b"", 1, b"x"),
        raw(b'1', b"hard", b"../../etc/shadow", 0, b""),
        raw(b'0', b"/etc/absolute", b"", 1, b"x"),
        raw(b'0', b"./", b"", 1, b"x"),
        raw(b'2', b"loop", b"loop", 0, b""),
        file("last", b"1"),
        END.to_vec(),
    ]
    .concat();
    let (summary, recorder) = read(&archive, Want::Whole);
    assert_eq!(recorder.paths(), ["ok", "etc/absolute", "loop", "last"]);
    assert!(summary.verified && summary.problems.iter().all(|p| p.kind == ProblemKind::HostileEntry));
    let paths: Vec<_> = summary.problems.iter().map(|p| p.path.as_str()).collect();
    assert_eq!(paths, ["../../etc/passwd", "/a/../../b", "hard", "./"]);
}

#[test]
fn long_and_deep_paths() {
    let long = "l".repeat(5000);
    let deep = "d/".repeat(300);
    let archive = [
        pax(b'x', &[("path", &long)]),
        raw(b'0', b"x", b"", 3, b"abc"),
        pax(b'x', &[("path", &deep)]),
        raw(b'0', b"x", b"", 3, b"abc"),
        pax(b'x', &[("linkpath", &long)]),
        raw(b'2', b"x", b"", 0, b""),
        file("last", b"1"),
    ]
    .concat();
    let (summary, recorder) = read(&archive, Want::Whole);
    assert_eq!(recorder.paths(), ["last"]);
    assert_eq!(summary.problems.len(), 3);
    assert!(summary.problems.iter().all(|p| p.kind == ProblemKind::LimitExceeded && p.path.len() < 300));
}

#[test]
fn name_blocks_of_any_size_are_not_kept() {
    let huge = vec![b'n'; 2 << 20];
    for kind in [b'L', b'K', b'x'] {
        let archive =
            [raw(kind, b"meta", b"", huge.len() as u64, &huge), raw(b'0', b"a", b"", 3, b"abc"), file("last", b"1")]
                .concat();
        let (summary, recorder) = read(&archive, Want::Whole);
        assert_eq!((only_problem(&summary).0, recorder.paths()), (ProblemKind::LimitExceeded, vec!["last"]));
    }
    let claimed = raw(b'L', b"meta", b"", 1 << 40, b"short");
    let (summary, _) = read(&claimed, Want::Whole);
    let kinds: Vec<_> = summary.problems.iter().map(|p| p.kind).collect();
    assert_eq!(kinds, [ProblemKind::LimitExceeded, ProblemKind::LayerUnreadable]);
}

#[test]
fn holes_of_sparse_files_are_bounded_for_the_layer() {
    let hole = |name: &str| {
        let records = [("GNU.sparse.name", name), ("GNU.sparse.size", "40000"), ("GNU.sparse.map", "0,0")];
        [pax(b'x', &records), raw(b'0', b"x", b"", 0, b"")].concat()
    };
    let archive = [hole("a"), hole("b"), hole("c"), file("last", b"1")].concat();
    let limits = Limits { file_bytes: 90_000, ..Limits::default() };
    let (summary, recorder) = read_with(&archive, &no_spec(), &limits, Want::Whole);
    let (kind, path, _) = only_problem(&summary);
    assert_eq!((kind, path), (ProblemKind::LimitExceeded, "c"));
    assert_eq!(recorder.seen.iter().filter(|s| s.body.is_some()).count(), 3);
}

#[test]
fn truncation_says_where() {
    let archive = [file("first", b"1"), file("usr/bin/tool", &[5; 4000]), END.to_vec()].concat();
    for cut in [1024 + 100, 1024 + 512, 1024 + 512 + 3999] {
        let (summary, recorder) = read(&archive[..cut], Want::Whole);
        let (kind, path, message) = only_problem(&summary);
        assert_eq!(kind, ProblemKind::LayerUnreadable);
        assert!(message.contains(&format!("offset {}", if cut < 1500 { 1024 } else { cut })), "{message}");
        assert_eq!(path, if cut < 1500 { "first" } else { "usr/bin/tool" });
        assert!(recorder.seen.iter().all(|s| s.path == "first" || s.body.is_none()));
        assert_eq!(summary.diff_id, Some(sha256(&archive[..cut])), "the bytes are what they are");
    }
    let packed = gzip(&archive);
    let (summary, _) = read(&packed[..packed.len() - 12], Want::Whole);
    assert_eq!((summary.verified, &summary.diff_id), (false, &None));
    assert!(only_problem(&summary).2.contains("cut off"), "{:?}", summary.problems);
    assert_eq!(summary.digest, Some(sha256(&packed[..packed.len() - 12])));
    let packed = zstd::encode_all(&archive[..], 1).unwrap();
    let (summary, _) = read(&packed[..packed.len() - 3], Want::Whole);
    assert_eq!((summary.verified, summary.problems[0].kind), (false, ProblemKind::LayerUnreadable));
}

#[test]
fn corruption_is_told_and_what_came_before_is_kept() {
    let noise: Vec<u8> = (0..6_000_000_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 13).to_le_bytes()[0]).collect();
    let archive = [file("first", b"1"), file("second", &noise), file("third", b"3")].concat();
    let mut packed = gzip(&archive);
    let middle = packed.len() * 3 / 4;
    packed[middle..middle + 64].fill(0xff);
    let (summary, recorder) = read(&packed, Want::Whole);
    assert_eq!((recorder.seen[0].path.as_str(), summary.verified), ("first", false));
    assert!(!summary.problems.is_empty() && summary.problems[0].kind == ProblemKind::LayerUnreadable);
    assert_eq!(summary.digest, Some(sha256(&packed)));
    let mut bad = archive.clone();
    bad[1024 + 148] = b'9';
    let (summary, recorder) = read(&bad, Want::Whole);
    assert!(only_problem(&summary).2.contains("no tar header at offset 1024"), "{:?}", summary.problems);
    assert_eq!((recorder.paths(), summary.diff_id), (vec!["first"], Some(sha256(&bad))));
}

#[test]
fn what_is_no_layer() {
    let (summary, _) = read(b"<html>not found</html>".repeat(100).as_slice(), Want::Skip);
    assert!(only_problem(&summary).2.contains("not a tar archive"));
    for magic in [&b"\xfd7zXZ\0rest"[..], b"BZh91AY&SY"] {
        let (summary, _) = read(magic, Want::Skip);
        assert_eq!((only_problem(&summary).0, summary.verified), (ProblemKind::Unsupported, false));
        assert_eq!(summary.digest, Some(sha256(magic)));
    }
}

#[test]
fn bombs_stop_at_the_limits() {
    let mut zeros = raw(b'0', b"bomb", b"", 40 << 20, b"");
    zeros.resize(zeros.len() + (40 << 20), 0);
    let limits = Limits { ratio: 20, ratio_from: 8 << 20, ..Limits::default() };
    for packed in [gzip(&zeros), zstd::encode_all(&zeros[..], 1).unwrap()] {
        let (summary, _) = read_with(&packed, &no_spec(), &limits, Want::Skip);
        assert_eq!((only_problem(&summary).0, summary.verified), (ProblemKind::LimitExceeded, false));
        assert!(summary.uncompressed < 16 << 20, "{}", summary.uncompressed);
    }
    let (plain, _) = read_with(&zeros, &no_spec(), &limits, Want::Skip);
    assert!(plain.problems.is_empty(), "what is not compressed does not expand");
    let limits = Limits { layer_bytes: 4 << 20, ..Limits::default() };
    let huge = LayerSpec { size: Some(u64::MAX), ..no_spec() };
    for (stored, spec) in [(gzip(&zeros), &no_spec()), (zeros.clone(), &no_spec()), (zeros.clone(), &huge)] {
        let (summary, _) = read_with(&stored, spec, &limits, Want::Skip);
        assert_eq!((only_problem(&summary).0, summary.verified), (ProblemKind::LimitExceeded, false));
    }
}

#[test]
fn a_file_over_the_limit_is_skipped_alone() {
    let archive = [file("big", &[1; 3000]), file("small", b"1")].concat();
    let limits = Limits { file_bytes: 2999, ..Limits::default() };
    let (summary, recorder) = read_with(&archive, &no_spec(), &limits, Want::Whole);
    assert_eq!((only_problem(&summary).0, only_problem(&summary).1), (ProblemKind::LimitExceeded, "big"));
    assert_eq!((recorder.seen[0].body.as_ref(), recorder.seen[1].body.as_deref()), (None, Some(&b"1"[..])));
    let (summary, recorder) = read_with(&archive, &no_spec(), &limits, Want::Stream);
    assert!(summary.problems.is_empty() && recorder.seen[0].body.as_ref().unwrap().len() == 3000);
}

#[test]
fn sparse_maps_that_lie() {
    let sparse = |records: &[(&str, &str)], size: u64, body: &[u8]| {
        [pax(b'x', records), raw(b'0', b"s", b"", size, body), file("last", b"1")].concat()
    };
    for archive in [
        sparse(&[("GNU.sparse.size", "10"), ("GNU.sparse.map", "0,4,2,4")], 8, b"12345678"),
        sparse(&[("GNU.sparse.size", "10"), ("GNU.sparse.map", "0,4")], 8, b"12345678"),
        sparse(&[("GNU.sparse.size", "10"), ("GNU.sparse.map", "0")], 8, b"12345678"),
        sparse(&[("GNU.sparse.size", "3"), ("GNU.sparse.map", "0,8")], 8, b"12345678"),
    ] {
        let (summary, recorder) = read(&archive, Want::Whole);
        assert_eq!((only_problem(&summary).0, recorder.paths()), (ProblemKind::ParseError, vec!["last"]));
    }
    let exabyte = sparse(&[("GNU.sparse.size", "1152921504606846976"), ("GNU.sparse.map", "0,4")], 4, b"1234");
    for want in [Want::Whole, Want::Stream] {
        let (summary, recorder) = read(&exabyte, want);
        assert_eq!((only_problem(&summary).0, recorder.paths()), (ProblemKind::LimitExceeded, vec!["s", "last"]));
    }
    let map = b"99999999999\n";
    let endless = [
        pax(b'x', &[("GNU.sparse.major", "1"), ("GNU.sparse.minor", "0"), ("GNU.sparse.realsize", "9")]),
        raw(b'0', b"s", b"", 512, map),
        file("last", b"1"),
    ]
    .concat();
    assert!(!read(&endless, Want::Whole).0.problems.is_empty());
}

#[test]
fn a_size_past_the_end_of_numbers() {
    for size in ["9223372036854775807", "18446744073709551615"] {
        let archive = [pax(b'x', &[("size", size)]), raw(b'0', b"a", b"", 1, b"x"), file("b", b"")].concat();
        let (summary, _) = read(&archive, Want::Skip);
        assert!(!summary.problems.is_empty(), "{size}");
    }
}

#[test]
fn too_many_entries_end_the_walk_but_not_the_digest() {
    let archive: Vec<u8> = (0..50).flat_map(|i| file(&format!("f{i}"), b"x")).collect();
    let limits = Limits { entries: 20, ..Limits::default() };
    let (summary, recorder) = read_with(&archive, &no_spec(), &limits, Want::Skip);
    assert_eq!((only_problem(&summary).0, summary.entries), (ProblemKind::LimitExceeded, 20));
    assert_eq!((recorder.seen.len(), summary.diff_id), (20, Some(sha256(&archive))));
}

#[test]
fn many_hostile_entries_make_few_problems() {
    let archive: Vec<u8> = (0..5000).flat_map(|_| raw(b'0', b"../x", b"", 0, b"")).collect();
    let (summary, _) = read(&archive, Want::Skip);
    assert_eq!((summary.problems.len(), summary.entries), (101, 5000));
    assert!(summary.problems[100].message.contains("4900 more"));
}

#[test]
fn names_that_are_no_text() {
    let (summary, recorder) = read(&raw(b'0', b"caf\xe9", b"", 0, b""), Want::Skip);
    assert!(summary.problems.is_empty());
    assert_eq!(recorder.paths(), ["caf\\xe9"]);
}

#[test]
fn an_input_that_breaks_off() {
    struct Broken(usize);
    impl Read for Broken {
        fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
            if self.0 == 0 {
                return Err(std::io::Error::other("connection reset"));
            }
            let count = out.len().min(self.0);
            out[..count].copy_from_slice(&file("a", &vec![1; 100_000])[..count]);
            self.0 -= count;
            Ok(count)
        }
    }
    let mut recorder = Recorder::new(Want::Whole);
    let summary = read_layer(&mut Broken(10_000), &no_spec(), &Limits::default(), &mut recorder, &|_| ());
    assert!(only_problem(&summary).2.contains("connection reset"));
    assert_eq!((&summary.digest, &summary.diff_id, summary.verified), (&None, &None, false));
    assert_eq!((recorder.paths(), only_problem(&summary).1), (vec!["a"], "a"));
}
