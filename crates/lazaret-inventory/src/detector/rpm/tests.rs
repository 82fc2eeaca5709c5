use std::{io::Read, path::PathBuf};

use super::*;

/// A sample, decompressed.
fn sample(name: &str) -> Vec<u8> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("testdata/rpm").join(format!("{name}.gz"));
    let mut bytes = Vec::new();
    flate2::read::GzDecoder::new(std::fs::File::open(path).unwrap()).read_to_end(&mut bytes).unwrap();
    bytes
}

fn read(path: &str, bytes: &[u8]) -> FileFacts {
    let mut facts = FileFacts { path: path.to_owned(), ..FileFacts::default() };
    let file = Candidate::new(path, &bytes[..bytes.len().min(512)], 0o644);
    assert_eq!(Rpm.interest(&file), Interest::Content, "{path}");
    Rpm.detect(&file, &Body::memory(bytes), &Limits::default(), &mut facts);
    facts
}

/// What `rpm -qa` printed, in the same form.
fn listed(facts: &FileFacts) -> Vec<String> {
    let none = |text: &Option<String>| text.clone().unwrap_or_else(|| "(none)".to_owned());
    let mut lines: Vec<_> = facts
        .packages
        .iter()
        .map(|package| {
            let (epoch, version) = package.version.split_once(':').unwrap_or(("(none)", &package.version));
            let source = package.source.as_ref().map(|source| format!("{}-{}.src.rpm", source.name, source.version));
            let (arch, module, vendor) = (none(&package.arch), none(&package.module), none(&package.vendor));
            [&package.name, epoch, version, &arch, &none(&source), &module, &vendor].join("\t")
        })
        .collect();
    lines.sort();
    lines
}

fn expected(text: &str) -> Vec<String> {
    let mut lines: Vec<_> = text.lines().filter(|line| !line.starts_with("gpg-pubkey")).map(str::to_owned).collect();
    lines.sort();
    lines
}

#[test]
fn places() {
    let place = |path: &'static str| Place::of(&Candidate::new(path, b"", 0o644));
    assert_eq!(place("var/lib/rpm/Packages"), Some(Place::Database { root: "" }));
    assert_eq!(place("usr/lib/sysimage/rpm/rpmdb.sqlite"), Some(Place::Database { root: "" }));
    assert_eq!(place("usr/share/rpm/rpmdb.sqlite"), Some(Place::Database { root: "" }));
    assert_eq!(place("mnt/r/usr/lib/sysimage/rpm/Packages.db"), Some(Place::Database { root: "mnt/r/" }));
    assert_eq!(place("mnt/r/var/lib/rpm/rpmdb.sqlite-wal"), Some(Place::Log));
    assert_eq!(place("var/lib/rpm/rpmdb.sqlite-journal"), Some(Place::Journal));
    assert_eq!(place("var/lib/rpmmanifest/container-manifest-2"), Some(Place::Manifest));
    for not in ["var/lib/rpm/Name", "app/mylib/rpm/Packages", "Packages", "var/lib/rpm/rpmdb.sqlite-shm"] {
        assert_eq!(Place::of(&Candidate::new(not, b"", 0o644)), None, "{not}");
    }
}

#[test]
fn the_three_forms() {
    for (path, name, list) in [
        ("var/lib/rpm/rpmdb.sqlite", "rpmdb.sqlite", include_str!("../../../testdata/rpm/rpmdb.sqlite.tsv")),
        ("var/lib/rpm/Packages.db", "Packages.db", include_str!("../../../testdata/rpm/Packages.db.tsv")),
        ("var/lib/rpm/Packages", "Packages-le", include_str!("../../../testdata/rpm/Packages-le.tsv")),
        ("var/lib/rpm/Packages", "Packages-be", include_str!("../../../testdata/rpm/Packages-be.tsv")),
    ] {
        let facts = read(path, &sample(name));
        assert_eq!(facts.problems, [], "{name}");
        assert_eq!(facts.database, Some(Database::Rpm));
        assert_eq!(listed(&facts), expected(list), "{name}");
        // the form is known by its content
        assert_eq!(listed(&read("usr/share/rpm/rpmdb.sqlite", &sample(name))), expected(list), "{name}");
    }
}

#[test]
fn pages_of_other_sizes() {
    for (name, records) in [("Packages-buckets", 40), ("Packages-large", 5)] {
        let facts = read("var/lib/rpm/Packages", &sample(name));
        assert_eq!(facts.problems, [], "{name}");
        // a key among each set of headers is no package
        assert_eq!(facts.packages.len(), records, "{name}");
    }
}

#[test]
fn files_that_packages_own() {
    let facts = read("mnt/var/lib/rpm/rpmdb.sqlite", &sample("rpmdb.sqlite"));
    let owns = |name: &str| &facts.packages.iter().find(|package| package.name == name).unwrap().owns;
    assert!(owns("epoch").contains(PathHash::of("mnt/usr/lib/python3/site-packages/x-1.0.egg-info")));
    assert!(!owns("epoch").contains(PathHash::of("mnt/var/log/epoch.log")), "a ghost is not installed");
    assert!(owns("many").contains(PathHash::of("mnt/usr/share/many/dir5/file-number-299")));
    assert!(owns("many").len() > 300 && owns("zeroepoch").is_empty());
}

