//! Debian packages: `lib/dpkg/status` under any root, `status.d/*` of distroless images, and the lists of files that
//! packages own.

use lazaret_model::{PackageType, ProblemKind, SourcePackage};
use lazaret_oci::{Body, Limits};

use super::{Candidate, Detector, Interest, kernel, root_before};
use crate::{
    content::Lines,
    control,
    layer::{Database, FileFacts, FoundPackage, OwnerList},
    path_set::{PathHash, PathSet},
    room::Room,
};

pub(crate) struct Dpkg;

/// Other files of a package that may lie beside its status or its list.
const CONTROL_FILES: [&str; 10] = [
    ".conffiles",
    ".config",
    ".postinst",
    ".postrm",
    ".preinst",
    ".prerm",
    ".shlibs",
    ".symbols",
    ".templates",
    ".triggers",
];

/// Paths of one list; the largest packages have a hundred thousand.
const MAX_OWNED: usize = 2_000_000;

/// Problems of one file that are told one by one.
const TOLD: usize = 10;

impl Detector for Dpkg {
    fn id(&self) -> &'static str {
        "dpkg"
    }

    fn version(&self) -> u32 {
        3
    }

    fn doc(&self) -> &'static str {
        "https://manpages.debian.org/bookworm/dpkg/dpkg-query.1.en.html"
    }

    fn interest(&self, file: &Candidate<'_>) -> Interest {
        if Place::of(file.path).is_some() { Interest::Content } else { Interest::No }
    }

    fn detect(&self, file: &Candidate<'_>, body: &Body<'_>, _limits: &Limits, facts: &mut FileFacts) {
        match Place::of(file.path) {
            Some(Place::Status) => {
                facts.database = Some(Database::Dpkg);
                read_status(body, true, facts);
            }
            Some(Place::StatusDirectory) => {
                facts.database = Some(Database::Dpkg);
                read_status(body, false, facts);
            }
            Some(Place::Owner { root, package, sums }) => {
                let (name, arch) = package.split_once(':').map_or((package, None), |(n, a)| (n, Some(a.to_owned())));
                let owns = read_owned(body, root, sums, facts);
                let owner = OwnerList { kind: PackageType::Deb, package: name.to_owned(), arch, owns };
                facts.owner = Some(Box::new(owner));
            }
            None => {}
        }
    }
}

/// Which of dpkg's files a path is.
#[derive(PartialEq, Eq, Debug)]
enum Place<'a> {
    Status,
    StatusDirectory,
    /// `root` is before `var/`, ending in `/` or empty.
    Owner {
        root: &'a str,
        package: &'a str,
        sums: bool,
    },
}

impl<'a> Place<'a> {
    fn of(path: &'a str) -> Option<Self> {
        let (directory, name) = path.rsplit_once('/')?;
        if name == "status" {
            return root_before(directory, "lib/dpkg").map(|_| Self::Status);
        }
        let in_status = root_before(directory, "lib/dpkg/status.d");
        let root = root_of(in_status.or_else(|| root_before(directory, "lib/dpkg/info"))?);
        let sums = name.strip_suffix(".md5sums");
        if let Some(package) = sums.or_else(|| name.strip_suffix(".list")) {
            return Some(Self::Owner { root, package, sums: sums.is_some() });
        }
        let control = CONTROL_FILES.iter().any(|end| name.ends_with(end));
        (in_status.is_some() && !control).then_some(Self::StatusDirectory)
    }
}

/// The database lies in `var/lib` or `usr/lib`; owned paths start at the root above.
fn root_of(before: &str) -> &str {
    before.strip_suffix("var/").or_else(|| before.strip_suffix("usr/")).unwrap_or(before)
}

const FIELDS: [&str; 5] = ["Package", "Status", "Version", "Architecture", "Source"];

/// The fields of a stanza that matter.
struct Stanza {
    package: String,
    status: String,
    version: String,
    architecture: String,
    source: String,
}

