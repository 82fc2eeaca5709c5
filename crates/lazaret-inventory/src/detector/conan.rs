//! C and C++ packages that Conan installed: `conaninfo.txt` in its cache and in what it deploys. It names what the package
//! requires; the package itself is named by the path.

use lazaret_model::PackageType;
use lazaret_oci::{Body, Limits};

use super::{Candidate, Detector, Interest};
use crate::{
    content::Lines,
    layer::{FileFacts, FoundPackage, Root},
    room::Room,
};

pub(crate) struct Conan;

impl Detector for Conan {
    fn id(&self) -> &'static str {
        "conan"
    }

    fn version(&self) -> u32 {
        2
    }

    fn doc(&self) -> &'static str {
        "https://docs.conan.io/2/reference/binary_model/package_id.html"
    }

    fn interest(&self, file: &Candidate<'_>) -> Interest {
        if file.name == "conaninfo.txt" { Interest::Content } else { Interest::No }
    }

    fn detect(&self, file: &Candidate<'_>, body: &Body<'_>, _limits: &Limits, facts: &mut FileFacts) {
        let mut room = Room::default();
        if let Some((name, version)) = from_path(file.directory()) {
            let root = Root { path: file.directory().to_owned(), everything: true };
            room.add(facts, FoundPackage { roots: vec![root], ..FoundPackage::new(PackageType::Conan, name, version) });
        }
        let mut lines = Lines::new(body);
        let mut section = String::new();
        let (mut stated, mut full) = (Vec::new(), Vec::new());
        while let Some(line) = lines.next_line() {
            let line = line.trim();
            if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
                name.clone_into(&mut section);
            }
            let list = match section.as_str() {
                // Conan 1 has the exact versions here
                "full_requires" => &mut full,
                "requires" => &mut stated,
                _ => continue,
            };
            if let Some((name, version)) = reference(line)
                && list.len() < 100_000
            {
                list.push((name.to_owned(), version.to_owned()));
            }
        }
        // what was linked in may be static, or a header: there is no other trace of it
        for (name, version) in if full.is_empty() { stated } else { full } {
            room.add(facts, FoundPackage::new(PackageType::Conan, name, version));
        }
    }
}

/// `.conan/data/<name>/<version>/<user>/<channel>/package/<id>` of Conan 1, `full_deploy/host/<name>/<version>` with
/// build type and architecture of Conan 2's deployer. The cache of Conan 2 has hashes.
fn from_path(directory: &str) -> Option<(&str, &str)> {
    let parts: Vec<&str> = directory.rsplit('/').take(8).collect();
    match parts.as_slice() {
        // the directory above is `data`, unless it was copied somewhere
        [id, "package", _channel, _user, version, name, ..]
            if id.len() == 40 && id.bytes().all(|b| b.is_ascii_hexdigit()) =>
        {
            Some((*name, *version))
        }
        [version, name, "host" | "build", "full_deploy", ..]
        | [_, version, name, "host" | "build", "full_deploy", ..]
        | [_, _, version, name, "host" | "build", "full_deploy", ..] => Some((*name, *version)),
        _ => None,
    }
    .filter(|(name, version)| is_name(name) && is_version(version))
}

/// `zlib/1.2.13#revision:package`, `zlib/1.2.13@user/channel:package`. A range or a pattern (`1.Y.Z`) is no version.
fn reference(line: &str) -> Option<(&str, &str)> {
    let (name, rest) = line.split_once('/')?;
    let version = rest.split(['@', '#', ':']).next()?;
    (is_name(name) && is_version(version)).then_some((name, version))
}

fn is_name(name: &str) -> bool {
    (2..=128).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"._+-".contains(&b))
}

/// Every package has a digit in its version (`cci.20210118`); `Y` and `Z` stand for any number.
fn is_version(version: &str) -> bool {
    (1..=128).contains(&version.len())
        && version.bytes().all(|b| b.is_ascii_alphanumeric() || b"._+-".contains(&b))
        && version.bytes().any(|b| b.is_ascii_digit())
        && !version.split('.').any(|part| matches!(part, "Y" | "Z"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shown::{found, survives};

    #[test]
    fn of_conan_1() {
        let text = include_str!("../../testdata/conan/conaninfo-1.txt");
        let place = "root/.conan/data/mfast/1.2.2/_/_/package/9d1f076b471417647c2022a78d5e2c1f834289ac";
        assert_eq!(
            found(&Conan, &format!("{place}/conaninfo.txt"), text),
            format!(
                "conan mfast 1.2.2 in {place}/*, conan boost 1.75.0, conan bzip2 1.0.8, \
                 conan libbacktrace cci.20210118, conan tinyxml2 9.0.0, conan zlib 1.2.13"
            )
        );
        survives(&Conan, "conaninfo.txt", text.as_bytes());
    }

    #[test]
    fn of_conan_2() {
        let text = "[settings]\nos=Linux\n[requires]\nzlib/1.3.1#f52e03ae3d251dec704634230cd806a2:8a1f\nbzip2/1.0.Z\n";
        assert_eq!(found(&Conan, "root/.conan2/p/b/libpn1/p/conaninfo.txt", text), "conan zlib 1.3.1");
        let place = "app/full_deploy/host/libpng/1.6.43/Release/x86_64";
        assert_eq!(
            found(&Conan, &format!("{place}/conaninfo.txt"), text),
            format!("conan libpng 1.6.43 in {place}/*, conan zlib 1.3.1")
        );
        assert_eq!(found(&Conan, "conaninfo.txt", ""), "");
        assert_eq!(reference("boost/[>=1.70 <2]"), None);
    }
}
