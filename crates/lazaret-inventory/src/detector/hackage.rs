//! Haskell packages: the databases of installed packages that GHC reads, one file for each library.

use lazaret_model::PackageType;
use lazaret_oci::{Body, Limits};

use super::{Candidate, Detector, Interest};
use crate::{
    headers,
    layer::{FileFacts, FoundPackage, Root},
    license,
};

pub(crate) struct Hackage;

impl Detector for Hackage {
    fn id(&self) -> &'static str {
        "hackage"
    }

    fn version(&self) -> u32 {
        2
    }

    fn doc(&self) -> &'static str {
        "https://downloads.haskell.org/ghc/latest/docs/users_guide/packages.html#package-databases"
    }

    fn interest(&self, file: &Candidate<'_>) -> Interest {
        if file.name.strip_suffix(".conf").is_some() && is_database(file.directory()) {
            Interest::Content
        } else {
            Interest::No
        }
    }

    fn detect(&self, file: &Candidate<'_>, body: &Body<'_>, _limits: &Limits, facts: &mut FileFacts) {
        // the libraries within a package have names of their own, and tell the package's
        let wanted =
            ["name", "package-name", "version", "license", "library-dirs", "dynamic-library-dirs", "import-dirs", "id"];
        let [name, package, version, license, libraries, dynamic, imports, id] = headers::read_to_end(body, wanted);
        let name = if package.is_empty() { name } else { package };
        if name.is_empty() || !is_version(&version) {
            return facts.not_understood("a library without a name and version in a package database of GHC");
        }
        let mut roots: Vec<Root> = Vec::new();
        for directory in [&libraries, &dynamic, &imports].into_iter().flat_map(|list| list.split_whitespace()) {
            let directory = directory.trim_matches([',', '"']);
            if let Some(path) = resolve(directory, file.directory(), &name)
                && !roots.iter().any(|root| root.path == path)
                && roots.len() < 16
            {
                roots.push(Root { path, everything: true });
            }
        }
        roots.extend(shared_library(&dynamic, &id, file.directory()));
        facts.packages.push(FoundPackage {
            license: license::normalise(&license),
            roots,
            ..FoundPackage::new(PackageType::Hackage, name, version)
        });
    }
}

/// GHC's own (`package.conf.d`), cabal's (`store/ghc-9.0.2/package.db`) and stack's (`pkgdb`).
fn is_database(directory: &str) -> bool {
    matches!(directory.rsplit('/').next(), Some("package.conf.d" | "package.db" | "pkgdb"))
}

/// A directory of the image that is this library's alone: those that all libraries share (`/usr/lib`) are not.
fn resolve(directory: &str, database: &str, name: &str) -> Option<String> {
    let path = match directory.strip_prefix("${pkgroot}") {
        // the directory that the database lies in
        Some(rest) => format!("{}{rest}", database.rsplit_once('/').map_or("", |(above, _)| above)),
        None => directory.strip_prefix('/')?.to_owned(),
    };
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    let own = parts.iter().any(|part| part.starts_with(name));
    (own && parts.len() > 1).then(|| parts.join("/"))
}

/// `libHS<id>-ghc9.0.2.so` in a directory that all libraries share.
fn shared_library(directory: &str, id: &str, database: &str) -> Option<Root> {
    let directory = directory.split_whitespace().next()?.trim_matches([',', '"']);
    let compiler = directory.rsplit('/').chain(database.rsplit('/')).find_map(|part| {
        let version = &part[part.find("ghc-")? + "ghc-".len()..];
        is_version(version).then_some(version)
    })?;
    let directory = directory.strip_prefix('/').filter(|rest| !rest.split('/').any(|part| part == ".."))?;
    let path = format!("{directory}/libHS{id}-ghc{compiler}.so");
    (!id.is_empty() && !id.contains('/')).then_some(Root { path, everything: true })
}

fn is_version(version: &str) -> bool {
    (1..=128).contains(&version.len())
        && version.starts_with(|c: char| c.is_ascii_digit())
        && version.bytes().all(|b| b.is_ascii_digit() || b == b'.')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shown::found;

    #[test]
    fn a_real_library() {
        let text = include_str!("../../testdata/hackage/aeson-2.0.3.0.conf");
        assert_eq!(
            found(&Hackage, "var/lib/ghc/package.conf.d/aeson-2.0.3.0.conf", text),
            "hackage aeson 2.0.3.0 (BSD-3-Clause) \
             in usr/lib/haskell-packages/ghc/lib/x86_64-linux-ghc-9.0.2/aeson-2.0.3.0-H8BOQwtT8HYFvWPR1b6zvB/* \
             in usr/lib/haskell-packages/ghc/lib/x86_64-linux-ghc-9.0.2/libHSaeson-2.0.3.0-H8BOQwtT8HYFvWPR1b6zvB-ghc9.0.2.so/*"
        );
    }

    #[test]
    fn places_and_forms() {
        let text = "name: z-attoparsec-z-internal\npackage-name: attoparsec\nversion: 0.14.4\n\
                    import-dirs: /usr/lib \"${pkgroot}/../attoparsec-0.14.4/lib\"\n";
        let wanted = "hackage attoparsec 0.14.4 in root/.cabal/store/attoparsec-0.14.4/lib/*";
        assert_eq!(found(&Hackage, "root/.cabal/store/ghc-9.0.2/package.db/a.conf", text), wanted);
        assert!(found(&Hackage, "root/.stack/snapshots/x/pkgdb/a.conf", text).starts_with("hackage attoparsec"));
        for not in ["etc/a.conf", "package.conf.d/package.cache", "package.conf.d/x/a.conf"] {
            assert_eq!(found(&Hackage, not, text), "", "{not}");
        }
        assert_eq!(found(&Hackage, "package.conf.d/a.conf", "name: a\n"), "parse_error");
        assert_eq!(resolve("${pkgroot}/../../../../a", "x/package.db", "a"), None);
    }
}
