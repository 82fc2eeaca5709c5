//! Semver in which build metadata counts, as Dart's pub and Julia have it: of two versions that are otherwise equal, the
//! one without build metadata is earlier, then identifier by identifier as in a pre-release. Julia's packages of native
//! libraries (`OpenSSL_jll 3.0.9+1`) are told apart by it alone.

use std::cmp::Ordering;

use crate::semver;

pub(crate) use semver::is_valid;

pub(crate) fn compare(a: &str, b: &str) -> Ordering {
    semver::compare(a, b).then_with(|| match (build(a), build(b)) {
        (Some(a), Some(b)) => semver::compare_identifiers(identifiers(a), identifiers(b)),
        (a, b) => a.is_some().cmp(&b.is_some()),
    })
}

fn build(version: &str) -> Option<&str> {
    version.split_once('+').map(|(_, build)| build)
}

fn identifiers(build: &str) -> impl Iterator<Item = &[u8]> {
    build.as_bytes().split(|byte| *byte == b'.')
}
