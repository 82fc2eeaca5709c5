//! Arch Linux's packages: `lib/pacman/local/<name>-<version>/{desc,files}` under any root.

use lazaret_model::{PackageType, ProblemKind, SourcePackage};
use lazaret_oci::{Body, Limits};

use super::{Candidate, Detector, Interest, dpkg::Faults, kernel, root_before};
use crate::{
    content::Lines,
    layer::{Database, FileFacts, FoundPackage, OwnerList},
    license,
    path_set::PathHash,
    room::Room,
};

pub(crate) struct Pacman;

/// Files of one package.
const MAX_OWNED: usize = 2_000_000;

impl Detector for Pacman {
    fn id(&self) -> &'static str {
        "pacman"
    }

    fn version(&self) -> u32 {
        1
    }

    fn doc(&self) -> &'static str {
        "https://gitlab.archlinux.org/pacman/pacman/-/blob/master/lib/libalpm/be_local.c"
    }

    fn interest(&self, file: &Candidate<'_>) -> Interest {
        let named = matches!(file.name, "desc" | "files");
        if named && Place::of(file).is_some() { Interest::Content } else { Interest::No }
    }

    fn detect(&self, file: &Candidate<'_>, body: &Body<'_>, _limits: &Limits, facts: &mut FileFacts) {
        let Some(place) = Place::of(file) else { return };
        facts.database = Some(Database::Pacman);
        if file.name == "desc" {
            read_description(body, facts);
        } else {
            let mut owns = Vec::new();
            let sections = |section: &str, line: &str, facts: &mut FileFacts| {
                if section == "FILES" && !line.ends_with('/') {
                    if owns.len() == MAX_OWNED {
                        facts
                            .problem(ProblemKind::LimitExceeded, format!("more than {MAX_OWNED} files of one package"));
                        return false;
                    }
                    owns.push(PathHash::of(&format!("{}{line}", place.root)));
                }
                true
            };
            read_sections(body, facts, sections);
            let owns = owns.into_iter().collect();
            facts.owner = Some(Box::new(OwnerList {
                kind: PackageType::Alpm,
                package: place.package.to_owned(),
                arch: None,
                owns,
            }));
        }
    }
}

/// A directory of the database.
struct Place<'a> {
    /// Before `var/`, ending in `/` or empty.
    root: &'a str,
    package: &'a str,
}

impl<'a> Place<'a> {
    fn of(file: &Candidate<'a>) -> Option<Self> {
        let (directory, entry) = file.directory().rsplit_once('/')?;
        let before = root_before(directory, "lib/pacman/local")?;
        let root = before.strip_suffix("var/").or_else(|| before.strip_suffix("usr/")).unwrap_or(before);
        // name, version and release; the name may have dashes of its own
        let package =
            entry.rsplit_once('-').and_then(|(rest, _)| rest.rsplit_once('-')).map_or(entry, |(name, _)| name);
        Some(Self { root, package })
    }
}

fn read_description(body: &Body<'_>, facts: &mut FileFacts) {
    let (mut name, mut version, mut base, mut arch) = (String::new(), String::new(), String::new(), String::new());
    let (mut licenses, mut validated) = (Vec::new(), false);
    read_sections(body, facts, |section, line, _| {
        match section {
            "NAME" => line.clone_into(&mut name),
            "VERSION" => line.clone_into(&mut version),
            "BASE" => line.clone_into(&mut base),
            "ARCH" => line.clone_into(&mut arch),
            "VALIDATION" => validated = true,
            "LICENSE" if licenses.len() < 100 => licenses.push(line.to_owned()),
            _ => {}
        }
        true
    });
    if name.is_empty() || name.contains(char::is_whitespace) {
        return facts.not_understood("no valid name of a package");
    }
    if version.is_empty() || version.contains(char::is_whitespace) {
        facts.not_understood(format!("{name}: no valid version"));
    }
    // behind all that is read here
    if !validated {
        facts.not_understood(format!("{name}: the description is cut"));
    }
    let package = FoundPackage {
        class: kernel::class_of(PackageType::Alpm, &name, &base),
        arch: Some(arch).filter(|arch| !arch.is_empty()),
        source: (!base.is_empty()).then(|| SourcePackage { name: base, version: version.clone() }),
        license: license::all_of(licenses.iter().map(String::as_str)),
        ..FoundPackage::new(PackageType::Alpm, name, version)
    };
    Room::default().add(facts, package);
}

/// `%SECTION%`, its lines, and an empty line: pacman writes one behind every section, so that a file without it was cut.
fn read_sections(body: &Body<'_>, facts: &mut FileFacts, mut each: impl FnMut(&str, &str, &mut FileFacts) -> bool) {
    let mut lines = Lines::new(body);
    let mut faults = Faults::default();
    let (mut section, mut open) = (String::new(), false);
    while let Some(line) = lines.next_line() {
        let line = line.into_owned();
        if line.is_empty() {
            open = false;
            continue;
        }
        match line.strip_prefix('%').and_then(|rest| rest.strip_suffix('%')) {
            Some(name) if !open => {
                name.clone_into(&mut section);
                open = true;
            }
            _ if !open => faults.push(facts, format!("line {}: it belongs to no section", lines.number)),
            _ if !each(&section, &line, facts) => return,
            _ => {}
        }
    }
    if let Some(error) = lines.error {
        faults.push(facts, format!("line {}: cannot be read on: {error}", lines.number + 1));
    } else if open || !lines.ended {
        faults.push(facts, format!("line {}: the file is cut", lines.number));
    }
    faults.sum_up(facts);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{damage, names, read};

    const DESC: &[u8] = include_bytes!("../../testdata/pacman/desc");
    const FILES: &[u8] = include_bytes!("../../testdata/pacman/files");
    const PLACE: &str = "var/lib/pacman/local/lazaret-two-words-2:1.0-3";

    #[test]
    fn a_real_package() {
        let facts = read(&Pacman, &format!("{PLACE}/desc"), DESC);
        assert_eq!(facts.problems, []);
        assert_eq!(names(&facts), ["lazaret-two-words 2:1.0-3"]);
        let package = &facts.packages[0];
        assert_eq!(package.arch.as_deref(), Some("any"));
        assert_eq!(package.license.as_deref(), Some("GPL-2.0-only AND MIT"));
        assert_eq!(package.source.as_ref().unwrap().name, "lazaret-base");
        let owner = read(&Pacman, &format!("r/{PLACE}/files"), FILES).owner.unwrap();
        assert_eq!(owner.package, "lazaret-two-words");
        assert!(owner.owns.contains(PathHash::of("r/usr/bin/lazaret-hello")));
        assert!(!owner.owns.contains(PathHash::of("r/usr/bin")));
    }

    #[test]
    fn places() {
        let place = |path: &'static str| Place::of(&Candidate::new(path, b"", 0o644)).map(|p| (p.root, p.package));
        assert_eq!(place("var/lib/pacman/local/a-b-1.0-1/desc"), Some(("", "a-b")));
        assert_eq!(place("mnt/usr/lib/pacman/local/a-1-1/files"), Some(("mnt/", "a")));
        assert_eq!(place("var/lib/pacman/sync/a-1-1/desc"), None);
        assert_eq!(place("var/lib/pacman/local/ALPM_DB_VERSION"), None);
    }

    #[test]
    fn damaged_files() {
        damage(&Pacman, &format!("{PLACE}/desc"), DESC);
        damage(&Pacman, &format!("{PLACE}/files"), FILES);
    }
}
