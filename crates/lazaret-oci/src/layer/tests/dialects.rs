//! Every way to write a name, a size and a sparse file.

use super::*;

fn builder(header: fn() -> tar::Header, name: &str) -> (tar::Builder<Vec<u8>>, tar::Header) {
    let mut fields = header();
    fields.set_size(5);
    fields.set_mode(0o640);
    fields.set_mtime(1_700_000_000);
    let _ = name;
    (tar::Builder::new(Vec::new()), fields)
}

#[test]
fn short_and_long_names_in_each_header() {
    let deep = format!("{}/{}", "d".repeat(90), "f".repeat(90));
    let long = format!("{}/{}", "directory/".repeat(30), "f".repeat(150));
    for (header, name) in [
        (tar::Header::new_ustar as fn() -> _, "short"),
        (tar::Header::new_gnu, "short"),
        (tar::Header::new_old, "short"),
        (tar::Header::new_ustar, &deep),
        (tar::Header::new_gnu, &deep),
        (tar::Header::new_gnu, &long),
    ] {
        let (mut archive, mut fields) = builder(header, name);
        archive.append_data(&mut fields, name, &b"hello"[..]).unwrap();
        let (summary, recorder) = read(&archive.into_inner().unwrap(), Want::Whole);
        assert!(summary.problems.is_empty() && summary.verified, "{:?}", summary.problems);
        let wanted = name.replace("//", "/");
        let seen = &recorder.seen[0];
        assert_eq!(
            (seen.path.as_str(), seen.mode, seen.body.as_deref()),
            (wanted.as_str(), 0o640, Some(&b"hello"[..]))
        );
    }
}

