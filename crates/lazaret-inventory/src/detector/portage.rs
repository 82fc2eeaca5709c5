//! Gentoo's packages: `var/db/pkg/<category>/<name>-<version>/` under any root. `CONTENTS` says that the package is there
//! and which files it owns; `LICENSE` and `repository` beside it say more of it.

use lazaret_model::{PackageType, ProblemKind};
use lazaret_oci::{Body, Limits};

use super::{Candidate, Detector, Interest, dpkg::Faults, kernel, root_before};
use crate::{
    content::Lines,
    layer::{Database, FileFacts, FoundPackage, Note},
    license,
    path_set::PathHash,
    room::Room,
};

pub(crate) struct Portage;

/// Files of one package.
const MAX_OWNED: usize = 2_000_000;

impl Detector for Portage {
    fn id(&self) -> &'static str {
        "portage"
    }

    fn version(&self) -> u32 {
        1
    }

    fn doc(&self) -> &'static str {
        "https://projects.gentoo.org/pms/8/pms.html"
    }

    fn interest(&self, file: &Candidate<'_>) -> Interest {
        let named = matches!(file.name, "CONTENTS" | "LICENSE" | "repository");
        if named && Place::of(file).is_some() { Interest::Content } else { Interest::No }
    }

    fn detect(&self, file: &Candidate<'_>, body: &Body<'_>, _limits: &Limits, facts: &mut FileFacts) {
        let Some(place) = Place::of(file) else { return };
        let Some((name, version)) = split(place.package) else {
            if file.name == "CONTENTS" {
                facts.database = Some(Database::Portage);
                facts.not_understood(format!("{}/{} is no name with a version", place.category, place.package));
            }
            return;
        };
        let name = format!("{}/{name}", place.category);
        if file.name == "CONTENTS" {
            facts.database = Some(Database::Portage);
            let owns = read_contents(body, place.root, facts).into_iter().collect();
            let class = kernel::class_of(PackageType::Ebuild, &name, "");
            let package = FoundPackage { class, owns, ..FoundPackage::new(PackageType::Ebuild, name, version) };
            return Room::default().add(facts, package);
        }
        let mut lines = Lines::new(body);
        let line = lines.next_line().map(|line| line.trim().to_owned()).unwrap_or_default();
        let note = Note::new(PackageType::Ebuild, name, Some(version.to_owned()));
        let note = if file.name == "LICENSE" {
            Note { license: license::normalise(&without_flags(&line)), ..note }
        } else {
            Note { repository: Some(line).filter(|line| !line.is_empty() && line.len() < 256), ..note }
        };
        if note.license.is_some() || note.repository.is_some() {
            facts.notes.push(note);
        }
    }
}

/// A package's directory.
struct Place<'a> {
    /// Before `var/`, ending in `/` or empty.
    root: &'a str,
    category: &'a str,
    package: &'a str,
}

impl<'a> Place<'a> {
    fn of(file: &Candidate<'a>) -> Option<Self> {
        let (rest, package) = file.directory().rsplit_once('/')?;
        let (directory, category) = rest.rsplit_once('/')?;
        Some(Self { root: root_before(directory, "var/db/pkg")?, category, package })
    }
}

/// The last `-` behind which a version stands; a revision (`-r1`) is part of it.
fn split(package: &str) -> Option<(&str, &str)> {
    let dashes = package.match_indices('-').map(|(at, _)| at);
    dashes
        .map(|at| (&package[..at], &package[at + 1..]))
        .rfind(|(name, version)| !name.is_empty() && is_version(version))
        .filter(|(name, _)| !name.starts_with('-'))
}

/// `1.2.3b_alpha4_p5-r6`
fn is_version(text: &str) -> bool {
    let (text, revision) = text.rsplit_once("-r").unwrap_or((text, "0"));
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let mut parts = text.split('_');
    let numbers = parts.next().unwrap_or_default();
    let numbers = numbers.strip_suffix(|c: char| c.is_ascii_lowercase()).unwrap_or(numbers);
    let suffix = |part: &str| {
        let word = part.trim_end_matches(|c: char| c.is_ascii_digit());
        matches!(word, "alpha" | "beta" | "pre" | "rc" | "p")
    };
    is_number(revision) && numbers.split('.').all(is_number) && parts.all(suffix)
}

/// `GPL-2 ssl? ( MIT )`: whether the flag was set is not asked, the licence counts.
fn without_flags(line: &str) -> String {
    line.split_whitespace().filter(|word| !word.ends_with('?')).collect::<Vec<_>>().join(" ")
}