/// dpkg itself refuses a `status` whose last line has no end: it was cut.
fn read_status(body: &Body<'_>, strict_end: bool, facts: &mut FileFacts) {
    let (mut faults, mut room) = (Faults::default(), Room::default());
    let mut not_installed = Vec::new();
    let end = control::read(body, &FIELDS, facts, &mut faults, &mut |stanza, facts, faults| {
        let [package, status, version, architecture, source] = stanza.values.try_into().unwrap_or_default();
        let fields = Stanza { package, status, version, architecture, source };
        if matches!(state(&fields.status), Some("not-installed" | "config-files")) {
            not_installed.push(PathHash::of(&fields.package));
            return not_installed.len() < MAX_OWNED;
        }
        finish(stanza.first_line, fields, facts, faults, &mut room);
        !room.is_full()
    });
    facts.not_installed = not_installed.into_iter().collect();
    if strict_end {
        end.must_be_whole(facts, &mut faults);
    }
    faults.sum_up(facts);
}

/// The last of `install ok installed`.
fn state(status: &str) -> Option<&str> {
    status.split_ascii_whitespace().nth(2)
}

fn is_package_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-+._".contains(&b))
}

/// Takes over a stanza when the package is installed, in whole or in part.
fn finish(at: u64, stanza: Stanza, facts: &mut FileFacts, faults: &mut Faults, room: &mut Room) {
    if !is_package_name(&stanza.package) {
        return faults.push(facts, format!("line {at}: a stanza without a valid package name"));
    }
    match state(&stanza.status) {
        // distroless writes no status; what is listed there is installed
        None if stanza.status.is_empty() => {}
        Some(
            "installed" | "unpacked" | "half-installed" | "half-configured" | "triggers-awaited" | "triggers-pending",
        ) => {}
        _ => faults.push(facts, format!("line {at}: {}: status {:?} is not known", stanza.package, stanza.status)),
    }
    if stanza.version.is_empty() || stanza.version.contains(char::is_whitespace) {
        faults.push(facts, format!("line {at}: {}: no valid version", stanza.package));
    }
    let source = source_of(&stanza);
    let package = FoundPackage {
        class: kernel::class_of(PackageType::Deb, &stanza.package, &source.name),
        arch: Some(stanza.architecture).filter(|arch| !arch.is_empty()),
        source: Some(source),
        ..FoundPackage::new(PackageType::Deb, stanza.package, stanza.version)
    };
    room.add(facts, package);
}

/// `Source: name (version)`; without the parentheses the version is the binary's, without a binNMU's `+bN`.
fn source_of(stanza: &Stanza) -> SourcePackage {
    let (name, version) = match stanza.source.split_once('(') {
        Some((name, rest)) => (name.trim(), Some(rest.trim_end().trim_end_matches(')').trim())),
        None => (stanza.source.trim(), None),
    };
    SourcePackage {
        name: if name.is_empty() { stanza.package.clone() } else { name.to_owned() },
        version: version.filter(|v| !v.is_empty()).unwrap_or_else(|| without_rebuild(&stanza.version)).to_owned(),
    }
}

/// `1.2-3+b4` was built again from `1.2-3`.
fn without_rebuild(version: &str) -> &str {
    match version.rsplit_once("+b") {
        Some((source, number)) if !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()) => source,
        _ => version,
    }
}

/// Paths of a `.list` (`/usr/bin/x`) or `.md5sums` (`<32 hex>  usr/bin/x`) file.
fn read_owned(body: &Body<'_>, root: &str, sums: bool, facts: &mut FileFacts) -> PathSet {
    let mut lines = Lines::new(body);
    let mut hashes = Vec::new();
    let mut full = root.to_owned();
    while let Some(line) = lines.next_line() {
        let listed = if sums { line.split_once("  ").map_or("", |(_, path)| path) } else { &line };
        let path = listed.trim_start_matches("./").trim_start_matches('/');
        if path.is_empty() || path == "." {
            continue;
        }
        if hashes.len() == MAX_OWNED {
            facts.problem(ProblemKind::LimitExceeded, format!("more than {MAX_OWNED} paths in one list"));
            break;
        }
        full.truncate(root.len());
        full.push_str(path);
        hashes.push(PathHash::of(&full));
    }
    hashes.into_iter().collect()
}

