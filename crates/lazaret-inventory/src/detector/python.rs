//! Python distributions: the metadata that installers write (`*.dist-info/METADATA`, `*.egg-info`), their lists of files
//! and the bills of materials that they carry.

use lazaret_model::PackageType;
use lazaret_oci::{Body, Limits};

use super::{Candidate, Detector, Interest};
use crate::{
    archive::{Archive, ArchiveError, Budget, Part},
    layer::{FileFacts, FoundPackage, Root},
};

mod carried;
mod headers;

use headers::Headers;

pub(crate) struct Python;

impl Detector for Python {
    fn id(&self) -> &'static str {
        "python"
    }

    fn version(&self) -> u32 {
        4
    }

    fn doc(&self) -> &'static str {
        "https://packaging.python.org/en/latest/specifications/recording-installed-packages/"
    }

    fn interest(&self, file: &Candidate<'_>) -> Interest {
        let directory = file.directory();
        let wanted = match file.name {
            "METADATA" | "RECORD" => directory.ends_with(".dist-info"),
            "installed-files.txt" => directory.ends_with(".egg-info"),
            "PKG-INFO" => directory.ends_with(".egg-info") || directory.ends_with("EGG-INFO"),
            name if carried::is_bill(name, directory) => true,
            name if carried::is_wheel(name, file.head) => return Interest::Name,
            name => name.ends_with(".egg-info") && name.len() > ".egg-info".len() || is_zipped_egg(name, file.head),
        };
        if wanted { Interest::Content } else { Interest::No }
    }

    fn detect(&self, file: &Candidate<'_>, body: &Body<'_>, limits: &Limits, facts: &mut FileFacts) {
        match file.name {
            "RECORD" => return carried::record(file, body, facts),
            "installed-files.txt" => return carried::installed_files(file, body, facts),
            name if carried::is_bill(name, file.directory()) => return carried::bill(file, body, limits, facts),
            name if carried::is_wheel(name, file.head) => return carried::wheel(name, facts),
            _ => {}
        }
        let mut inner = None;
        let headers = if is_zipped_egg(file.name, file.head) {
            inner = Some(EGG_METADATA.to_owned());
            match read_egg(body, limits) {
                Ok(Some(metadata)) => Headers::read(&Body::memory(&metadata)),
                // a zip of something else
                Ok(None) => return,
                Err(error) => return facts.problem(error.kind(), format!("{EGG_METADATA}: {error}")),
            }
        } else {
            Headers::read(body)
        };
        let license = headers.license();
        let Headers { name, version, .. } = headers;
        let complete = !name.is_empty() && !version.is_empty();
        if !complete {
            facts.not_understood("no Name or no Version in the metadata");
        }
        let (path_name, path_version) = from_path(file);
        let name = if name.is_empty() { path_name.to_owned() } else { name };
        let version = if version.is_empty() { path_version.to_owned() } else { version };
        if !name.is_empty() {
            let found = FoundPackage::new(PackageType::Pypi, name, version);
            facts.packages.push(FoundPackage { uncertain: !complete, inner, license, roots: egg_root(file), ..found });
        }
    }
}

/// An unpacked egg is a directory of its own; other forms have a list of their files.
fn egg_root(file: &Candidate<'_>) -> Vec<Root> {
    let egg = file.directory().strip_suffix("/EGG-INFO").filter(|egg| egg.strip_suffix(".egg").is_some());
    egg.map(|egg| Root { path: egg.to_owned(), everything: true }).into_iter().collect()
}

const EGG_METADATA: &str = "EGG-INFO/PKG-INFO";
/// Bytes of metadata in an egg.
const MAX_METADATA: u64 = 4 << 20;

/// Eggs are directories or, where their code allows it, zip archives.
fn is_zipped_egg(name: &str, head: &[u8]) -> bool {
    name.strip_suffix(".egg").is_some_and(|stem| !stem.is_empty()) && head.starts_with(b"PK")
}

fn read_egg(body: &Body<'_>, limits: &Limits) -> Result<Option<Vec<u8>>, ArchiveError> {
    let archive = Archive::open(Part::body(body))?;
    let mut budget = Budget::new(limits);
    let mut metadata = None;
    archive.items(&mut budget, |path, item| {
        if path == EGG_METADATA {
            metadata = Some(item);
        }
    })?;
    metadata.map(|item| archive.read(&item, MAX_METADATA, &mut budget)).transpose()
}

