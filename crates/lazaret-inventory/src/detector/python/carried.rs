//! What lies beside the metadata of a distribution: lists of its files, and bills of materials of what its wheel brings
//! (PEP 770). Wheels that were never installed are only named.

use lazaret_model::{PackageClass, PackageType};
use lazaret_oci::{Body, Limits};

use crate::{
    content::{Lines, document},
    detector::Candidate,
    embedded_sbom,
    layer::{FileFacts, FoundPackage, OwnerList},
    path_set::PathHash,
    room::Room,
};

use super::{from_path, normal_name};

/// Files of one distribution.
const MAX_FILES: usize = 300_000;

/// `<dist>.dist-info/sboms/x.cdx.json`.
pub(super) fn is_bill(name: &str, directory: &str) -> bool {
    directory.ends_with(".dist-info/sboms") && name.strip_suffix(".json").is_some_and(|stem| !stem.is_empty())
}

/// The packages that the distribution's wheel brings inside of its own files.
pub(super) fn bill(file: &Candidate<'_>, body: &Body<'_>, limits: &Limits, facts: &mut FileFacts) {
    let Some(bytes) = document(body, limits, facts) else { return };
    let found = match embedded_sbom::read(&bytes) {
        Ok(found) => found,
        Err(error) => return facts.not_understood(format!("bill of materials of a Python distribution: {error}")),
    };
    let holder = file.directory().trim_end_matches(".dist-info/sboms");
    let holder = holder.rsplit('/').next().unwrap_or_default();
    let name = holder.split('-').next().unwrap_or_default();
    let mut room = Room::default();
    for package in found.packages {
        // what it is about is the distribution itself; what has no version is required, and not inside
        if package.version.is_empty() {
            continue;
        }
        if package.kind != PackageType::Pypi || normal_name(&package.name) != normal_name(name) {
            room.add(facts, FoundPackage { bundled_in: Some(name.to_owned()), ..package });
        }
    }
}

/// A wheel as a file: `ensurepip/_bundled/pip-24.0-py3-none-any.whl`.
pub(super) fn is_wheel(name: &str, head: &[u8]) -> bool {
    name.strip_suffix(".whl").is_some_and(|stem| stem.matches('-').count() >= 4) && head.starts_with(b"PK")
}

pub(super) fn wheel(name: &str, facts: &mut FileFacts) {
    let mut parts = name.split('-');
    if let (Some(name), Some(version)) = (parts.next(), parts.next())
        && !name.is_empty()
        && version.starts_with(|c: char| c.is_ascii_digit())
    {
        let found = FoundPackage::new(PackageType::Pypi, name, version);
        facts.packages.push(FoundPackage { class: PackageClass::Declared, ..found });
    }
}

/// `RECORD`: a comma-separated line for each file, paths relative to the directory above.
pub(super) fn record(file: &Candidate<'_>, body: &Body<'_>, facts: &mut FileFacts) {
    let base = file.directory().rsplit_once('/').map_or("", |(above, _)| above);
    owner(file, base, body, facts, |line| {
        if let Some(quoted) = line.strip_prefix('"') {
            return quoted.split("\",").next().unwrap_or_default().replace("\"\"", "\"");
        }
        line.split(',').next().unwrap_or_default().to_owned()
    });
}

/// What setuptools wrote before wheels: paths relative to its own directory.
pub(super) fn installed_files(file: &Candidate<'_>, body: &Body<'_>, facts: &mut FileFacts) {
    owner(file, file.directory(), body, facts, str::to_owned);
}

fn owner(file: &Candidate<'_>, base: &str, body: &Body<'_>, facts: &mut FileFacts, path_of: impl Fn(&str) -> String) {
    let mut owns = Vec::new();
    let mut lines = Lines::new(body);
    while let Some(line) = lines.next_line() {
        if owns.len() >= MAX_FILES {
            break;
        }
        if let Some(path) = resolved(base, &path_of(line.trim())) {
            owns.push(PathHash::of(&path));
        }
    }
    let (name, _) = from_path(file);
    if !owns.is_empty() && !name.is_empty() {
        facts.owner = Some(Box::new(OwnerList {
            kind: PackageType::Pypi,
            package: normal_name(name),
            arch: None,
            owns: owns.into_iter().collect(),
        }));
    }
}

/// `../../../bin/pip` below `usr/lib/python3/site-packages` is `usr/bin/pip`.
fn resolved(base: &str, path: &str) -> Option<String> {
    let (base, path) = path.strip_prefix('/').map_or((base, path), |absolute| ("", absolute));
    let mut parts: Vec<&str> = base.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    (!path.is_empty() && !parts.is_empty()).then(|| parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        detector::python::Python,
        shown::{found, look},
    };

    #[test]
    fn lists_of_files() {
        let record =
            "x/__init__.py,sha256=abc,10\n\"x/a,b.py\",,\n../../../bin/x,,\nx-1.0.dist-info/RECORD,,\n/etc/x,,\n";
        let facts = look(&Python, "usr/lib/python3.11/site-packages/x-1.0.dist-info/RECORD", record.as_bytes());
        let owner = facts.owner.unwrap();
        assert_eq!((owner.package.as_str(), owner.owns.len()), ("x", 5));
        for path in ["usr/lib/python3.11/site-packages/x/a,b.py", "usr/bin/x", "etc/x"] {
            assert!(owner.owns.contains(PathHash::of(path)), "{path}");
        }
        let list = "../x/__init__.py\nPKG-INFO\n";
        let facts = look(&Python, "site-packages/X_y-1.0.egg-info/installed-files.txt", list.as_bytes());
        let owner = facts.owner.unwrap();
        assert!(owner.package == "x-y" && owner.owns.contains(PathHash::of("site-packages/x/__init__.py")));
        assert_eq!(resolved("a", "../../b"), None);
    }

    #[test]
    fn bills_of_materials() {
        let text = include_str!("../../../testdata/python/sbom.cdx.json");
        let path = "site-packages/demo-1.0.dist-info/sboms/auditwheel.cdx.json";
        assert_eq!(
            found(&Python, path, text),
            "generic zlib 1.2.13 (Zlib) of demo, cargo pyo3 0.22.2 (MIT OR Apache-2.0) of demo"
        );
        assert_eq!(found(&Python, path, "{"), "parse_error");
        assert_eq!(found(&Python, "site-packages/demo-1.0.dist-info/x.json", text), "");
    }

    #[test]
    fn wheels() {
        let path = "usr/lib/python3.11/ensurepip/_bundled/pip-24.0-py3-none-any.whl";
        assert_eq!(found(&Python, path, "PK\x03\x04"), "pypi pip 24.0 declared");
        assert_eq!(found(&Python, path, "x"), "");
        assert_eq!(found(&Python, "x.whl", "PK\x03\x04"), "");
    }
}
