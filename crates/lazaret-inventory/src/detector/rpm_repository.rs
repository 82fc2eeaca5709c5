//! Which repository each rpm package came from: the history of DNF 4 (SQLite), the state of DNF 5 (TOML), and the content
//! manifests of Red Hat's own images, which name all repositories of a layer at once.

use std::collections::HashMap;

use lazaret_model::PackageType;
use lazaret_oci::{Body, Limits};
use serde::Deserialize;

use super::{
    Candidate, Detector, Interest,
    dpkg::Faults,
    root_before,
    rpm::sqlite::{self, integer, text},
};
use crate::{
    content,
    layer::{FileFacts, Note},
};

pub(crate) struct RpmRepository;

/// Packages of one file; the largest systems have some ten thousand, with all that they ever had.
const MAX_PACKAGES: usize = 200_000;
const MAX_VALUE: usize = 256;

impl Detector for RpmRepository {
    fn id(&self) -> &'static str {
        "rpm_repository"
    }

    fn version(&self) -> u32 {
        1
    }

    fn doc(&self) -> &'static str {
        "https://github.com/rpm-software-management/libdnf/blob/dnf-4-master/libdnf/transaction/sql/create.sql"
    }

    fn interest(&self, file: &Candidate<'_>) -> Interest {
        if Place::of(file).is_some() { Interest::Content } else { Interest::No }
    }

    fn detect(&self, file: &Candidate<'_>, body: &Body<'_>, limits: &Limits, facts: &mut FileFacts) {
        match Place::of(file) {
            Some(Place::History) => read_history(body, facts),
            Some(Place::State) => {
                let Some(bytes) = content::document(body, limits, facts) else { return };
                read_state(&bytes, facts);
            }
            Some(Place::Manifest) => {
                let Some(bytes) = content::document(body, limits, facts) else { return };
                read_manifest(&bytes, facts);
            }
            None => {}
        }
    }
}

enum Place {
    History,
    State,
    Manifest,
}

impl Place {
    fn of(file: &Candidate<'_>) -> Option<Self> {
        let within = |places: &[&str]| places.iter().any(|place| root_before(file.directory(), place).is_some());
        match file.name {
            "history.sqlite" => within(&["var/lib/dnf", "usr/lib/sysimage/dnf"]).then_some(Self::History),
            "nevras.toml" => within(&["usr/lib/sysimage/libdnf5", "usr/lib/sysimage/dnf"]).then_some(Self::State),
            name if name.as_bytes().ends_with(b".json") => {
                let places = ["root/buildinfo/content_manifests", "usr/share/buildinfo"];
                within(&places).then_some(Self::Manifest)
            }
            _ => None,
        }
    }
}

/// What libdnf calls the ways in which a package comes: install, downgrade, obsolete, upgrade, reinstall.
const COMES: [i64; 5] = [1, 2, 4, 6, 9];

/// The last transaction that brought a package says from where.
fn read_history(body: &Body<'_>, facts: &mut FileFacts) {
    let (mut repositories, mut packages, mut came) = (HashMap::new(), HashMap::new(), HashMap::new());
    let faults = sqlite::rows(body, &["repo", "rpm", "trans_item"], &mut |table, row, line| match table {
        0 => {
            if let Some(name) = text(line, 1).filter(|name| is_value(name)) {
                repositories.insert(row, name.to_owned());
            }
        }
        1 => {
            let fields = (text(line, 1), integer(line, 2), text(line, 3), text(line, 4), text(line, 5));
            if let (Some(item), (Some(name), Some(epoch), Some(version), Some(release), Some(arch))) =
                (integer(line, 0), fields)
                && packages.len() < MAX_PACKAGES
            {
                packages.insert(item, note(name, epoch, version, release, arch));
            }
        }
        _ => {
            let (item, repository, action) = (integer(line, 2), integer(line, 3), integer(line, 4));
            if let (Some(item), Some(repository), Some(action)) = (item, repository, action)
                && COMES.contains(&action)
            {
                let last = came.entry(item).or_insert((row, repository));
                if last.0 < row {
                    *last = (row, repository);
                }
            }
        }
    });
    let mut told = Faults::default();
    for fault in faults {
        told.push(facts, fault);
    }
    let mut packages: Vec<_> = packages.into_iter().collect();
    packages.sort_unstable_by_key(|(item, _)| *item);
    for (item, package) in packages {
        let repository = came.get(&item).and_then(|(_, repository)| repositories.get(repository));
        if let (Some(package), Some(repository)) = (package, repository)
            && repository != "@System"
        {
            facts.notes.push(Note { repository: Some(repository.clone()), ..package });
        }
    }
    told.sum_up(facts);
}

fn is_value(text: &str) -> bool {
    !text.is_empty() && text.len() <= MAX_VALUE && !text.contains(char::is_control)
}

fn note(name: &str, epoch: i64, version: &str, release: &str, arch: &str) -> Option<Note> {
    if ![name, version, release, arch].into_iter().all(is_value) {
        return None;
    }
    let epoch = if epoch == 0 { String::new() } else { format!("{epoch}:") };
    let version = format!("{epoch}{version}-{release}");
    Some(Note { arch: Some(arch.to_owned()), ..Note::new(PackageType::Rpm, name, Some(version)) })
}

#[derive(Deserialize)]
struct State {
    #[serde(default)]
    nevras: HashMap<String, Installed>,
}

#[derive(Deserialize)]
struct Installed {
    #[serde(default)]
    from_repo: String,
}

