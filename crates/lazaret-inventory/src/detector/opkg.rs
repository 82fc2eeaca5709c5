//! Packages of OpenWrt, Yocto and their kin: `lib/opkg/status` under any root, and `lib/opkg/info/*` beside it.

use lazaret_model::{PackageType, ProblemKind, SourcePackage};
use lazaret_oci::{Body, Limits};

use super::{Candidate, Detector, Interest, dpkg::Faults, root_before};
use crate::{
    content::Lines,
    control,
    layer::{Database, FileFacts, FoundPackage, Note, OwnerList},
    license,
    path_set::PathHash,
    room::Room,
};

pub(crate) struct Opkg;

/// Files of one package.
const MAX_OWNED: usize = 2_000_000;

impl Detector for Opkg {
    fn id(&self) -> &'static str {
        "opkg"
    }

    fn version(&self) -> u32 {
        2
    }

    fn doc(&self) -> &'static str {
        "https://git.yoctoproject.org/opkg/tree/libopkg/pkg_parse.c"
    }

    fn interest(&self, file: &Candidate<'_>) -> Interest {
        if Place::of(file).is_some() { Interest::Content } else { Interest::No }
    }

    fn detect(&self, file: &Candidate<'_>, body: &Body<'_>, _limits: &Limits, facts: &mut FileFacts) {
        match Place::of(file) {
            Some(Place::Status) => {
                facts.database = Some(Database::Opkg);
                read_status(body, facts);
            }
            Some(Place::Control) => read_control(body, facts),
            Some(Place::List { root, package }) => {
                let mut lines = Lines::new(body);
                let mut owns = Vec::new();
                while let Some(line) = lines.next_line() {
                    // the path, and since opkg 0.4 the mode and a link's target behind tabs
                    let path = line.split('\t').next().unwrap_or_default().trim_start_matches('/');
                    if owns.len() == MAX_OWNED {
                        facts.problem(ProblemKind::LimitExceeded, format!("more than {MAX_OWNED} paths in one list"));
                        break;
                    }
                    if !path.is_empty() {
                        owns.push(PathHash::of(&format!("{root}{path}")));
                    }
                }
                let owns = owns.into_iter().collect();
                facts.owner = Some(Box::new(OwnerList {
                    kind: PackageType::Opkg,
                    package: package.to_owned(),
                    arch: None,
                    owns,
                }));
            }
            None => {}
        }
    }
}

/// Which of opkg's files a path is.
enum Place<'a> {
    Status,
    Control,
    /// `root` is before `usr/` or `var/`, ending in `/` or empty.
    List {
        root: &'a str,
        package: &'a str,
    },
}

impl<'a> Place<'a> {
    fn of(file: &Candidate<'a>) -> Option<Self> {
        if file.name == "status" {
            return root_before(file.directory(), "lib/opkg").map(|_| Self::Status);
        }
        let (package, end) = file.name.rsplit_once('.').filter(|(_, end)| matches!(*end, "list" | "control"))?;
        let before = root_before(file.directory(), "lib/opkg/info")?;
        let root = before.strip_suffix("var/").or_else(|| before.strip_suffix("usr/")).unwrap_or(before);
        Some(if end == "list" { Self::List { root, package } } else { Self::Control })
    }
}

const FIELDS: [&str; 7] = ["Package", "Version", "Status", "Architecture", "Source", "SourceName", "License"];