#[test]
fn links_directories_and_devices() {
    let target = "t/".repeat(80) + "end";
    let mut archive = tar::Builder::new(Vec::new());
    for (kind, name, link) in [
        (tar::EntryType::Directory, "./dir/", ""),
        (tar::EntryType::Symlink, "sym", "../up/there"),
        (tar::EntryType::Symlink, "longsym", target.as_str()),
        (tar::EntryType::Link, "hard", "/dir//file"),
        (tar::EntryType::Link, "longhard", target.as_str()),
        (tar::EntryType::Char, "null", ""),
        (tar::EntryType::Fifo, "pipe", ""),
    ] {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(kind);
        header.set_size(0);
        header.set_mode(0o755);
        if link.is_empty() {
            archive.append_data(&mut header, name, &b""[..]).unwrap();
        } else {
            archive.append_link(&mut header, name, link).unwrap();
        }
    }
    let (summary, recorder) = read(&archive.into_inner().unwrap(), Want::Whole);
    assert!(summary.problems.is_empty(), "{:?}", summary.problems);
    let seen: Vec<_> = recorder.seen.iter().map(|s| (s.path.as_str(), s.kind.as_str())).collect();
    assert_eq!(
        seen,
        [
            ("dir", "Directory"),
            ("sym", r#"SymLink("../up/there")"#),
            ("longsym", &format!("SymLink({target:?})")),
            ("hard", r#"HardLink("dir/file")"#),
            ("longhard", &format!("HardLink({target:?})")),
            ("null", "Other"),
            ("pipe", "Other"),
        ]
    );
}

#[test]
fn pax_names_and_sizes() {
    let body = b"content";
    let archive = [
        pax(b'g', &[("path", "ignored"), ("comment", "x")]),
        pax(b'x', &[("path", "a/ünï"), ("size", "7"), ("mtime", "1.5")]),
        // The header's size is a lie, as it is for files over 8 GiB.
        raw(b'0', b"short", b"", 0, body),
        raw(b'0', b"next", b"", 7, body),
        pax(b'x', &[("linkpath", "far/away")]),
        raw(b'2', b"link", b"near", 0, b""),
        pax(b'x', &[("path", "first")]),
        pax(b'x', &[("size", "7")]),
        raw(b'0', b"second replaces first", b"", 7, body),
        pax(b'x', &[("path", "lost")]),
        pax(b'g', &[("comment", "an entry to Go")]),
        raw(b'0', b"own name", b"", 7, body),
        pax(b'x', &[("path", "pax")]),
        raw(b'L', b"././@LongLink", b"", 4, b"gnu\0"),
        raw(b'0', b"header", b"", 7, body),
        END.to_vec(),
    ]
    .concat();
    let (summary, recorder) = read(&archive, Want::Whole);
    assert!(summary.problems.is_empty(), "{:?}", summary.problems);
    assert_eq!(recorder.paths(), ["a/ünï", "next", "link", "second replaces first", "own name", "gnu"]);
    assert_eq!(recorder.seen[2].kind, r#"SymLink("far/away")"#);
    for seen in recorder.seen.iter().filter(|s| s.kind == "File") {
        assert_eq!(seen.body.as_deref(), Some(&body[..]), "{seen:?}");
    }
}

#[test]
fn a_size_in_base_256_and_a_link_with_a_size() {
    let mut header = tar::Header::new_gnu();
    header.set_path("big").unwrap();
    header.as_mut_bytes()[124..136].copy_from_slice(&[0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3]);
    header.set_cksum();
    // To Go a link has no content, whatever its size field says.
    let archive = [padded(header.as_bytes(), b"abc"), raw(b'1', b"hard", b"big", 3, b""), file("last", b"x")].concat();
    let (summary, recorder) = read(&archive, Want::Whole);
    assert!(summary.problems.is_empty(), "{:?}", summary.problems);
    assert_eq!(recorder.paths(), ["big", "hard", "last"]);
    assert_eq!(recorder.seen[0].body.as_deref(), Some(&b"abc"[..]));
}

#[test]
fn v7_star_and_unknown_types() {
    let mut v7 = tar::Header::new_old();
    v7.set_path("dir/").unwrap();
    v7.as_mut_bytes()[156] = 0;
    v7.set_size(0);
    v7.set_cksum();
    let mut star = tar::Header::new_ustar();
    star.set_path("name").unwrap();
    star.as_mut_bytes()[345..348].copy_from_slice(b"pre");
    star.as_mut_bytes()[476..487].copy_from_slice(b"14000000000");
    star.as_mut_bytes()[508..512].copy_from_slice(b"tar\0");
    star.set_size(0);
    star.set_cksum();
    let archive = [
        padded(v7.as_bytes(), b""),
        padded(star.as_bytes(), b""),
        raw(b'Z', b"odd", b"", 3, b"abc"),
        raw(b'7', b"contiguous", b"", 3, b"abc"),
        file("last", b""),
    ]
    .concat();
    let (summary, recorder) = read(&archive, Want::Whole);
    assert!(summary.problems.is_empty(), "{:?}", summary.problems);
    assert_eq!(recorder.paths(), ["dir", "pre/name", "odd", "contiguous", "last"]);
    let kinds: Vec<_> = recorder.seen.iter().map(|s| s.kind.as_str()).collect();
    assert_eq!(kinds, ["Directory", "File", "Other", "File", "File"]);
}

fn whole_sparse(stored: &[(usize, &[u8])], size: usize) -> Vec<u8> {
    let mut all = vec![0; size];
    for (offset, bytes) in stored {
        all[*offset..offset + bytes.len()].copy_from_slice(bytes);
    }
    all
}

#[test]
fn sparse_files_in_every_form() {
    let (one, two) = ([b'a'; 100], [b'b'; 700]);
    let wanted = whole_sparse(&[(50, &one), (1000, &two)], 2000);
    let stored = [&one[..], &two].concat();

    let mut gnu = tar::Header::new_gnu();
    gnu.set_path("gnu").unwrap();
    gnu.set_entry_type(tar::EntryType::GNUSparse);
    gnu.set_size(800);
    let fields = gnu.as_mut_bytes();
    for (at, (offset, length)) in [(386, (50, 100)), (410, (1000, 200)), (434, (1200, 300)), (458, (1500, 200))] {
        fields[at..at + 24].copy_from_slice(format!("{offset:011o}\0{length:011o}\0").as_bytes());
    }
    fields[482] = 1;
    fields[483..495].copy_from_slice(format!("{:011o}\0", 2000).as_bytes());
    gnu.set_cksum();
    let mut more = [0; 512];
    more[..24].copy_from_slice(format!("{:011o}\0{:011o}\0", 2000, 0).as_bytes());
    let gnu = padded(&[gnu.as_bytes(), &more[..]].concat(), &stored);

    let zero = [
        pax(
            b'x',
            &[
                ("GNU.sparse.size", "2000"),
                ("GNU.sparse.numblocks", "2"),
                ("GNU.sparse.offset", "50"),
                ("GNU.sparse.numbytes", "100"),
                ("GNU.sparse.offset", "1000"),
                ("GNU.sparse.numbytes", "700"),
            ],
        ),
        raw(b'0', b"zero", b"", 800, &stored),
    ]
    .concat();
    let one_form = [
        pax(b'x', &[("GNU.sparse.size", "2000"), ("GNU.sparse.name", "real"), ("GNU.sparse.map", "50,100,1000,700")]),
        raw(b'0', b"GNUSparseFile.0/real", b"", 800, &stored),
    ]
    .concat();
    let map = padded(b"2\n50\n100\n1000\n700\n", b"");
    let latest = [
        pax(
            b'x',
            &[
                ("GNU.sparse.major", "1"),
                ("GNU.sparse.minor", "0"),
                ("GNU.sparse.name", "latest"),
                ("GNU.sparse.realsize", "2000"),
            ],
        ),
        raw(b'0', b"GNUSparseFile.0/latest", b"", 512 + 800, &[&map[..], &stored].concat()),
    ]
    .concat();
    let archive = [gnu, zero, one_form, latest, file("last", b"x"), END.to_vec()].concat();
    for want in [Want::Whole, Want::Stream] {
        let (summary, recorder) = read(&archive, want);
        assert!(summary.problems.is_empty(), "{:?}", summary.problems);
        assert_eq!(recorder.paths(), ["gnu", "zero", "real", "latest", "last"]);
        for seen in &recorder.seen[..4] {
            assert_eq!((seen.size, seen.head.as_slice()), (2000, &wanted[..512]), "{}", seen.path);
            assert_eq!(seen.body.as_ref(), Some(&wanted), "{}", seen.path);
        }
    }
    assert_eq!(read(&archive, Want::Skip).1.paths().len(), 5);
}

#[test]
fn the_end_may_be_missing() {
    let all = [file("a", b"1"), file("b", &[2; 512])].concat();
    for end in [&b""[..], &[0; 512], &[0; 100], &END, b"\0"] {
        let (summary, recorder) = read(&[&all[..], end].concat(), Want::Whole);
        assert!(summary.problems.is_empty() && summary.verified, "{:?}", summary.problems);
        assert_eq!(recorder.paths(), ["a", "b"]);
    }
    let (summary, recorder) = read(&all[..513], Want::Whole);
    assert!(summary.problems.is_empty(), "padding may be missing too");
    assert_eq!(recorder.seen[0].body.as_deref(), Some(&b"1"[..]));
    assert!(read(b"", Want::Whole).0.verified, "a layer of nothing");
    let lone = [&file("a", b"")[..], &[0; 512], &file("b", b"")].concat();
    assert_eq!(read(&lone, Want::Skip).1.paths(), ["a", "b"], "one zero block alone is no end");
}
