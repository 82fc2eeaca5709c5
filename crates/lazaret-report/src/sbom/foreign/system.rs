//! Which operating system another tool's bill is of: a component that says so, else the `distro` of package URLs.

use std::collections::BTreeSet;

use lazaret_model::OsRelease;

use crate::sbom::{document::Component, purl::Purl};

/// The release; `Err` says why two are named. The advisory stream is not chosen here.
pub(super) fn release(systems: &[&Component], purls: &[Purl]) -> Result<Option<OsRelease>, String> {
    let mut named: BTreeSet<(String, String)> = systems.iter().map(|system| identity(system)).collect();
    named.retain(|(id, _)| !id.is_empty());
    let from_purls = named.is_empty();
    if from_purls {
        named.extend(purls.iter().filter_map(distro));
    }
    if named.len() > 1 {
        let all: Vec<_> = named.iter().map(|(id, version)| format!("{id} {version}").trim().to_owned()).collect();
        return Err(format!("the SBOM names more than one operating system: {}", all.join(", ")));
    }
    let Some((id, version_id)) = named.pop_first() else { return Ok(None) };
    let system = systems.first().filter(|_| !from_purls);
    let of = |name: &str| system.and_then(|system| system.properties.named(name)).map(str::to_owned);
    let pretty_name = of("syft:distro:prettyName").unwrap_or_else(|| format!("{id} {version_id}").trim().to_owned());
    let codename = of("syft:distro:versionCodename");
    Ok(Some(OsRelease { id, version_id, codename, pretty_name, stream: None, path: String::new() }))
}

fn identity(system: &Component) -> (String, String) {
    let of = |name: &str| system.properties.named(name).filter(|value| !value.is_empty());
    let id = of("syft:distro:id").unwrap_or(&system.name);
    let version = of("syft:distro:versionID").unwrap_or(&system.version);
    (id.trim().to_lowercase(), version.trim().to_owned())
}

/// `distro=debian-12`, `distro=opensuse-leap-15.6`, `distro=3.16.0`.
fn distro(purl: &Purl) -> Option<(String, String)> {
    let distro = purl.qualifier("distro")?;
    let is_version = |text: &str| text.starts_with(|c: char| c.is_ascii_digit());
    match distro.rsplit_once('-') {
        None if is_version(distro) && !purl.namespace.is_empty() => {
            Some((purl.namespace.to_lowercase(), distro.to_owned()))
        }
        Some((id, version)) if is_version(version) => Some((id.to_lowercase(), version.to_owned())),
        // without a version it says less than others of the same bill, and may be a codename
        _ => Some((purl.namespace.to_lowercase(), String::new()))
            .filter(|_| distro.eq_ignore_ascii_case(&purl.namespace)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn from_package_urls() {
        let of = |purls: &[&str]| {
            let purls: Vec<_> = purls.iter().map(|text| Purl::parse(text).unwrap()).collect();
            release(&[], &purls).map(|os| os.map(|os| (os.id, os.version_id)))
        };
        let pair = |id: &str, version: &str| Ok(Some((id.to_owned(), version.to_owned())));
        assert_eq!(of(&["pkg:deb/debian/a@1?distro=debian-12", "pkg:npm/b@1"]), pair("debian", "12"));
        assert_eq!(of(&["pkg:rpm/opensuse/a@1?distro=opensuse-leap-15.6"]), pair("opensuse-leap", "15.6"));
        assert_eq!(of(&["pkg:apk/alpine/a@1?distro=3.16.0"]), pair("alpine", "3.16.0"));
        assert_eq!(of(&["pkg:npm/b@1"]), Ok(None));
        assert!(of(&["pkg:deb/debian/a@1?distro=debian-12", "pkg:deb/debian/a@1?distro=debian-11"]).is_err());
    }
}
