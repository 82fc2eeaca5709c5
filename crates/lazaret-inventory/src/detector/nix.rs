//! Nix's packages: every directory of a store is named for what is in it, `nix/store/<hash>-<name>-<version>`. The
//! database beside it (`nix/var/nix/db`) says no more of that, and images often have the store alone.

use lazaret_model::PackageType;
use lazaret_oci::{Body, Limits};

use super::{Candidate, Detector, Interest};
use crate::layer::{FileFacts, FoundPackage, Root};
use crate::room::Room;

pub(crate) struct Nix;

const STORE: &str = "nix/store/";
const HASH: usize = 32;

/// Names that nixpkgs gives to the parts into which a package is split; the first has none.
const OUTPUTS: [&str; 16] = [
    "bin", "data", "debug", "dev", "devdoc", "devman", "dist", "doc", "info", "lib", "libs", "man", "out", "py",
    "static", "terminfo",
];

/// What a store has beside packages: sources, patches, recipes, scripts.
const NOT_INSTALLED: [&str; 19] = [
    ".bz2", ".c", ".conf", ".diff", ".drv", ".gem", ".gz", ".json", ".lock", ".nix", ".patch", ".py", ".service",
    ".sh", ".tgz", ".txt", ".xz", ".zip", ".zst",
];

impl Detector for Nix {
    fn id(&self) -> &'static str {
        "nix"
    }

    fn version(&self) -> u32 {
        1
    }

    fn doc(&self) -> &'static str {
        "https://nix.dev/manual/nix/2.24/store/store-path"
    }

    /// It is shown directories only, by way of [`store_path`].
    fn interest(&self, _file: &Candidate<'_>) -> Interest {
        Interest::No
    }

    fn detect(&self, file: &Candidate<'_>, _body: &Body<'_>, _limits: &Limits, facts: &mut FileFacts) {
        let Some((name, version)) = file.name.get(HASH + 1..).and_then(split) else { return };
        let roots = vec![Root { path: file.path.to_owned(), everything: true }];
        let package = FoundPackage { roots, ..FoundPackage::new(PackageType::Nix, name, version) };
        Room::default().add(facts, package);
    }
}

/// The path up to a directory (or file) of a store, for that itself and all below it.
pub(crate) fn store_path(path: &str) -> Option<&str> {
    let at = memchr::memmem::find(path.as_bytes(), STORE.as_bytes())?;
    if at > 0 && path.as_bytes().get(at - 1) != Some(&b'/') {
        return None;
    }
    let start = at + STORE.len();
    let rest = &path[start..];
    let entry = &rest[..rest.find('/').unwrap_or(rest.len())];
    let (hash, name) = (entry.as_bytes().get(..HASH)?, entry.as_bytes().get(HASH..)?);
    // Nix's digits are without e, o, t and u
    let digits = hash.iter().all(|b| b.is_ascii_digit() || (b.is_ascii_lowercase() && !b"eotu".contains(b)));
    (digits && name.starts_with(b"-")).then(|| &path[..start + entry.len()])
}

/// As Nix's `parseDrvName` does it: the version starts behind the first dash that no letter follows. Then without the name
/// of the output.
fn split(name: &str) -> Option<(&str, &str)> {
    if NOT_INSTALLED.iter().any(|end| name.ends_with(end)) {
        return None;
    }
    let mut dashes = name.match_indices('-').map(|(at, _)| at);
    let at = dashes.find(|at| name.as_bytes().get(at + 1).is_some_and(|b| !b.is_ascii_alphabetic()))?;
    let (name, version) = (&name[..at], &name[at + 1..]);
    let version =
        version.rsplit_once('-').filter(|(_, last)| OUTPUTS.contains(last)).map_or(version, |(version, _)| version);
    (!name.is_empty() && version.starts_with(|c: char| c.is_ascii_digit())).then_some((name, version))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths() {
        let path = "nix/store/h0cnbmfcn93xm5dg2x27ixhag1cwndga-glibc-2.34-210-bin/share/man/glibc.1";
        assert_eq!(store_path(path), Some("nix/store/h0cnbmfcn93xm5dg2x27ixhag1cwndga-glibc-2.34-210-bin"));
        assert_eq!(
            store_path("mnt/nix/store/h0cnbmfcn93xm5dg2x27ixhag1cwndga-x-1"),
            Some("mnt/nix/store/h0cnbmfcn93xm5dg2x27ixhag1cwndga-x-1")
        );
        for not in [
            "nix/store",
            "nix/store/.links/0abc",
            "nix/store/eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee-x-1",
            "phoenix/store/h0cnbmfcn93xm5dg2x27ixhag1cwndga-x-1",
            "nix/store/h0cnbmfcn93xm5dg2x27ixhag1cwndgaé",
        ] {
            assert_eq!(store_path(not), None, "{not}");
        }
    }

    #[test]
    fn names_and_versions() {
        for line in include_str!("../../testdata/nix/names").lines() {
            let (name, wanted) = line.split_once(" -> ").unwrap();
            let found = split(name).map_or_else(|| "none".to_owned(), |(name, version)| format!("{name} {version}"));
            assert_eq!(found, wanted, "{name}");
        }
    }

    #[test]
    fn a_directory() {
        let path = "nix/store/h0cnbmfcn93xm5dg2x27ixhag1cwndga-glibc-2.34-210-bin";
        let mut facts = FileFacts { path: path.to_owned(), ..FileFacts::default() };
        Nix.detect(&Candidate::new(path, &[], 0), &Body::memory(&[]), &Limits::default(), &mut facts);
        assert_eq!(crate::sample::names(&facts), ["glibc 2.34-210"]);
        assert_eq!(facts.packages[0].roots[0].path, path);
    }
}
