//! Snaps that were unpacked into an image: `meta/snap.yaml`, and the Debian packages that they were made from:
//! `usr/share/snappy/dpkg.yaml`, `dpkg.list`, and `snap/manifest.yaml`.

use lazaret_model::{PackageType, ProblemKind};
use lazaret_oci::{Body, Limits};

use super::{Candidate, Detector, Interest, dpkg::Faults, root_before};
use crate::{
    content::Lines,
    layer::{FileFacts, FoundPackage, Root},
    room::{self, Room},
};

pub(crate) struct Snap;

impl Detector for Snap {
    fn id(&self) -> &'static str {
        "snap"
    }

    fn version(&self) -> u32 {
        1
    }

    fn doc(&self) -> &'static str {
        "https://documentation.ubuntu.com/snapcraft/stable/reference/project-file/"
    }

    fn interest(&self, file: &Candidate<'_>) -> Interest {
        if Place::of(file).is_some() { Interest::Content } else { Interest::No }
    }

    fn detect(&self, file: &Candidate<'_>, body: &Body<'_>, _limits: &Limits, facts: &mut FileFacts) {
        let mut room = Room::default();
        match Place::of(file) {
            Some(Place::Snap { root }) => read_snap(body, root, facts),
            Some(Place::List) => read_list(body, facts, &mut room),
            Some(Place::Manifest) => {
                let yaml = Yaml::read(body, facts);
                if file.name == "manifest.yaml" && yaml.text("snapcraft-version").is_none() {
                    // another program's, in a directory of that name
                    return facts.problems.clear();
                }
                let mut faults = Faults::default();
                let keys = ["packages", "primed-stage-packages"];
                for item in keys.iter().flat_map(|key| yaml.list(key)) {
                    match item.split_once('=') {
                        Some((name, version)) if !version.is_empty() => deb(name, version, facts, &mut room),
                        _ => faults.push(facts, format!("{item}: no package with its version")),
                    }
                }
                faults.sum_up(facts);
            }
            None => {}
        }
        if facts.packages.iter().any(|package| package.kind == PackageType::Deb) {
            let message = "the list names no source packages, which Ubuntu's advisories are about";
            facts.problem(ProblemKind::Unsupported, message);
        }
    }
}

enum Place<'a> {
    /// The directory of the snap, empty at the root.
    Snap {
        root: &'a str,
    },
    List,
    Manifest,
}

impl<'a> Place<'a> {
    fn of(file: &Candidate<'a>) -> Option<Self> {
        match file.name {
            "snap.yaml" => {
                root_before(file.directory(), "meta").map(|root| Self::Snap { root: root.trim_end_matches('/') })
            }
            "dpkg.list" => root_before(file.directory(), "usr/share/snappy").map(|_| Self::List),
            "dpkg.yaml" => root_before(file.directory(), "usr/share/snappy").map(|_| Self::Manifest),
            "manifest.yaml" => root_before(file.directory(), "snap").map(|_| Self::Manifest),
            _ => None,
        }
    }
}

fn read_snap(body: &Body<'_>, root: &str, facts: &mut FileFacts) {
    let yaml = Yaml::read(body, facts);
    let text = |key: &str| yaml.text(key).map(str::to_owned).filter(|text| !text.contains(char::is_whitespace));
    let Some(name) = text("name") else { return facts.not_understood("a snap without a valid name") };
    let version = text("version").unwrap_or_default();
    let architectures = yaml.list("architectures");
    let arch = if let [arch] = architectures.as_slice() { Some((*arch).to_owned()) } else { None };
    // an unpacked snap that is the image's root would own everything
    let roots = if root.is_empty() { Vec::new() } else { vec![Root { path: root.to_owned(), everything: true }] };
    let license = yaml.text("license").and_then(crate::license::normalise);
    let package = FoundPackage { arch, license, roots, ..FoundPackage::new(PackageType::Snap, name, version) };
    Room::default().add(facts, package);
}

/// A package whose files are in the snap. Which release it is of is not said here.
fn deb(name: &str, version: &str, facts: &mut FileFacts, room: &mut Room) {
    let (name, arch) = name.split_once(':').map_or((name, None), |(name, arch)| (name, Some(arch.to_owned())));
    if !room.is_full() && !name.is_empty() {
        room.add(facts, FoundPackage { arch, uncertain: true, ..FoundPackage::new(PackageType::Deb, name, version) });
    }
}

/// What `dpkg -l` printed: state, name, version, architecture and description in columns.
fn read_list(body: &Body<'_>, facts: &mut FileFacts, room: &mut Room) {
    let mut lines = Lines::new(body);
    let mut faults = Faults::default();
    let mut listed = false;
    while let Some(line) = lines.next_line() {
        if line.starts_with("+++-") {
            listed = true;
            continue;
        }
        if !listed || line.trim().is_empty() {
            continue;
        }
        let mut columns = line.split_whitespace();
        let (state, name, version, arch) = (columns.next(), columns.next(), columns.next(), columns.next());
        let (Some(state), Some(name), Some(version), Some(arch)) = (state, name, version, arch) else {
            let number = lines.number;
            faults.push(facts, format!("line {number}: no package with version and architecture"));
            continue;
        };
        // the second letter is what it is now: not installed, or only its configuration is left
        if !matches!(state.as_bytes().get(1), Some(b'n' | b'c')) {
            let name = name.split(':').next().unwrap_or(name);
            deb(&format!("{name}:{arch}"), version, facts, room);
        }
    }
    if !listed {
        faults.push(facts, "not a list of packages that dpkg printed".to_owned());
    }
    if !lines.ended {
        faults.push(facts, format!("line {}: the file is cut in the middle of a line", lines.number));
    }
    faults.sum_up(facts);
}

