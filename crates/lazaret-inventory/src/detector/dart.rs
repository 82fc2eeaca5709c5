//! Dart packages: what lies in pub's cache (`hosted/pub.dev/<name>-<version>/`), and what a project resolved to
//! (`.dart_tool/package_config.json`), which is declared only: an image with the compiled program has none of it.

use std::borrow::Cow;

use lazaret_model::{PackageClass, PackageType};
use lazaret_oci::{Body, Limits};
use serde::Deserialize;

use super::{Candidate, Detector, Interest, root_before};
use crate::{
    content::document,
    layer::{FileFacts, FoundPackage, Root},
    room::Room,
};

pub(crate) struct Dart;

impl Detector for Dart {
    fn id(&self) -> &'static str {
        "dart"
    }

    fn version(&self) -> u32 {
        1
    }

    fn doc(&self) -> &'static str {
        "https://github.com/dart-lang/language/blob/main/accepted/2.8/language-versioning/package-config-file-v2.md"
    }

    fn interest(&self, file: &Candidate<'_>) -> Interest {
        match file.name {
            "pubspec.yaml" if cached(file.directory()).is_some() => Interest::Name,
            "package_config.json" if is_config(file.path) => Interest::Content,
            _ => Interest::No,
        }
    }

    fn detect(&self, file: &Candidate<'_>, body: &Body<'_>, limits: &Limits, facts: &mut FileFacts) {
        if let Some((name, version)) = cached(file.directory()) {
            facts.packages.push(FoundPackage {
                roots: vec![Root { path: file.directory().to_owned(), everything: false }],
                ..FoundPackage::new(PackageType::Pub, name, version)
            });
            return;
        }
        let Some(bytes) = document(body, limits, facts) else { return };
        let config = match serde_json::from_slice::<Config<'_>>(&bytes) {
            Ok(config) => config,
            Err(error) => return facts.not_understood(format!("not a package configuration of Dart: {error}")),
        };
        let mut room = Room::default();
        for package in config.packages {
            let root = package.root_uri.trim_end_matches('/');
            if let Some((name, version)) = cached(root.strip_prefix("file://").unwrap_or(root)) {
                let found = FoundPackage::new(PackageType::Pub, name, version);
                room.add(facts, FoundPackage { class: PackageClass::Declared, ..found });
            }
        }
    }
}

fn is_config(path: &str) -> bool {
    root_before(path, ".dart_tool/package_config.json").is_some()
}

#[derive(Deserialize)]
struct Config<'a> {
    #[serde(borrow)]
    packages: Vec<Entry<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry<'a> {
    #[serde(borrow)]
    root_uri: Cow<'a, str>,
}

/// Name and version of `<cache>/hosted/<host>/<name>-<version>`. A name has no `-`.
fn cached(directory: &str) -> Option<(&str, &str)> {
    let mut parts = directory.rsplit('/');
    let (package, _host, hosted) = (parts.next()?, parts.next()?, parts.next()?);
    let (name, version) = package.split_once('-')?;
    let is_name = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    let is_version = version.len() <= 128 && version.starts_with(|c: char| c.is_ascii_digit());
    // from pub.dev and other hosts alike
    (hosted == "hosted" && is_name && is_version).then_some((name, version))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shown::{found, survives};

    #[test]
    fn in_the_cache() {
        let place = "root/.pub-cache/hosted/pub.dev/collection-1.17.0";
        assert_eq!(found(&Dart, &format!("{place}/pubspec.yaml"), ""), format!("pub collection 1.17.0 in {place}"));
        for not in
            ["pubspec.yaml", "app/pubspec.yaml", "hosted/pub.dev/x-1.0/example/pubspec.yaml", "a/b/c-1.0/pubspec.yaml"]
        {
            assert_eq!(found(&Dart, not, ""), "", "{not}");
        }
    }

    #[test]
    fn resolved() {
        let text = include_str!("../../testdata/dart/package_config.json");
        let path = "app/.dart_tool/package_config.json";
        assert_eq!(found(&Dart, path, text), "pub async 2.11.0 declared, pub boolean_selector 2.1.1 declared");
        assert_eq!(found(&Dart, "app/package_config.json", text), "");
        assert_eq!(found(&Dart, path, "[]"), "parse_error");
        survives(&Dart, path, text.as_bytes());
    }
}
