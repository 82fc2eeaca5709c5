//! rpm packages: the database in its three forms (SQLite, NDB, BerkeleyDB hash), and the manifest of images that have
//! no rpm.

use lazaret_model::{PackageType, ProblemKind, SourcePackage};
use lazaret_oci::{Body, Limits};

use self::header::Header;
use super::{Candidate, Detector, Interest, dpkg::Faults, kernel, root_before};
use crate::{
    layer::{Database, FileFacts, FoundPackage, Log},
    license,
    path_set::{PathHash, PathSet},
    room::Room,
};

mod berkeley;
mod header;
mod manifest;
mod ndb;
pub(crate) mod sqlite;
mod wal;

pub(crate) struct Rpm;

impl Detector for Rpm {
    fn id(&self) -> &'static str {
        "rpm"
    }

    fn version(&self) -> u32 {
        2
    }

    fn doc(&self) -> &'static str {
        "https://rpm-software-management.github.io/rpm/manual/format_header.html"
    }

    fn interest(&self, file: &Candidate<'_>) -> Interest {
        if Place::of(file).is_some() { Interest::Content } else { Interest::No }
    }

    fn detect(&self, file: &Candidate<'_>, body: &Body<'_>, limits: &Limits, facts: &mut FileFacts) {
        match Place::of(file) {
            Some(Place::Database { root }) => read_database(root, body, None, limits, facts),
            Some(Place::Log) => read_log(body, facts),
            Some(Place::Journal) => read_journal(body, facts),
            Some(Place::Manifest) => manifest::read(body, facts),
            None => {}
        }
    }
}

/// Which of rpm's files a path is.
#[derive(PartialEq, Eq, Debug)]
enum Place<'a> {
    /// `root` is before `var/` or `usr/`, ending in `/` or empty.
    Database {
        root: &'a str,
    },
    Log,
    Journal,
    Manifest,
}

const SQLITE: &str = "rpmdb.sqlite";
pub(crate) const LOG_END: &str = "-wal";

impl<'a> Place<'a> {
    fn of(file: &Candidate<'a>) -> Option<Self> {
        match file.name {
            "container-manifest-2" => root_before(file.directory(), "lib/rpmmanifest").map(|_| Self::Manifest),
            "Packages" | "Packages.db" | SQLITE => in_database(file).map(|root| Self::Database { root }),
            "rpmdb.sqlite-wal" => in_database(file).map(|_| Self::Log),
            "rpmdb.sqlite-journal" => in_database(file).map(|_| Self::Journal),
            _ => None,
        }
    }
}

/// The root, where the directory is one in which rpm keeps its database.
fn in_database<'a>(file: &Candidate<'a>) -> Option<&'a str> {
    let directory = file.directory();
    ["lib/rpm", "lib/sysimage/rpm", "share/rpm"].iter().find_map(|place| root_before(directory, place)).map(root_of)
}

fn root_of(before: &str) -> &str {
    let root = before.strip_suffix("var/").or_else(|| before.strip_suffix("usr/"));
    root.filter(|root| root.is_empty() || root.ends_with('/')).unwrap_or(before)
}

/// The database that a write-ahead log is of.
pub(crate) fn database_of_log(log: &str) -> Option<&str> {
    log.strip_suffix(LOG_END)
        .filter(|path| matches!(Place::of(&Candidate::new(path, &[], 0)), Some(Place::Database { .. })))
}

/// The write-ahead log of a database, where the file is one that may have a log.
pub(crate) fn log_of_database(file: &Candidate<'_>) -> Option<String> {
    // the byte says which version of SQLite may write: 2 is with a write-ahead log
    let logged = file.head.starts_with(sqlite::MAGIC) && file.head.get(18) == Some(&2);
    let database = || matches!(Place::of(file), Some(Place::Database { .. })) && file.name == SQLITE;
    (logged && database()).then(|| format!("{}{LOG_END}", file.path))
}

/// What a database says together with its write-ahead log.
pub(crate) fn read_with_log(path: &str, body: &Body<'_>, log: &Body<'_>, limits: &Limits) -> Option<FileFacts> {
    let file = Candidate::new(path, &[], 0);
    let Some(Place::Database { root }) = Place::of(&file) else { return None };
    let log = wal::Wal::open(log).ok().flatten().filter(|log| log.page_count > 0)?;
    let mut facts = FileFacts { path: path.to_owned(), log: Some(Log::Applied), ..FileFacts::default() };
    read_database(root, body, Some(&log), limits, &mut facts);
    Some(facts)
}

