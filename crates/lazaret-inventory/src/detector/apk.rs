//! Alpine packages: `lib/apk/db/installed` under any root, also below `usr/` since Alpine merged them.

use lazaret_model::{PackageType, ProblemKind, SourcePackage};
use lazaret_oci::{Body, Limits};

use super::{Candidate, Detector, Interest, dpkg::Faults, kernel, root_before};
use crate::{
    content::Lines,
    layer::{Database, FileFacts, FoundPackage},
    license,
    path_set::PathHash,
    room::Room,
};

pub(crate) struct Apk;

/// Files of one package.
const MAX_OWNED: usize = 2_000_000;

impl Detector for Apk {
    fn id(&self) -> &'static str {
        "apk"
    }

    fn version(&self) -> u32 {
        2
    }

    fn doc(&self) -> &'static str {
        "https://wiki.alpinelinux.org/wiki/Apk_spec#Installed_database_V2"
    }

    fn interest(&self, file: &Candidate<'_>) -> Interest {
        if file.name == "installed" && root_of(file.path).is_some() { Interest::Content } else { Interest::No }
    }

    fn detect(&self, file: &Candidate<'_>, body: &Body<'_>, _limits: &Limits, facts: &mut FileFacts) {
        facts.database = Some(Database::Apk);
        read_installed(body, root_of(file.path).unwrap_or_default(), facts);
    }
}

/// What is before `lib/` or `usr/lib/`: owned paths start there.
fn root_of(path: &str) -> Option<&str> {
    let before = root_before(path, "lib/apk/db/installed")?;
    Some(before.strip_suffix("usr/").filter(|root| root.is_empty() || root.ends_with('/')).unwrap_or(before))
}

/// The fields of a stanza that matter.
#[derive(Default)]
struct Stanza {
    first_line: u64,
    name: String,
    version: String,
    arch: String,
    origin: String,
    license: String,
    directory: String,
    owns: Vec<PathHash>,
}

fn read_installed(body: &Body<'_>, root: &str, facts: &mut FileFacts) {
    let mut lines = Lines::new(body);
    let mut stanza = Stanza::default();
    let mut faults = Faults::default();
    let mut room = Room::default();
    while let Some(line) = lines.next_line() {
        let line = line.into_owned();
        if line.is_empty() {
            finish(std::mem::take(&mut stanza), facts, &mut faults, &mut room);
            if room.is_full() {
                return faults.sum_up(facts);
            }
            continue;
        }
        if stanza.first_line == 0 {
            stanza.first_line = lines.number;
        }
        let Some((field, value)) = line.split_once(':').filter(|(field, _)| is_field(field)) else {
            faults.push(facts, format!("line {}: not a field of one letter", lines.number));
            continue;
        };
        match field {
            "P" => value.clone_into(&mut stanza.name),
            "V" => value.clone_into(&mut stanza.version),
            "A" => value.clone_into(&mut stanza.arch),
            "L" => value.clone_into(&mut stanza.license),
            "o" => value.clone_into(&mut stanza.origin),
            "F" => {
                stanza.directory.clear();
                stanza.directory.push_str(root);
                stanza.directory.push_str(value);
            }
            "R" if stanza.owns.len() == MAX_OWNED => {
                let message = format!("{}: more than {MAX_OWNED} files of one package", stanza.name);
                facts.problem(ProblemKind::LimitExceeded, message);
                return faults.sum_up(facts);
            }
            "R" if stanza.directory.is_empty() => stanza.owns.push(PathHash::of(value)),
            "R" => stanza.owns.push(PathHash::of(&format!("{}/{value}", stanza.directory.trim_end_matches('/')))),
            _ => {}
        }
    }
    finish(stanza, facts, &mut faults, &mut room);
    if let Some(error) = lines.error {
        faults.push(facts, format!("line {}: cannot be read on: {error}", lines.number + 1));
    } else if !lines.ended {
        faults.push(facts, format!("line {}: the file is cut in the middle of a line", lines.number));
    }
    faults.sum_up(facts);
}

fn is_field(name: &str) -> bool {
    name.len() == 1 && name.bytes().all(|b| b.is_ascii_alphabetic())
}