fn read_status(body: &Body<'_>, facts: &mut FileFacts) {
    let (mut faults, mut room) = (Faults::default(), Room::default());
    let mut not_installed = Vec::new();
    let end = control::read(body, &FIELDS, facts, &mut faults, &mut |stanza, facts, faults| {
        let at = stanza.first_line;
        let [name, version, status, arch, source, source_name, license] = stanza.values.try_into().unwrap_or_default();
        if name.is_empty() || name.contains(char::is_whitespace) {
            faults.push(facts, format!("line {at}: a stanza without a valid package name"));
            return true;
        }
        match status.split_ascii_whitespace().nth(2) {
            Some("not-installed" | "config-files") => {
                not_installed.push(PathHash::of(&name));
                return not_installed.len() < MAX_OWNED;
            }
            Some("installed" | "unpacked" | "half-installed" | "post-inst-failed" | "removal-failed") => {}
            _ => faults.push(facts, format!("line {at}: {name}: status {status:?} is not known")),
        }
        if version.is_empty() || version.contains(char::is_whitespace) {
            faults.push(facts, format!("line {at}: {name}: no valid version"));
        }
        if arch.is_empty() {
            faults.push(facts, format!("line {at}: {name}: no architecture"));
        }
        let package = FoundPackage {
            arch: Some(arch).filter(|arch| !arch.is_empty()),
            source: source_of(&source_name, &source)
                .map(|source| SourcePackage { name: source, version: version.clone() }),
            license: license::normalise(&license),
            ..FoundPackage::new(PackageType::Opkg, name, version)
        };
        room.add(facts, package);
        !room.is_full()
    });
    facts.not_installed = not_installed.into_iter().collect();
    end.must_be_whole(facts, &mut faults);
    faults.sum_up(facts);
}

/// What a package said of itself before it was installed; `status` says whether it is.
fn read_control(body: &Body<'_>, facts: &mut FileFacts) {
    let mut faults = Faults::default();
    let end = control::read(body, &FIELDS, facts, &mut faults, &mut |stanza, facts, _| {
        let [package, version, _, _, _, _, license] = stanza.values.try_into().unwrap_or_default();
        if let Some(license) = license::normalise(&license)
            && !package.is_empty()
        {
            let version = Some(version).filter(|version| !version.is_empty());
            facts.notes.push(Note { license: Some(license), ..Note::new(PackageType::Opkg, package, version) });
        }
        false
    });
    end.must_be_whole(facts, &mut faults);
    faults.sum_up(facts);
}

/// OpenWrt names the source package, and its directory; Yocto the recipe's file, `busybox_1.36.1.bb`.
fn source_of(name: &str, place: &str) -> Option<String> {
    let last = place.rsplit('/').next().unwrap_or_default();
    let recipe = last.strip_suffix(".bb").map(|stem| stem.split('_').next().unwrap_or(stem));
    let name = if name.is_empty() { recipe.unwrap_or(last) } else { name };
    (!name.is_empty() && !name.contains(char::is_whitespace)).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{damage_within, names, read};

    const STATUS: &[u8] = include_bytes!("../../testdata/opkg/status");
    const CONTROL: &[u8] = include_bytes!("../../testdata/opkg/busybox.control");

    #[test]
    fn a_status_file() {
        let facts = read(&Opkg, "usr/lib/opkg/status", STATUS);
        assert_eq!(facts.problems, []);
        assert_eq!(
            names(&facts),
            ["ubus 2024.10.20~252a9b0c-r1", "libuci20130104 2023.08.10~5781664d-r1", "busybox 1.36.1-r2"]
        );
        assert_eq!(facts.packages[0].arch.as_deref(), Some("x86_64"));
        let facts =
            read(&Opkg, "r/var/lib/opkg/status", b"Package: a\nVersion: 1\nStatus: install ok not-installed\n\n");
        assert_eq!((names(&facts).len(), facts.problems.len()), (0, 0));
    }

    #[test]
    fn what_lies_beside_it() {
        let facts = read(&Opkg, "usr/lib/opkg/info/busybox.control", CONTROL);
        assert_eq!(facts.problems, []);
        assert_eq!(facts.notes[0].license.as_deref(), Some("GPL-2.0-only"));
        let list = read(&Opkg, "r/usr/lib/opkg/info/busybox.list", b"/bin/busybox\t0755\n/bin/sh\t0777\tbusybox\n");
        let owner = list.owner.unwrap();
        assert!(owner.owns.contains(PathHash::of("r/bin/busybox")) && owner.owns.contains(PathHash::of("r/bin/sh")));
        assert_eq!(source_of("", "meta/recipes-core/busybox/busybox_1.36.1.bb").as_deref(), Some("busybox"));
        assert_eq!(source_of("", "package/utils/busybox").as_deref(), Some("busybox"));
    }

    #[test]
    fn damaged_files() {
        // behind a line that is not the last, only the lists of files tell that packages are lost
        damage_within(&Opkg, "usr/lib/opkg/status", STATUS, |rest| !rest.ends_with(b"\n"));
    }
}