fn read_database(root: &str, body: &Body<'_>, log: Option<&wal::Wal<'_>>, limits: &Limits, facts: &mut FileFacts) {
    facts.database = Some(Database::Rpm);
    let mut found =
        Found { root, limits, facts, faults: Faults::default(), room: Room::default(), owned: 0, limited: 0 };
    let head = slice(body, 0, 16).unwrap_or_default();
    if head.starts_with(sqlite::MAGIC) {
        sqlite::read(body, log, &mut found);
    } else if head.starts_with(ndb::MAGIC) {
        ndb::read(body, &mut found);
    } else if berkeley::is_hash(&head) {
        berkeley::read(body, &mut found);
    } else {
        found.fault(format!("{} bytes that are no database of a form that rpm has", body.len()));
    }
    found.faults.sum_up(found.facts);
}

/// A log that holds changes; whether they were applied is known when the layers lie over each other.
fn read_log(body: &Body<'_>, facts: &mut FileFacts) {
    match wal::Wal::open(body) {
        Ok(None) => {}
        Ok(Some(log)) => {
            facts.log = Some(Log::Holds);
            if let Some(fault) = log.fault {
                facts.not_understood(fault);
            }
        }
        Err(fault) => facts.not_understood(fault),
    }
}

/// A rollback journal with a header is of a transaction that did not end: the database is half written.
fn read_journal(body: &Body<'_>, facts: &mut FileFacts) {
    const MAGIC: [u8; 8] = [0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7];
    if slice(body, 0, 8).is_some_and(|head| head == MAGIC) {
        facts.not_understood("a transaction of the database beside it did not end");
    }
}

/// Where the readers put what they find.
struct Found<'a> {
    root: &'a str,
    limits: &'a Limits,
    facts: &'a mut FileFacts,
    faults: Faults,
    room: Room,
    /// Paths of files of all packages.
    owned: usize,
    /// How often a limit was told.
    limited: usize,
}

impl Found<'_> {
    fn fault(&mut self, message: impl Into<String>) {
        self.faults.push(self.facts, message.into());
    }

    /// Tells that a limit was reached; after the first few only how often.
    fn limit(&mut self, message: String) {
        const TOLD: usize = 10;
        self.limited += 1;
        if self.limited > TOLD {
            self.fault(message);
        } else {
            self.facts.problem(ProblemKind::LimitExceeded, message);
        }
    }

    /// Whether a header may have so many bytes; a problem otherwise.
    fn admits(&mut self, number: u64, length: u64) -> bool {
        let limit = self.limits.document_bytes;
        if length > limit {
            let message = format!("package {number}: {length} bytes are more than a header may have ({limit})");
            self.limit(message);
        }
        length <= limit
    }

    /// Takes over the package that a header describes. `number` is the database's own.
    fn header(&mut self, number: u64, blob: &[u8]) {
        if self.room.is_full() {
            return;
        }
        let header = match Header::parse(blob) {
            Ok(header) => header,
            Err(error) => return self.fault(format!("package {number}: {error}")),
        };
        let Some(name) = header.text(header::NAME).filter(|name| is_name(name)) else {
            return self.fault(format!("package {number}: no valid name"));
        };
        if header.is_intact() == Some(false) {
            self.fault(format!("package {number}: {name}: the header is not the one that its digest is of"));
        }
        let owns = self.owned(&header, &name);
        if name == "gpg-pubkey" && owns.is_empty() && header.text(header::ARCH).is_none() {
            // a key that signatures are checked with
            return;
        }
        let text = |tag| header.text(tag).filter(|text| !text.is_empty() && text != "(none)");
        let version = match (text(header::VERSION), text(header::RELEASE)) {
            (Some(version), Some(release)) => evr(header.number(header::EPOCH), &version, &release),
            _ => String::new(),
        };
        if version.is_empty() || version.contains(char::is_whitespace) {
            self.fault(format!("package {number}: {name}: no valid version"));
        }
        let source = text(header::SOURCE_RPM).as_deref().and_then(source_of);
        let source_name = source.as_ref().map_or("", |source| source.name.as_str());
        let package = FoundPackage {
            class: kernel::class_of(PackageType::Rpm, &name, source_name),
            license: text(header::LICENSE).as_deref().and_then(license::normalise),
            arch: text(header::ARCH),
            source,
            vendor: text(header::VENDOR),
            module: text(header::MODULARITY_LABEL),
            owns,
            ..FoundPackage::new(PackageType::Rpm, name, version)
        };
        // known only when everything has been asked for
        for tag in header.damaged() {
            self.fault(format!("package {number}: {}: tag {tag} cannot be read", package.name));
        }
        self.room.add(self.facts, package);
    }

    /// Paths of the files that the package installed: not the ones that it only names (`%ghost`), and not the ones
    /// that another package's files replaced or that were left out.
    fn owned(&mut self, header: &Header<'_>, name: &str) -> PathSet {
        const GHOST: u32 = 1 << 6;
        const NORMAL: u32 = 0;
        let (flags, states) = (header.numbers(header::FILE_FLAGS), header.numbers(header::FILE_STATES));
        let is_there = |index: usize| {
            flags.get(index).is_none_or(|flags| flags & GHOST == 0)
                && states.get(index).is_none_or(|state| *state == NORMAL)
        };
        let mut path = self.root.to_owned();
        let mut hash = |directory: &str, base: &str| {
            path.truncate(self.root.len());
            let fits = self.root.len() + directory.len() + base.len() <= self.limits.path_bytes;
            path.push_str(if fits { directory.trim_start_matches('/') } else { return None });
            path.push_str(base.trim_start_matches('/'));
            Some(PathHash::of(&path))
        };
        let old = header.texts(header::OLD_FILE_NAMES);
        let (bases, directories) = (header.texts(header::BASE_NAMES), header.texts(header::DIRECTORY_NAMES));
        let indexes = header.numbers(header::DIRECTORY_INDEXES);
        self.owned += old.len() + bases.len();
        if self.owned > MAX_OWNED {
            let message = format!("{name}: more than {MAX_OWNED} files with those of other packages");
            self.limit(message);
            return PathSet::default();
        }
        let listed = bases.iter().zip(&indexes).map(|(base, directory)| {
            let directory = usize::try_from(*directory).ok().and_then(|at| directories.get(at))?;
            hash(directory, base)
        });
        let listed: Vec<_> = listed.collect();
        let old: Vec<_> = old.iter().map(|path| hash("", path)).collect();
        if bases.len() != indexes.len() || listed.iter().chain(&old).any(Option::is_none) {
            self.fault(format!("{name}: the list of its files is damaged"));
        }
        let there = |(index, hash): (usize, Option<PathHash>)| hash.filter(|_| is_there(index));
        listed.into_iter().enumerate().chain(old.into_iter().enumerate()).filter_map(there).collect()
    }
}

