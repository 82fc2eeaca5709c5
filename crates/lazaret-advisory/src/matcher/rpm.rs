//! rpm: the package as it is installed, in the release's stream. No feed answers for these streams yet, so that every
//! image with such packages is incomplete. Whoever brings the first feed decides here by which name its records are:
//! Rocky Linux and Azure Linux name the source package, the others the installed one; and a record of a module holds
//! only for packages of that module.

use lazaret_model::{OsRelease, Package};

use super::{Component, NoComponent, known_version};
use crate::name::base;

/// Systems whose packages are rpm's, as their streams begin.
const BASES: [&str; 11] = [
    "Red Hat",
    "Rocky Linux",
    "AlmaLinux",
    "Oracle Linux",
    "Fedora",
    "Amazon Linux",
    "Azure Linux",
    "CBL-Mariner",
    "Photon OS",
    "SUSE",
    "openSUSE",
];

pub(super) fn component(package: &Package, os: Option<&OsRelease>) -> Result<Component, NoComponent> {
    let stream = os.and_then(|os| os.stream.as_deref()).filter(|stream| BASES.contains(&base(stream)));
    Ok(Component {
        kind: package.kind,
        ecosystem: stream.ok_or(NoComponent::Stream)?.to_owned(),
        name: package.name.clone(),
        version: known_version(&package.version)?,
        uncertain: package.uncertain,
    })
}
