//! apk: the origin package, with the binary's own version, in the branch's stream.

use lazaret_model::{OsRelease, Package};

use super::{Component, NoComponent, known_version, stream};

pub(super) fn component(package: &Package, os: Option<&OsRelease>) -> Result<Component, NoComponent> {
    let origin = package.source.as_ref().map(|source| source.name.as_str()).filter(|name| !name.is_empty());
    Ok(Component {
        kind: package.kind,
        ecosystem: stream(os, "Alpine")?,
        name: origin.unwrap_or(&package.name).to_owned(),
        version: known_version(&package.version)?,
        uncertain: package.uncertain,
    })
}
