//! Go: module paths as they are written; the standard library is the module `stdlib` with the toolchain's version.

use lazaret_model::Package;

use super::{Component, NoComponent, known_version};

/// Pseudo-modules of the Go vulnerability database, versioned like the toolchain: `go1.22.3`.
const TOOLCHAIN: [&str; 2] = ["stdlib", "toolchain"];

pub(super) fn component(package: &Package) -> Result<Component, NoComponent> {
    let version = known_version(&package.version)?;
    if version.starts_with("(devel)") || version == "unknown" {
        return Err(NoComponent::Version);
    }
    let version = if TOOLCHAIN.contains(&package.name.as_str()) { toolchain(&version)? } else { version };
    Ok(Component {
        kind: package.kind,
        ecosystem: "Go".to_owned(),
        name: package.name.clone(),
        version,
        uncertain: package.uncertain,
    })
}

/// `go1.22.3`, `go1.22.3 X:boringcrypto`, `go1.22.3-custom`: the release is what counts. `devel go1.23-...` has none.
fn toolchain(version: &str) -> Result<String, NoComponent> {
    let word = version.split_whitespace().next().unwrap_or_default();
    let word = word.strip_prefix("go").unwrap_or(word);
    if word.starts_with(|c: char| c.is_ascii_digit()) { Ok(word.to_owned()) } else { Err(NoComponent::Version) }
}
