//! Which operating system the flattened image is, and whether that and its package databases fit together.

use lazaret_model::{OsRelease, Problem, ProblemKind};

use super::{
    flat::{FlatImage, Gone},
    packages::Packages,
};
use crate::layer::{Database, OsFacts};

/// In this order; a later one counts only where the earlier ones are absent.
const FILES: [&str; 5] =
    ["etc/os-release", "usr/lib/os-release", "etc/alpine-release", "etc/debian_version", "etc/redhat-release"];

pub(super) fn release(image: &FlatImage<'_>) -> Option<OsRelease> {
    FILES.iter().find_map(|path| {
        let real = image.tree.real(path).ok()?;
        let os = image.tree.file(&real)?.facts.os.as_ref()?;
        let codename = os.codename.clone();
        Some(OsRelease {
            id: os.id.clone(),
            version_id: os.version_id.clone(),
            codename,
            pretty_name: os.pretty_name.clone(),
            stream: stream(os, branch(image).as_deref()),
            path: real,
        })
    })
}

/// The branch that the image's package manager installs from.
fn branch(image: &FlatImage<'_>) -> Option<String> {
    let real = image.tree.real("etc/apk/repositories").ok()?;
    image.tree.file(&real)?.facts.os.as_ref()?.branch.clone()
}

/// The advisory stream of a system that another tool names (`debian`, `12`).
pub fn advisory_stream(id: &str, version_id: &str) -> Option<String> {
    stream(&OsFacts { id: id.to_owned(), version_id: version_id.to_owned(), ..OsFacts::default() }, None)
}

/// The advisory stream. Only the system's own id chooses one: derivatives patch on their own.
fn stream(os: &OsFacts, branch: Option<&str>) -> Option<String> {
    let mut numbers = os.version_id.split(['.', '_']);
    let major = numbers.next().filter(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()));
    match os.id.as_str() {
        "debian" => Some(format!("Debian:{}", major?)),
        "alpine" => {
            if let Some(branch) = branch {
                return Some(format!("Alpine:{branch}"));
            }
            if os.version_id.contains("_alpha") {
                return Some("Alpine:edge".to_owned());
            }
            Some(format!("Alpine:v{}.{}", major?, numbers.next()?))
        }
        id => rpm_stream(id, major?, numbers.next()),
    }
}

/// Streams of systems with rpm, as OSV names them where it has them. No feed answers for them yet.
fn rpm_stream(id: &str, major: &str, minor: Option<&str>) -> Option<String> {
    let minor = || minor.filter(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()));
    Some(match id {
        "rhel" => format!("Red Hat:{major}"),
        "rocky" => format!("Rocky Linux:{major}"),
        "almalinux" => format!("AlmaLinux:{major}"),
        "ol" => format!("Oracle Linux:{major}"),
        "fedora" => format!("Fedora:{major}"),
        "amzn" => format!("Amazon Linux:{major}"),
        "azurelinux" => format!("Azure Linux:{major}"),
        "mariner" => format!("CBL-Mariner:{major}"),
        "photon" => format!("Photon OS:{major}.{}", minor()?),
        "opensuse-leap" => format!("openSUSE:Leap {major}.{}", minor()?),
        "sles" => match minor() {
            Some(pack) => format!("SUSE:Linux Enterprise Server {major} SP{pack}"),
            None => format!("SUSE:Linux Enterprise Server {major}"),
        },
        _ => return None,
    })
}

/// An operating system is known with its packages, or there is none at all.
pub(super) fn problems(image: &FlatImage<'_>, os: Option<&OsRelease>, packages: &Packages<'_>) -> Vec<Problem> {
    let unknown = |path: &str, message: String| vec![Problem::new(ProblemKind::OsUnknown, path, message)];
    let database = image.files().find(|file| file.facts.database.is_some());
    let readable = image.files().find(|file| file.facts.database.is_some_and(|database| database != Database::Other));
    let Some(os) = os else {
        return match database {
            Some(file) => {
                unknown(file.path, "a package database, but no file that says which system it is of".to_owned())
            }
            None => removed(image).map_or_else(Vec::new, |gone| {
                unknown(
                    &gone.path,
                    "the package database of a lower layer was removed; what it named may remain".to_owned(),
                )
            }),
        };
    };
    if database.is_none() {
        let message = format!("the system says that it is {}, but its package database is not there", name(os));
        return unknown(&os.path, message);
    }
    let Some(file) = readable else { return Vec::new() };
    if !packages.entries.values().any(|entry| entry.is_live() && entry.found.kind.is_os()) {
        let message = format!("the system says that it is {}, but its package database is empty", name(os));
        return unknown(file.path, message);
    }
    if os.stream.is_none() {
        return unknown(&os.path, format!("no advisory stream is known for {}", name(os)));
    }
    let expected = match os.id.as_str() {
        "alpine" => Database::Apk,
        "debian" => Database::Dpkg,
        _ => Database::Rpm,
    };
    let strange = image.files().find(|f| f.facts.database.is_some_and(|d| d != expected && d != Database::Other));
    strange.map_or_else(Vec::new, |file| unknown(file.path, format!("a package database that is not of {}", name(os))))
}

/// A package of the system that went with its database.
fn removed<'a, 'b>(image: &'b FlatImage<'a>) -> Option<&'b Gone<'a>> {
    image.gone.iter().find(|gone| gone.package.kind.is_os())
}

fn name(os: &OsRelease) -> String {
    if os.pretty_name.is_empty() {
        format!("{} {}", os.id, os.version_id).trim().to_owned()
    } else {
        os.pretty_name.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams() {
        let of = |id: &str, version: &str, branch: Option<&str>| {
            let os = OsFacts { id: id.to_owned(), version_id: version.to_owned(), ..OsFacts::default() };
            stream(&os, branch).unwrap_or_default()
        };
        for (id, version, branch, wanted) in [
            ("debian", "12", None, "Debian:12"),
            ("debian", "12.5", None, "Debian:12"),
            ("debian", "", None, ""),
            ("alpine", "3.20.3", None, "Alpine:v3.20"),
            ("alpine", "3.20.3", Some("v3.20"), "Alpine:v3.20"),
            ("alpine", "3.20.3", Some("edge"), "Alpine:edge"),
            ("alpine", "3.21_alpha20240807", None, "Alpine:edge"),
            ("alpine", "3", None, ""),
            ("alpine", "", None, ""),
            ("ubuntu", "22.04", None, ""),
            ("raspbian", "12", None, ""),
            ("rhel", "9.4", None, "Red Hat:9"),
            ("rocky", "9.3", None, "Rocky Linux:9"),
            ("almalinux", "8.10", None, "AlmaLinux:8"),
            ("ol", "9.4", None, "Oracle Linux:9"),
            ("fedora", "40", None, "Fedora:40"),
            ("fedora", "rawhide", None, ""),
            ("amzn", "2023", None, "Amazon Linux:2023"),
            ("azurelinux", "3.0", None, "Azure Linux:3"),
            ("mariner", "2.0", None, "CBL-Mariner:2"),
            ("photon", "5.0", None, "Photon OS:5.0"),
            ("opensuse-leap", "15.6", None, "openSUSE:Leap 15.6"),
            ("opensuse-tumbleweed", "20240501", None, ""),
            ("sles", "15.5", None, "SUSE:Linux Enterprise Server 15 SP5"),
            ("sles", "15", None, "SUSE:Linux Enterprise Server 15"),
            ("centos", "9", None, ""),
            ("wolfi", "20230201", Some("edge"), ""),
        ] {
            assert_eq!(of(id, version, branch), wanted, "{id} {version} {branch:?}");
        }
    }
}
