//! dpkg: the source package and its version, in the release's stream.

use lazaret_model::{OsRelease, Package};

use super::{Component, NoComponent, known_version, stream};

/// The inventory has already taken a binNMU suffix off the source version.
pub(super) fn component(package: &Package, os: Option<&OsRelease>) -> Result<Component, NoComponent> {
    let source = package.source.as_ref();
    let name = source.map(|source| source.name.as_str()).filter(|name| !name.is_empty()).unwrap_or(&package.name);
    let version = source.map(|source| source.version.as_str()).filter(|version| !version.trim().is_empty());
    Ok(Component {
        kind: package.kind,
        ecosystem: stream(os, "Debian")?,
        name: name.to_owned(),
        version: known_version(version.unwrap_or(&package.version))?,
        uncertain: package.uncertain,
    })
}
