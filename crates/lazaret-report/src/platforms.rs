//! Packages that the platforms of one index do not have alike.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::{ImageReport, package_key::PackageKey};

/// A package with its versions on each platform; none where the platform does not have it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub(crate) struct PlatformDifference {
    #[serde(rename = "type")]
    pub(crate) kind: &'static str,
    pub(crate) name: String,
    pub(crate) versions: BTreeMap<String, BTreeSet<String>>,
}

/// Installed, live packages whose versions differ by platform. The architecture itself is no difference.
pub(crate) fn differences(images: &[ImageReport<'_>]) -> Vec<PlatformDifference> {
    let platforms: Vec<_> = images.iter().map(|image| image.facts.platform.to_string()).collect();
    let mut names: BTreeMap<PackageKey, PlatformDifference> = BTreeMap::new();
    for (image, platform) in images.iter().zip(&platforms) {
        let installed = |package: &&lazaret_model::Package| package.is_live() && package.class.is_installed();
        for package in image.inventory.packages.iter().filter(installed) {
            let difference = names.entry(PackageKey::of(package)).or_insert_with(|| PlatformDifference {
                kind: package.kind.name(),
                name: package.name.clone(),
                versions: platforms.iter().map(|platform| (platform.clone(), BTreeSet::new())).collect(),
            });
            difference.versions.entry(platform.clone()).or_default().insert(package.version.clone());
        }
    }
    let differs = |difference: &PlatformDifference| {
        let mut versions = difference.versions.values();
        versions.next().is_some_and(|first| versions.any(|other| other != first))
    };
    names.into_values().filter(differs).collect()
}