/// Paths of files of all packages of one database.
const MAX_OWNED: usize = 5_000_000;

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.len() <= 1024 && name.chars().all(|c| !c.is_whitespace() && !c.is_control())
}

/// As rpm writes it; without an epoch where the package has none.
fn evr(epoch: Option<u32>, version: &str, release: &str) -> String {
    epoch.map_or_else(|| format!("{version}-{release}"), |epoch| format!("{epoch}:{version}-{release}"))
}

/// Name and version of `bash-5.1.8-9.el9.src.rpm`. The file's name never has an epoch.
fn source_of(file: &str) -> Option<SourcePackage> {
    let stem = file.strip_suffix(".src.rpm").or_else(|| file.strip_suffix(".nosrc.rpm"))?;
    let (rest, release) = stem.rsplit_once('-')?;
    let (name, version) = rest.rsplit_once('-')?;
    let source = SourcePackage { name: name.to_owned(), version: format!("{version}-{release}") };
    (is_name(name) && !version.is_empty() && !release.is_empty()).then_some(source)
}

/// Bytes of a body, only where all of them are there: nothing is allocated for what is not.
fn slice(body: &Body<'_>, offset: u64, length: usize) -> Option<Vec<u8>> {
    let end = offset.checked_add(length as u64)?;
    if end > body.len() {
        return None;
    }
    let mut bytes = vec![0; length];
    let read = body.read_at(offset, &mut bytes).ok()?;
    (read == length).then_some(bytes)
}

fn array<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..at.checked_add(N)?)?.try_into().ok()
}

fn be32(bytes: &[u8], at: usize) -> Option<u32> {
    array(bytes, at).map(u32::from_be_bytes)
}

fn le32(bytes: &[u8], at: usize) -> Option<u32> {
    array(bytes, at).map(u32::from_le_bytes)
}

fn be16(bytes: &[u8], at: usize) -> Option<u16> {
    array(bytes, at).map(u16::from_be_bytes)
}

#[cfg(test)]
mod tests;