#[test]
fn a_log_over_the_database() {
    let (database, log) = (sample("rpmdb.sqlite"), sample("rpmdb.sqlite-wal"));
    let path = "var/lib/rpm/rpmdb.sqlite";
    let with = |log: &[u8]| read_with_log(path, &Body::memory(&database), &Body::memory(log), &Limits::default());
    let facts = with(&log).unwrap();
    assert_eq!((facts.problems.as_slice(), facts.log), (&[][..], Some(Log::Applied)));
    assert_eq!(listed(&facts), expected(include_str!("../../../testdata/rpm/rpmdb.sqlite-wal.tsv")));
    let own = read("var/lib/rpm/rpmdb.sqlite-wal", &log);
    assert_eq!((own.problems.as_slice(), own.log), (&[][..], Some(Log::Holds)));
    assert!(read("var/lib/rpm/rpmdb.sqlite-wal", b"").is_empty());
    let file = Candidate::new(path, &database[..512], 0o644);
    assert_eq!(log_of_database(&file).as_deref(), Some("var/lib/rpm/rpmdb.sqlite-wal"));

    // frames of an older use of the file follow
    let mut reused = log.clone();
    let older = reused.len();
    reused.extend_from_within(32..);
    for salt in reused[older + 8..].iter_mut().step_by(4096 + 24) {
        *salt ^= 1;
    }
    assert_eq!(with(&reused), with(&log));
    assert_eq!(read("var/lib/rpm/rpmdb.sqlite-wal", &reused).problems, []);

    // any damage is said
    for at in (0..log.len()).step_by(97) {
        let mut damaged = log.clone();
        damaged[at] ^= 1;
        assert!(!read("var/lib/rpm/rpmdb.sqlite-wal", &damaged).problems.is_empty(), "{at}");
        with(&damaged);
    }
    let committed = |length: usize| wal::Wal::open(&Body::memory(&log[..length])).is_ok_and(|log| log.is_some());
    let mut whole = 0;
    for length in (1..log.len()).step_by(61).chain((1..56).map(|frame| 32 + frame * (4096 + 24))) {
        let facts = read("var/lib/rpm/rpmdb.sqlite-wal", &log[..length]);
        // after a whole transaction nothing says that there was another
        whole += usize::from(facts.problems.is_empty());
        assert!(!facts.problems.is_empty() || ((length - 32) % (4096 + 24) == 0 && committed(length)) || length == 32);
        with(&log[..length]);
    }
    assert!(whole < 10, "{whole}");
}

#[test]
fn a_transaction_that_did_not_end() {
    let magic = [0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7, 0, 0];
    assert_eq!(read("var/lib/rpm/rpmdb.sqlite-journal", &magic).problems.len(), 1);
    assert!(read("var/lib/rpm/rpmdb.sqlite-journal", &[0; 512]).is_empty());
}

#[test]
fn the_manifest() {
    let facts =
        read("var/lib/rpmmanifest/container-manifest-2", include_bytes!("../../../testdata/rpm/container-manifest-2"));
    assert_eq!(facts.problems, []);
    let found: Vec<_> = facts
        .packages
        .iter()
        .map(|p| {
            format!("{} {} {} <- {}", p.name, p.version, p.arch.as_deref().unwrap(), p.source.as_ref().unwrap().name)
        })
        .collect();
    assert_eq!(
        found,
        [
            "filesystem 1.1-20.azl3 x86_64 <- filesystem",
            "glibc 2.38-8.azl3 x86_64 <- glibc",
            "openssl-libs 3.3.2-1.azl3 x86_64 <- openssl",
            "tzdata 2024b-1.azl3 noarch <- tzdata",
            "dbus-epoch 1:1.15.8-1.azl3 x86_64 <- dbus",
        ]
    );
    let facts =
        read("var/lib/rpmmanifest/container-manifest-2", b"bash-5.1\nx\t1-1\t\t\t\tq\t\t\t\t\nx\t1\t\t\t\t\t\t\t\t");
    assert_eq!((facts.packages.len(), facts.problems.len()), (0, 4));
}

/// Everything of a damaged database that is not as it was is said.
fn check(name: &str, path: &str, whole: &FileFacts, damaged: &[u8], what: &str) -> bool {
    let facts = read(path, damaged);
    // the state of a file is written at installation, outside of what a digest is of: at worst it is not owned
    let listed = |facts: &FileFacts| {
        let named = |package: &FoundPackage| FoundPackage { owns: PathSet::default(), ..package.clone() };
        facts.packages.iter().map(named).collect::<Vec<_>>()
    };
    assert!(
        listed(&facts) == listed(whole) || !facts.problems.is_empty(),
        "{name}: {what}: something is lost silently"
    );
    facts.problems.is_empty()
}

