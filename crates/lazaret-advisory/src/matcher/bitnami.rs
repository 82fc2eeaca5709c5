//! Bitnami: components are versioned `17.2.0-8`, where `8` counts the builds of one release. The records name releases,
//! and semver would take the number for a version before it.

use lazaret_model::Package;

use super::{Component, NoComponent, language};

pub(super) fn component(package: &Package) -> Result<Component, NoComponent> {
    let component = language::component(package, "Bitnami")?;
    Ok(Component { version: without_build(&component.version).to_owned(), ..component })
}

fn without_build(version: &str) -> &str {
    match version.rsplit_once('-') {
        Some((release, build)) if !build.is_empty() && build.bytes().all(|b| b.is_ascii_digit()) => release,
        _ => version,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn builds() {
        for (version, wanted) in [
            ("17.2.0-8", "17.2.0"),
            ("7.4.1-0", "7.4.1"),
            ("3.13.0", "3.13.0"),
            ("1.0.0-rc.1-2", "1.0.0-rc.1"),
            ("1.0.0-rc1", "1.0.0-rc1"),
        ] {
            assert_eq!(without_build(version), wanted);
        }
    }
}