/// Problems of one file: the first few one by one, then a count.
#[derive(Default)]
pub(crate) struct Faults {
    count: usize,
}

impl Faults {
    pub(crate) fn push(&mut self, facts: &mut FileFacts, message: String) {
        self.count += 1;
        if self.count <= TOLD {
            facts.not_understood(message);
        }
    }

    pub(crate) fn sum_up(&self, facts: &mut FileFacts) {
        if self.count > TOLD {
            facts.problem(ProblemKind::ParseError, format!("and {} more faults", self.count - TOLD));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(path: &str, text: &str) -> FileFacts {
        let mut facts = FileFacts { path: path.to_owned(), ..FileFacts::default() };
        let file = Candidate::new(path, text.as_bytes(), 0o644);
        assert_eq!(Dpkg.interest(&file), Interest::Content, "{path}");
        Dpkg.detect(&file, &Body::memory(text.as_bytes()), &Limits::default(), &mut facts);
        facts
    }

    fn status(text: &str) -> FileFacts {
        read("var/lib/dpkg/status", text)
    }

    fn names(facts: &FileFacts) -> Vec<String> {
        facts.packages.iter().map(|p| format!("{} {}", p.name, p.version)).collect()
    }

    #[test]
    fn places() {
        assert_eq!(Place::of("var/lib/dpkg/status"), Some(Place::Status));
        assert_eq!(Place::of("mnt/rootfs/var/lib/dpkg/status"), Some(Place::Status));
        assert_eq!(Place::of("usr/lib/dpkg/status"), Some(Place::Status));
        assert_eq!(Place::of("var/lib/dpkg/status.d/libc6"), Some(Place::StatusDirectory));
        assert_eq!(
            Place::of("r/var/lib/dpkg/status.d/libc6.md5sums"),
            Some(Place::Owner { root: "r/", package: "libc6", sums: true })
        );
        assert_eq!(
            Place::of("var/lib/dpkg/info/libc6:amd64.list"),
            Some(Place::Owner { root: "", package: "libc6:amd64", sums: false })
        );
        for not in [
            "var/lib/dpkg/status-old",
            "var/lib/dpkg/info/libc6.postinst",
            "var/mylib/dpkg/status",
            "status",
            "lib/dpkg/status/x",
            "var/lib/dpkg/status.d/libc6.preinst",
        ] {
            assert_eq!(Place::of(not), None, "{not}");
        }
    }

    #[test]
    fn a_real_excerpt() {
        let facts = status(include_str!("../../testdata/dpkg/status"));
        assert_eq!(facts.problems, []);
        let found: Vec<_> = facts
            .packages
            .iter()
            .map(|p| {
                let source = p.source.as_ref().unwrap();
                format!("{} {} {} <- {} {}", p.name, p.version, p.arch.as_deref().unwrap(), source.name, source.version)
            })
            .collect();
        assert_eq!(
            found,
            [
                "base-files 12.4+deb12u15 amd64 <- base-files 12.4+deb12u15",
                "bash 5.2.15-2+b13 amd64 <- bash 5.2.15-2",
                "bsdutils 1:2.38.1-5+deb12u3 amd64 <- util-linux 2.38.1-5+deb12u3",
                "libc6 2.36-9+deb12u14 amd64 <- glibc 2.36-9+deb12u14",
                "libdb5.3 5.3.28+dfsg2-1 amd64 <- db5.3 5.3.28+dfsg2-1",
            ]
        );
    }

    #[test]
    fn states() {
        let of = |state: &str| {
            let facts = status(&format!("Package: a\nStatus: {state}\nVersion: 1\nArchitecture: all\n\n"));
            (facts.packages.len(), facts.problems.len())
        };
        for installed in [
            "install ok installed",
            "hold ok installed",
            "install ok unpacked",
            "install reinstreq half-installed",
            "install ok half-configured",
            "install ok triggers-pending",
            "install ok triggers-awaited",
        ] {
            assert_eq!(of(installed), (1, 0), "{installed}");
        }
        assert_eq!(of("deinstall ok config-files"), (0, 0));
        assert_eq!(of("purge ok not-installed"), (0, 0));
        assert_eq!(of("install ok inst"), (1, 1), "a cut word counts as installed, and is said");
    }

    #[test]
    fn garbage_is_told_by_line_and_the_rest_is_reported() {
        let text = "Package: a\nStatus: install ok installed\nVersion: 1\n\n\u{0}\u{1}garbage\nno colon here\n\n\
                    Package: b\nVersion: 2\nDescription: x\n folded\n .\n more\n\nStatus: install ok installed\n\n\
                    Package: c\nStatus: install ok installed\n\nPackage: d\nStatus: install ok installed\nVersion: 4";
        let facts = status(text);
        assert_eq!(names(&facts), ["a 1", "b 2", "c ", "d 4"]);
        let told: Vec<_> = facts.problems.iter().map(|p| p.message.as_str()).collect();
        assert!(told.iter().any(|m| m.starts_with("line 6: neither")), "{told:?}");
        assert!(told.iter().any(|m| m.starts_with("line 15: a stanza without")), "{told:?}");
        assert!(told.iter().any(|m| m.starts_with("line 17: c: no valid version")), "{told:?}");
        assert!(told.iter().any(|m| m.starts_with("line 22: the file is cut")), "{told:?}");
    }

    #[test]
    fn many_faults_are_counted() {
        let facts = status(&"x\n".repeat(5000));
        assert_eq!(facts.problems.len(), TOLD + 1);
        assert!(facts.packages.is_empty() && facts.database == Some(Database::Dpkg));
    }

    #[test]
    fn distroless() {
        let facts =
            read("var/lib/dpkg/status.d/base", "Package: base-files\nVersion: 12.4+deb12u5\nArchitecture: amd64");
        assert_eq!(names(&facts), ["base-files 12.4+deb12u5"]);
        assert_eq!(facts.problems, []);
    }

    #[test]
    fn owned_files() {
        let list = read("var/lib/dpkg/info/libc6:amd64.list", "/.\n/lib\n/lib/x86_64-linux-gnu/libc.so.6\n");
        let owner = list.owner.unwrap();
        assert_eq!((owner.package.as_str(), owner.arch.as_deref()), ("libc6", Some("amd64")));
        assert!(owner.owns.contains(PathHash::of("lib/x86_64-linux-gnu/libc.so.6")));
        let sums = read("r/var/lib/dpkg/info/a.md5sums", "d41d8cd98f00b204e9800998ecf8427e  usr/bin/a b\n");
        assert!(sums.owner.unwrap().owns.contains(PathHash::of("r/usr/bin/a b")));
    }

    #[test]
    fn rebuilds() {
        assert_eq!(without_rebuild("1.2-3+b4"), "1.2-3");
        assert_eq!(without_rebuild("1.2-3+deb12u1+b1"), "1.2-3+deb12u1");
        assert_eq!(without_rebuild("1.2+beta"), "1.2+beta");
        assert_eq!(without_rebuild("1.2-3+b"), "1.2-3+b");
    }

    #[test]
    fn damaged_files() {
        let whole = include_bytes!("../../testdata/dpkg/status");
        // behind a line that is not the last, only the lists of files tell that packages are lost
        crate::sample::damage_within(&Dpkg, "var/lib/dpkg/status", whole, |rest| !rest.ends_with(b"\n"));
    }
}