fn read_state(bytes: &[u8], facts: &mut FileFacts) {
    let state: State = match toml::from_slice(bytes) {
        Ok(state) => state,
        Err(error) => {
            let error = error.to_string();
            let error = error.lines().next().unwrap_or_default();
            return facts.not_understood(format!("not the state of DNF: {error}"));
        }
    };
    let mut faults = Faults::default();
    let mut installed: Vec<_> = state.nevras.into_iter().take(MAX_PACKAGES).collect();
    installed.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
    for (nevra, Installed { from_repo }) in installed {
        match parse(&nevra) {
            Some(package) if is_value(&from_repo) && from_repo != "@System" => {
                facts.notes.push(Note { repository: Some(from_repo), ..package });
            }
            Some(_) => {}
            None => faults.push(facts, format!("{nevra}: no package with version, release and architecture")),
        }
    }
    faults.sum_up(facts);
}

/// `name-epoch:version-release.arch`
fn parse(nevra: &str) -> Option<Note> {
    let (rest, arch) = nevra.rsplit_once('.')?;
    let (rest, release) = rest.rsplit_once('-')?;
    let (name, version) = rest.rsplit_once('-')?;
    let (epoch, version) = match version.split_once(':') {
        Some((epoch, version)) => (epoch.parse().ok()?, version),
        None => (0, version),
    };
    note(name, epoch, version, release, arch)
}

#[derive(Deserialize)]
struct Manifest {
    #[serde(default)]
    content_sets: Vec<String>,
}

/// The repositories that were open when the layer was built: they stand for all packages of which nothing more is known.
fn read_manifest(bytes: &[u8], facts: &mut FileFacts) {
    const MAX_SETS: usize = 100;
    let manifest: Manifest = match serde_json::from_slice(bytes) {
        Ok(manifest) => manifest,
        Err(error) => return facts.not_understood(format!("not a content manifest: {error}")),
    };
    let mut sets: Vec<_> = manifest.content_sets.into_iter().filter(|set| is_value(set)).take(MAX_SETS).collect();
    sets.sort_unstable();
    sets.dedup();
    if !sets.is_empty() {
        facts.notes.push(Note { repository: Some(sets.join(" ")), ..Note::new(PackageType::Rpm, "", None) });
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;
    use crate::sample::read;

    const STATE: &[u8] = include_bytes!("../../testdata/rpm_repository/nevras.toml");

    fn history() -> Vec<u8> {
        let mut bytes = Vec::new();
        let packed = include_bytes!("../../testdata/rpm_repository/history.sqlite.gz");
        flate2::read::GzDecoder::new(&packed[..]).read_to_end(&mut bytes).unwrap();
        bytes
    }

    fn listed(facts: &FileFacts) -> Vec<String> {
        let of = |text: &Option<String>| text.clone().unwrap_or_default();
        facts
            .notes
            .iter()
            .map(|n| format!("{} {} {} <- {}", n.package, of(&n.version), of(&n.arch), of(&n.repository)))
            .collect()
    }

    #[test]
    fn the_history_of_dnf_4() {
        let facts = read(&RpmRepository, "var/lib/dnf/history.sqlite", &history());
        assert_eq!(facts.problems, []);
        assert_eq!(
            listed(&facts),
            [
                "bash 5.1.8-6.el9 x86_64 <- anaconda",
                "glibc 2.34-60.el9 x86_64 <- anaconda",
                "epoch 2:1.0-1.el9 noarch <- baseos",
                "bash 5.1.8-9.el9 x86_64 <- baseos",
                "nginx 1:1.20.1-14.el9 x86_64 <- epel",
            ]
        );
    }

    #[test]
    fn the_state_of_dnf_5() {
        let facts = read(&RpmRepository, "usr/lib/sysimage/libdnf5/nevras.toml", STATE);
        assert_eq!(facts.problems, []);
        assert_eq!(listed(&facts), ["bash 5.2.26-3.fc40 x86_64 <- fedora", "two-words 1:1.0-1.fc40 noarch <- updates"]);
    }

    #[test]
    fn content_manifests() {
        let text = br#"{"metadata":{"icm_version":1},"content_sets":["rhel-9-for-x86_64-baseos-rpms","rhel-9-for-x86_64-appstream-rpms"]}"#;
        let facts = read(&RpmRepository, "root/buildinfo/content_manifests/ubi9-container-9.4-1.json", text);
        assert_eq!(listed(&facts), ["   <- rhel-9-for-x86_64-appstream-rpms rhel-9-for-x86_64-baseos-rpms"]);
        assert!(read(&RpmRepository, "usr/share/buildinfo/labels.json", b"{\"cpe\":\"x\"}").is_empty());
    }

    #[test]
    fn damaged_files() {
        let bytes = history();
        let whole = read(&RpmRepository, "var/lib/dnf/history.sqlite", &bytes);
        let step = bytes.len() / 200;
        for length in (1..bytes.len()).step_by(step) {
            let facts = read(&RpmRepository, "var/lib/dnf/history.sqlite", &bytes[..length]);
            assert!(!facts.problems.is_empty() || facts.notes == whole.notes, "{length}");
        }
        for (index, at) in (0..bytes.len()).step_by(step / 3).enumerate() {
            let mut damaged = bytes.clone();
            damaged[at] ^= 1 << (index % 8);
            read(&RpmRepository, "var/lib/dnf/history.sqlite", &damaged);
        }
        for length in 0..STATE.len() {
            read(&RpmRepository, "usr/lib/sysimage/libdnf5/nevras.toml", &STATE[..length]);
        }
        assert!(!read(&RpmRepository, "usr/lib/sysimage/libdnf5/nevras.toml", b"[nevras]\nx").problems.is_empty());
    }
}
