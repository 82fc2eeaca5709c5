//! Conda's packages: `conda-meta/<name>-<version>-<build>.json` in an environment, under any root.

use lazaret_model::{PackageType, ProblemKind};
use lazaret_oci::{Body, Limits};
use serde::Deserialize;

use super::{Candidate, Detector, Interest};
use crate::{
    content,
    layer::{FileFacts, FoundPackage},
    license,
    path_set::PathHash,
    room::Room,
};

pub(crate) struct Conda;

/// Files of one package.
const MAX_OWNED: usize = 2_000_000;

impl Detector for Conda {
    fn id(&self) -> &'static str {
        "conda"
    }

    fn version(&self) -> u32 {
        1
    }

    fn doc(&self) -> &'static str {
        "https://docs.conda.io/projects/conda/en/stable/dev-guide/specs/conda-meta.html"
    }

    fn interest(&self, file: &Candidate<'_>) -> Interest {
        if file.name.as_bytes().ends_with(b".json") && prefix_of(file).is_some() {
            Interest::Content
        } else {
            Interest::No
        }
    }

    fn detect(&self, file: &Candidate<'_>, body: &Body<'_>, limits: &Limits, facts: &mut FileFacts) {
        let Some(bytes) = content::document(body, limits, facts) else { return };
        let prefix = prefix_of(file).unwrap_or_default();
        let record: Record = match serde_json::from_slice(&bytes) {
            Ok(record) => record,
            Err(error) => {
                // the file's name still says which package it is
                if let Some((name, version)) = named(file.name) {
                    let package =
                        FoundPackage { uncertain: true, ..FoundPackage::new(PackageType::Conda, name, version) };
                    Room::default().add(facts, package);
                }
                return facts.not_understood(format!("not a record of a package: {error}"));
            }
        };
        let Some(name) = record.name.filter(|name| !name.is_empty() && !name.contains(char::is_whitespace)) else {
            return facts.not_understood("a record without the name of a package");
        };
        if record.files.len() > MAX_OWNED {
            facts.problem(ProblemKind::LimitExceeded, format!("{name}: more than {MAX_OWNED} files of one package"));
        }
        let hash = |path: &String| PathHash::of(&format!("{prefix}{path}"));
        let package = FoundPackage {
            arch: record.subdir.filter(|subdir| !subdir.is_empty()),
            license: record.license.as_deref().and_then(license::normalise),
            repository: record.channel.as_deref().map(channel_of).filter(|channel| !channel.is_empty()),
            owns: record.files.iter().take(MAX_OWNED).map(hash).collect(),
            ..FoundPackage::new(PackageType::Conda, name, record.version.unwrap_or_default())
        };
        Room::default().add(facts, package);
    }
}

#[derive(Deserialize)]
struct Record {
    name: Option<String>,
    version: Option<String>,
    subdir: Option<String>,
    channel: Option<String>,
    license: Option<String>,
    #[serde(default)]
    files: Vec<String>,
}

/// The environment's directory, ending in `/` or empty.
fn prefix_of<'a>(file: &Candidate<'a>) -> Option<&'a str> {
    // the same list of what was done to the environment stands in `history`, and `state` says no package
    super::root_before(file.directory(), "conda-meta").filter(|_| file.name != "state.json")
}

/// Name and version of `<name>-<version>-<build>.json`.
fn named(file: &str) -> Option<(&str, &str)> {
    let (rest, _) = file.strip_suffix(".json")?.rsplit_once('-')?;
    rest.rsplit_once('-').filter(|(name, version)| !name.is_empty() && !version.is_empty())
}

/// The channel without the platform: `https://conda.anaconda.org/conda-forge/linux-64` is of `conda-forge`.
fn channel_of(channel: &str) -> String {
    const PLATFORMS: [&str; 5] = ["linux-", "osx-", "win-", "emscripten-", "noarch"];
    let mut channel = channel.trim_end_matches('/');
    if let Some((before, last)) = channel.rsplit_once('/')
        && PLATFORMS.iter().any(|platform| last.starts_with(platform))
    {
        channel = before;
    }
    let known = channel.strip_prefix("https://conda.anaconda.org/").unwrap_or(channel);
    known.strip_prefix("https://repo.anaconda.com/").unwrap_or(known).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{damage, names, read};

    const RECORD: &[u8] = include_bytes!("../../testdata/conda/zlib-1.2.11-h90dfc92_1014.json");
    const PLACE: &str = "opt/conda/conda-meta/zlib-1.2.11-h90dfc92_1014.json";

    #[test]
    fn a_package() {
        let facts = read(&Conda, PLACE, RECORD);
        assert_eq!(facts.problems, []);
        assert_eq!(names(&facts), ["zlib 1.2.11"]);
        let package = &facts.packages[0];
        assert_eq!(package.license.as_deref(), Some("Zlib"));
        assert_eq!((package.repository.as_deref(), package.arch.as_deref()), (Some("conda-forge"), Some("osx-arm64")));
        assert!(package.owns.contains(PathHash::of("opt/conda/lib/libz.a")));
    }

    #[test]
    fn channels() {
        assert_eq!(channel_of("https://repo.anaconda.com/pkgs/main/linux-64"), "pkgs/main");
        assert_eq!(channel_of("https://conda.anaconda.org/conda-forge"), "conda-forge");
        assert_eq!(channel_of("https://mirror.example/c/noarch"), "https://mirror.example/c");
    }

    #[test]
    fn damaged_files() {
        damage(&Conda, PLACE, RECORD);
        let cut = read(&Conda, PLACE, &RECORD[..100]);
        assert_eq!((names(&cut), cut.packages[0].uncertain), (vec!["zlib 1.2.11".to_owned()], true));
        assert_eq!(read(&Conda, PLACE, b"{\"version\":\"1\"}").problems.len(), 1);
    }
}