const DAMAGED: [(&str, &str); 5] = [
    ("rpmdb.sqlite", "var/lib/rpm/rpmdb.sqlite"),
    ("Packages.db", "var/lib/rpm/Packages.db"),
    ("Packages-le", "var/lib/rpm/Packages"),
    ("Packages-be", "var/lib/rpm/Packages"),
    ("Packages-buckets", "var/lib/rpm/Packages"),
];

#[test]
fn cuts_are_said() {
    for (name, path) in DAMAGED {
        let bytes = sample(name);
        let whole = read(path, &bytes);
        for length in (0..bytes.len()).step_by(bytes.len() / 200).chain(0..40).chain((0..bytes.len()).step_by(4096)) {
            let silent = check(name, path, &whole, &bytes[..length], &format!("cut at {length}"));
            assert!(!silent, "{name}: cut at {length}");
        }
    }
}

/// The first bytes of pages, and a spread of all others. Of a header
/// without a digest (BerkeleyDB and SQLite have no other check) the texts could change unseen: all samples have one.
#[test]
fn flipped_bits_are_said() {
    for (name, path) in DAMAGED {
        let bytes = sample(name);
        let whole = read(path, &bytes);
        let (mut unseen, mut seen) = (0, 0);
        let structure = (0..bytes.len()).filter(|at| at % (bytes.len() / 50) < 8 || at % 4096 < 8);
        for (index, at) in structure.chain((0..bytes.len()).step_by(bytes.len() / 200)).enumerate() {
            let mut damaged = bytes.clone();
            damaged[at] ^= 1 << (index % 8);
            let silent = check(name, path, &whole, &damaged, &format!("bit {} of byte {at}", index % 8));
            if silent { unseen += 1 } else { seen += 1 }
        }
        // most of SQLite's pages are of indexes that are not read
        assert!(seen > 0, "{name}: {unseen} of {}", unseen + seen);
    }
}

#[test]
fn garbage() {
    for head in [&b"SQLite format 3\0"[..], b"RpmP", b"\0\0\0\0\0\0\0\0\0\0\0\0\x61\x15\x06\0", b"", b"x"] {
        for fill in [0, 1, 0x41, 0xff] {
            let bytes = [head, &vec![fill; 9000]].concat();
            let facts = read("var/lib/rpm/Packages", &bytes);
            assert!(facts.packages.is_empty() && !facts.problems.is_empty(), "{head:?} {fill}");
        }
    }
    assert!(!read("var/lib/rpm/Packages", b"").problems.is_empty());
}

#[test]
fn a_tag_of_the_wrong_type_is_said() {
    // 1046 (a number, written at installation) as 1044, the source package
    let mut bytes = sample("Packages-le");
    bytes[21445] ^= 2;
    let facts = read("var/lib/rpm/Packages", &bytes);
    assert!(facts.problems[0].message.ends_with("tag 1044 cannot be read"), "{:?}", facts.problems);
}

#[test]
fn a_cut_database_gives_what_is_left() {
    let bytes = sample("Packages-le");
    let facts = read("var/lib/rpm/Packages", &bytes[..bytes.len() - 4096]);
    assert!(facts.packages.len() == 5 && !facts.problems.is_empty(), "{:?}", facts.problems);
    let bytes = sample("rpmdb.sqlite");
    let cut = read("var/lib/rpm/rpmdb.sqlite", &bytes[..bytes.len() - 4096]);
    assert!(!cut.packages.is_empty() && !cut.problems.is_empty());
}

#[test]
fn what_a_file_says_of_its_size_is_not_allocated() {
    // slots of blobs of 64 GiB each: told ten times, then counted
    let mut bytes = [b"RpmP".as_slice(), &[0; 8], &1_u32.to_le_bytes(), &[0; 16]].concat();
    for number in 1..255_u32 {
        bytes.extend([b"Slot".as_slice(), &number.to_le_bytes(), &[0xff; 8]].concat());
    }
    let facts = read("var/lib/rpm/Packages.db", &bytes);
    assert!(facts.packages.is_empty() && (20..30).contains(&facts.problems.len()), "{}", facts.problems.len());
    // a header that has more than it has
    for (tags, data) in [(u32::MAX, 0), (1, u32::MAX), (0xffff, 0x1000_0000), (0, 0)] {
        assert!(Header::parse(&[tags.to_be_bytes(), data.to_be_bytes()].concat()).is_err());
    }
    // a list of many texts in a header of few bytes
    let list = [1117_u32, 8, 0, 0x7fff_ffff].map(u32::to_be_bytes).concat();
    let blob = [&[0, 0, 0, 1, 0, 0, 0, 4], list.as_slice(), &[0; 4]].concat();
    let header = Header::parse(&blob).unwrap();
    assert!(header.texts(header::BASE_NAMES).is_empty() && header.damaged() == [1117]);
}