fn finish(stanza: Stanza, facts: &mut FileFacts, faults: &mut Faults, room: &mut Room) {
    if stanza.first_line == 0 {
        return;
    }
    if stanza.name.is_empty() || stanza.name.contains(char::is_whitespace) {
        return faults.push(facts, format!("line {}: a package without a valid name", stanza.first_line));
    }
    if stanza.version.is_empty() {
        faults.push(facts, format!("line {}: {}: no version", stanza.first_line, stanza.name));
    }
    let version = stanza.version;
    let package = FoundPackage {
        class: kernel::class_of(PackageType::Apk, &stanza.name, &stanza.origin),
        license: license::normalise(&stanza.license),
        arch: Some(stanza.arch).filter(|arch| !arch.is_empty()),
        source: (!stanza.origin.is_empty()).then(|| SourcePackage { name: stanza.origin, version: version.clone() }),
        owns: stanza.owns.into_iter().collect(),
        ..FoundPackage::new(PackageType::Apk, stanza.name, version)
    };
    room.add(facts, package);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(path: &str, text: &str) -> FileFacts {
        let mut facts = FileFacts { path: path.to_owned(), ..FileFacts::default() };
        let file = Candidate::new(path, text.as_bytes(), 0o644);
        assert_eq!(Apk.interest(&file), Interest::Content, "{path}");
        Apk.detect(&file, &Body::memory(text.as_bytes()), &Limits::default(), &mut facts);
        facts
    }

    #[test]
    fn places() {
        assert_eq!(root_of("lib/apk/db/installed"), Some(""));
        assert_eq!(root_of("usr/lib/apk/db/installed"), Some(""));
        assert_eq!(root_of("mnt/r/usr/lib/apk/db/installed"), Some("mnt/r/"));
        assert_eq!(root_of("mnt/r/lib/apk/db/installed"), Some("mnt/r/"));
        assert_eq!(root_of("xusr/lib/apk/db/installed"), Some("xusr/"));
        assert_eq!(root_of("mylib/apk/db/installed"), None);
    }

    #[test]
    fn a_real_excerpt() {
        let facts = read("lib/apk/db/installed", include_str!("../../testdata/apk/installed"));
        assert_eq!(facts.problems, []);
        let found: Vec<_> = facts
            .packages
            .iter()
            .map(|p| {
                format!(
                    "{} {} {} <- {}",
                    p.name,
                    p.version,
                    p.arch.as_deref().unwrap(),
                    p.source.as_ref().unwrap().name
                )
            })
            .collect();
        assert_eq!(
            found,
            [
                "libcrypto3 3.3.2-r0 x86_64 <- openssl",
                "musl 1.2.5-r0 x86_64 <- musl",
                "scanelf 1.3.7-r2 x86_64 <- pax-utils",
                "ssl_client 1.36.1-r29 x86_64 <- busybox",
            ]
        );
        assert!(facts.packages[1].owns.contains(PathHash::of("lib/ld-musl-x86_64.so.1")));
        assert!(!facts.packages[1].owns.contains(PathHash::of("lib")));
    }

    #[test]
    fn garbage_is_told_by_line_and_the_rest_is_reported() {
        let facts = read("lib/apk/db/installed", "P:a\nV:1\n\n\u{0}garbage\n\nP:b\n\nP:c\nV:2\nA:x86");
        let names: Vec<_> = facts.packages.iter().map(|p| format!("{} {}", p.name, p.version)).collect();
        assert_eq!(names, ["a 1", "b ", "c 2"]);
        let told: Vec<_> = facts.problems.iter().map(|p| p.message.as_str()).collect();
        assert_eq!(
            told,
            [
                "line 4: not a field of one letter",
                "line 4: a package without a valid name",
                "line 6: b: no version",
                "line 10: the file is cut in the middle of a line",
            ]
        );
    }

    #[test]
    fn files_in_the_root_directory() {
        let facts = read("r/lib/apk/db/installed", "P:a\nV:1\nF:\nR:x\nF:usr\nR:y\n\n");
        assert!(facts.packages[0].owns.contains(PathHash::of("r/x")));
        assert!(facts.packages[0].owns.contains(PathHash::of("r/usr/y")));
    }

    #[test]
    fn damaged_files() {
        let whole = include_bytes!("../../testdata/apk/installed");
        // behind a line that is not the last, only the lists of files tell that packages are lost
        crate::sample::damage_within(&Apk, "lib/apk/db/installed", whole, |rest| !rest.ends_with(b"\n"));
    }
}