/// `obj /path md5 mtime`, `sym /path -> target mtime`, `dir /path` and rare ones.
fn read_contents(body: &Body<'_>, root: &str, facts: &mut FileFacts) -> Vec<PathHash> {
    let mut lines = Lines::new(body);
    let mut faults = Faults::default();
    let mut owns = Vec::new();
    while let Some(line) = lines.next_line() {
        let path = match line.split_once(' ') {
            Some(("obj", rest)) => rest.rsplitn(3, ' ').nth(2),
            Some(("sym", rest)) => rest.split_once(" -> ").map(|(path, _)| path),
            Some(("dir" | "fif" | "dev", _)) => continue,
            _ => None,
        };
        match path.and_then(|path| path.strip_prefix('/')) {
            Some(_) if owns.len() == MAX_OWNED => {
                facts.problem(ProblemKind::LimitExceeded, format!("more than {MAX_OWNED} files of one package"));
                break;
            }
            Some(path) => owns.push(PathHash::of(&format!("{root}{path}"))),
            None => {
                let number = lines.number;
                faults.push(facts, format!("line {number}: no file with its sum and time"));
            }
        }
    }
    if let Some(error) = lines.error {
        faults.push(facts, format!("line {}: cannot be read on: {error}", lines.number + 1));
    } else if !lines.ended {
        faults.push(facts, format!("line {}: the file is cut in the middle of a line", lines.number));
    }
    faults.sum_up(facts);
    owns
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{names, read};

    const CONTENTS: &[u8] = include_bytes!("../../testdata/portage/CONTENTS");

    #[test]
    fn a_package() {
        let facts = read(&Portage, "var/db/pkg/app-containers/skopeo-1.5.1/CONTENTS", CONTENTS);
        assert_eq!(facts.problems, []);
        assert_eq!(names(&facts), ["app-containers/skopeo 1.5.1"]);
        assert!(facts.packages[0].owns.contains(PathHash::of("usr/bin/skopeo")));
        assert!(!facts.packages[0].owns.contains(PathHash::of("usr/bin")));
        let license = read(&Portage, "r/var/db/pkg/a/b-1-r2/LICENSE", b"|| ( GPL-2+ MIT ) ssl? ( BSD-2 )\n");
        let note = &license.notes[0];
        assert_eq!(note.license.as_deref(), Some("(GPL-2.0-or-later OR MIT) AND BSD-2-Clause"));
        assert_eq!((note.package.as_str(), note.version.as_deref()), ("a/b", Some("1-r2")));
        let repository = read(&Portage, "var/db/pkg/a/b-1/repository", b"gentoo\n");
        assert_eq!(repository.notes[0].repository.as_deref(), Some("gentoo"));
    }

    #[test]
    fn names_and_versions() {
        for (package, name, version) in [
            ("bash-5.1_p16-r6", "bash", "5.1_p16-r6"),
            ("gtk+-2.24.33-r3", "gtk+", "2.24.33-r3"),
            ("font-adobe-100dpi-1.0.3", "font-adobe-100dpi", "1.0.3"),
            ("openssl-1.1.1w", "openssl", "1.1.1w"),
            ("foo-9999", "foo", "9999"),
            ("x-1_alpha2_p3", "x", "1_alpha2_p3"),
            ("libfoo-2-3", "libfoo-2", "3"),
        ] {
            assert_eq!(split(package), Some((name, version)), "{package}");
        }
        for not in ["foo", "foo-bar", "foo-r1"] {
            assert_eq!(split(not), None, "{not}");
        }
        let facts = read(&Portage, "var/db/pkg/a/-MERGING-foo-1.0/CONTENTS", b"");
        assert_eq!(facts.problems.len(), 1, "an installation that did not end");
    }

    #[test]
    fn lines_of_all_kinds() {
        let text =
            b"dir /usr\nobj /usr/a b d41d8cd98f00b204e9800998ecf8427e 1700000000\nsym /usr/l -> a b 1700000000\n\
                     fif /run/x\nobj /usr/c\ngarbage\nobj /usr/d d41d8cd98f00b204e9800998ecf8427e 17";
        let facts = read(&Portage, "r/var/db/pkg/a/b-1/CONTENTS", text);
        let owns = &facts.packages[0].owns;
        assert!(owns.contains(PathHash::of("r/usr/a b")) && owns.contains(PathHash::of("r/usr/l")));
        let told: Vec<_> = facts.problems.iter().map(|p| p.message.as_str()).collect();
        assert_eq!(
            told,
            [
                "line 5: no file with its sum and time",
                "line 6: no file with its sum and time",
                "line 7: the file is cut in the middle of a line"
            ]
        );
    }

    #[test]
    fn damaged_files() {
        // a list that was cut exactly behind a line has fewer files, and nothing says so
        for length in 0..CONTENTS.len() {
            let facts = read(&Portage, "var/db/pkg/app-containers/skopeo-1.5.1/CONTENTS", &CONTENTS[..length]);
            assert_eq!(names(&facts).len(), 1);
            let whole = length == 0 || CONTENTS[length - 1] == b'\n';
            assert_eq!(facts.problems.is_empty(), whole, "{length}");
        }
    }
}