/// `name-version.dist-info/METADATA`, `name-version-py3.11.egg-info`, `name-version-py3.11.egg/EGG-INFO/PKG-INFO`.
fn from_path<'a>(file: &Candidate<'a>) -> (&'a str, &'a str) {
    let holder = if file.name.ends_with(".egg-info") || file.name.strip_suffix(".egg").is_some() {
        file.name
    } else {
        let directory = file.directory().trim_end_matches("/EGG-INFO");
        directory.rsplit_once('/').map_or(directory, |(_, last)| last)
    };
    let Some(stem) = [".dist-info", ".egg-info", ".egg"].iter().find_map(|end| holder.strip_suffix(end)) else {
        return ("", "");
    };
    let mut parts = stem.split('-');
    (parts.next().unwrap_or_default(), parts.next().unwrap_or_default())
}

/// The normal form of a name (PEP 503): lower case, runs of `-`, `_` and `.` are one `-`.
pub(crate) fn normal_name(name: &str) -> String {
    let mut normal = String::with_capacity(name.len());
    for c in name.chars() {
        if !matches!(c, '-' | '_' | '.') {
            normal.extend(c.to_lowercase());
        } else if !normal.ends_with('-') {
            normal.push('-');
        }
    }
    normal
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shown::brief;

    fn found(path: &str, text: &str) -> String {
        brief(&Python, path, text)
    }

    #[test]
    fn a_real_distribution() {
        let text = include_str!("../../testdata/python/METADATA");
        assert_eq!(found("usr/local/lib/python3.11/dist-packages/Jinja2-2.10.dist-info/METADATA", text), "Jinja2 2.10");
    }

    #[test]
    fn a_zipped_egg() {
        let bytes = include_bytes!("../../testdata/python/my_test_package-1.0-py3.7.egg");
        let path = "site-packages/my_test_package-1.0-py3.7.egg";
        let file = Candidate::new(path, &bytes[..bytes.len().min(512)], 0o644);
        assert_eq!(Python.interest(&file), Interest::Content);
        let read = |bytes: &[u8]| {
            let mut facts = FileFacts { path: path.to_owned(), ..FileFacts::default() };
            Python.detect(&file, &Body::memory(bytes), &Limits::default(), &mut facts);
            facts
        };
        let facts = read(bytes);
        assert_eq!(facts.problems, []);
        let found = &facts.packages[0];
        assert_eq!((found.name.as_str(), found.version.as_str()), ("my-test-package", "1.0"));
        assert_eq!(found.inner.as_deref(), Some("EGG-INFO/PKG-INFO"));
        assert_eq!(read(&bytes[..bytes.len() - 30]).problems.len(), 1, "cut off");
    }

    #[test]
    fn places() {
        let text = "Metadata-Version: 2.1\nName: x\nVersion: 1.0\n";
        for installed in [
            "site-packages/x-1.0.dist-info/METADATA",
            "dist-packages/x-1.0.egg-info",
            "dist-packages/x-1.0-py3.11.egg-info/PKG-INFO",
            "site-packages/x-1.0-py3.11.egg/EGG-INFO/PKG-INFO",
            "src/x.egg-info/PKG-INFO",
        ] {
            assert_eq!(found(installed, text), "x 1.0", "{installed}");
        }
        for not in ["x/METADATA", "x/PKG-INFO", "a/.egg-info", "x.egg-info/SOURCES.txt"] {
            assert_eq!(found(not, text), "", "{not}");
        }
    }

    #[test]
    fn odd_headers() {
        let path = "s/Foo.Bar-1.5.dist-info/METADATA";
        assert_eq!(found(path, "NAME: Foo.Bar\r\nversion:\r\n 1.5\r\n\r\nName: no\r\n"), "Foo.Bar 1.5");
        assert_eq!(found(path, "Summary: x\n Name: not this\nName: a\nVersion: 2\nName: b\n"), "a 2");
        assert_eq!(found(path, ""), "Foo.Bar 1.5 ?, parse_error");
        assert_eq!(found(path, "Name: a\n\nVersion: 2"), "a 1.5 ?, parse_error");
        assert_eq!(found("s/x.egg-info/PKG-INFO", "\u{0}\u{1}"), "x  ?, parse_error");
    }

    #[test]
    fn normal_names() {
        assert_eq!(normal_name("Foo.Bar__baz"), "foo-bar-baz");
        assert_eq!(normal_name("PyYAML"), "pyyaml");
    }
}
