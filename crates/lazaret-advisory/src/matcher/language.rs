//! PyPI, npm, Maven, RubyGems, crates.io, NuGet, Hex and most others: the package's name in its normal form, no stream.

use lazaret_model::Package;

use super::{Component, NoComponent, known_version};
use crate::name;

pub(super) fn component(package: &Package, ecosystem: &str) -> Result<Component, NoComponent> {
    Ok(Component {
        kind: package.kind,
        ecosystem: ecosystem.to_owned(),
        name: name::normal_name(ecosystem, &package.name),
        version: known_version(&package.version)?,
        uncertain: package.uncertain,
    })
}