/// Keys at the left edge with a word or a list of words: what these files, which programs write, have.
#[derive(Default)]
struct Yaml {
    entries: Vec<(String, Vec<String>)>,
}

impl Yaml {
    fn read(body: &Body<'_>, facts: &mut FileFacts) -> Self {
        const MAX_ITEMS: usize = 100_000;
        let mut lines = Lines::new(body);
        let mut yaml = Self::default();
        let mut items = 0;
        while let Some(line) = lines.next_line() {
            if items > MAX_ITEMS {
                facts.problem(ProblemKind::LimitExceeded, format!("more than {MAX_ITEMS} items"));
                break;
            }
            if let Some(item) = line.trim_start().strip_prefix("- ") {
                if let Some((_, list)) = yaml.entries.last_mut() {
                    items += 1;
                    list.push(scalar(item));
                }
                continue;
            }
            if line.starts_with([' ', '#', '-']) || line.is_empty() {
                continue;
            }
            match line.split_once(':') {
                Some((key, value)) => {
                    let value = value.trim();
                    let inner = value.strip_prefix('[').and_then(|value| value.strip_suffix(']'));
                    let values = match inner {
                        Some(inner) => inner.split(',').map(scalar).filter(|item| !item.is_empty()).collect(),
                        None if value.is_empty() => Vec::new(),
                        None => vec![scalar(value)],
                    };
                    items += 1 + values.len();
                    yaml.entries.push((scalar(key), values));
                }
                None => {
                    let number = lines.number;
                    facts.not_understood(format!("line {number}: neither a key nor an item"));
                    break;
                }
            }
        }
        if lines.number == 0 {
            facts.not_understood("empty");
        }
        yaml
    }

    fn list(&self, key: &str) -> Vec<&str> {
        let of_key = self.entries.iter().filter(|(name, _)| name == key);
        of_key.flat_map(|(_, values)| values.iter().map(String::as_str)).collect()
    }

    fn text(&self, key: &str) -> Option<&str> {
        self.list(key).first().copied().filter(|text| !text.is_empty())
    }
}

/// Without quotes and a comment.
fn scalar(text: &str) -> String {
    let text = text.split(" #").next().unwrap_or_default().trim();
    let quoted = ['\'', '"'].iter().find_map(|quote| text.strip_prefix(*quote)?.strip_suffix(*quote));
    let mut value = String::new();
    room::extend(&mut value, quoted.unwrap_or(text));
    value
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{names, read};

    const SNAP: &[u8] = include_bytes!("../../testdata/snap/snap.yaml");
    const PACKAGES: &[u8] = include_bytes!("../../testdata/snap/dpkg.yaml");
    const MANIFEST: &[u8] = include_bytes!("../../testdata/snap/manifest.yaml");

    #[test]
    fn snaps() {
        let facts = read(&Snap, "snap/core/17200/meta/snap.yaml", SNAP);
        assert_eq!(facts.problems, []);
        assert_eq!(names(&facts), ["core 16-2.61.4-20240607"]);
        assert_eq!(facts.packages[0].arch.as_deref(), Some("amd64"));
        assert_eq!(facts.packages[0].roots[0].path, "snap/core/17200");
        let flow = read(&Snap, "meta/snap.yaml", b"name: 'x'\nversion: \"1.0\" # two\narchitectures: [amd64, arm64]\n");
        assert_eq!((names(&flow), flow.packages[0].arch.clone()), (vec!["x 1.0".to_owned()], None));
        assert!(flow.packages[0].roots.is_empty());
    }

    #[test]
    fn what_they_were_made_from() {
        let facts = read(&Snap, "usr/share/snappy/dpkg.yaml", PACKAGES);
        assert_eq!(
            names(&facts),
            ["adduser 3.118ubuntu2", "apparmor 2.13.3-7ubuntu5.3", "gcc-10-base 10.5.0-1ubuntu1~20.04"]
        );
        assert_eq!(facts.packages[2].arch.as_deref(), Some("amd64"));
        let facts = read(&Snap, "snap/manifest.yaml", MANIFEST);
        assert_eq!(names(&facts), ["grub-efi-amd64-signed 1.202+2.12-1ubuntu7", "shim-signed 1.56+15.7-0ubuntu1"]);
        let list = b"Desired=Unknown/Install\n||/ Name Version Architecture Description\n+++-====-====-====-====\n\
                     ii  adduser  3.118ubuntu2  all  add users\nrc  old  1  all  gone\nii  libc6:amd64  2.31  amd64  C\n";
        let facts = read(&Snap, "usr/share/snappy/dpkg.list", list);
        assert_eq!(
            (names(&facts), facts.problems.len()),
            (vec!["adduser 3.118ubuntu2".to_owned(), "libc6 2.31".to_owned()], 1)
        );
        assert!(read(&Snap, "app/snap/manifest.yaml", b"kind: other\n}\n").is_empty());
    }

    #[test]
    fn garbage_is_said() {
        for path in ["meta/snap.yaml", "usr/share/snappy/dpkg.yaml", "usr/share/snappy/dpkg.list"] {
            assert!(!read(&Snap, path, b"garbage\n").problems.is_empty(), "{path}");
            assert!(!read(&Snap, path, b"").problems.is_empty(), "{path}");
        }
        let facts = read(&Snap, "usr/share/snappy/dpkg.yaml", b"packages:\n- adduser\n- a=1\n");
        assert_eq!((names(&facts), facts.problems.len()), (vec!["a 1".to_owned()], 2));
    }
}
