//! Swift packages: what the package manager checked out and built (`.build/workspace-state.json`).

use std::borrow::Cow;

use lazaret_model::PackageType;
use lazaret_oci::{Body, Limits};
use serde::Deserialize;

use super::{Candidate, Detector, Interest, root_before};
use crate::{
    content::document,
    layer::{FileFacts, FoundPackage, Root},
    room::Room,
};

pub(crate) struct Swift;

impl Detector for Swift {
    fn id(&self) -> &'static str {
        "swift"
    }

    fn version(&self) -> u32 {
        1
    }

    fn doc(&self) -> &'static str {
        "https://github.com/swiftlang/swift-package-manager/blob/main/Sources/Workspace/Workspace%2BState.swift"
    }

    fn interest(&self, file: &Candidate<'_>) -> Interest {
        if root_before(file.path, ".build/workspace-state.json").is_some() { Interest::Content } else { Interest::No }
    }

    fn detect(&self, file: &Candidate<'_>, body: &Body<'_>, limits: &Limits, facts: &mut FileFacts) {
        let Some(bytes) = document(body, limits, facts) else { return };
        let state = match serde_json::from_slice::<State<'_>>(&bytes) {
            Ok(state) => state,
            Err(error) => return facts.not_understood(format!("not the state of a Swift workspace: {error}")),
        };
        let mut room = Room::default();
        let mut odd = 0_usize;
        for dependency in state.object.dependencies {
            // what lies in the project itself is the project
            if matches!(dependency.state.name.as_ref(), "fileSystem" | "local" | "edited") {
                continue;
            }
            match dependency.package(file.directory()) {
                Some(found) => room.add(facts, found),
                None => odd += 1,
            }
        }
        if odd > 0 {
            facts.not_understood(format!("state of a Swift workspace: {odd} dependencies without an origin"));
        }
    }
}

#[derive(Deserialize)]
struct State<'a> {
    #[serde(borrow)]
    object: Object<'a>,
}

#[derive(Deserialize)]
struct Object<'a> {
    #[serde(borrow)]
    dependencies: Vec<Dependency<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Dependency<'a> {
    #[serde(borrow)]
    package_ref: PackageRef<'a>,
    #[serde(borrow)]
    state: Checkout<'a>,
    #[serde(borrow, default)]
    subpath: Cow<'a, str>,
}

#[derive(Deserialize)]
struct PackageRef<'a> {
    #[serde(borrow, default)]
    identity: Option<Cow<'a, str>>,
    /// Address of the repository; older workspaces call it `path`.
    #[serde(borrow, default, alias = "path")]
    location: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct Checkout<'a> {
    #[serde(borrow, default)]
    name: Cow<'a, str>,
    #[serde(borrow, default, rename = "checkoutState")]
    revision: Option<Revision<'a>>,
    /// Of a package from a registry.
    #[serde(borrow, default)]
    version: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct Revision<'a> {
    #[serde(borrow, default)]
    version: Option<Cow<'a, str>>,
}

impl Dependency<'_> {
    fn package(&self, build: &str) -> Option<FoundPackage> {
        let from_registry = self.state.name == "registryDownload";
        let location = self.package_ref.location.as_deref().filter(|text| !text.is_empty() && !from_registry);
        let name = match location {
            Some(address) => repository(address),
            None => self.package_ref.identity.as_deref().filter(|text| !text.is_empty())?.to_owned(),
        };
        let stated = self.state.revision.as_ref().and_then(|state| state.version.as_deref());
        let version = stated.or(self.state.version.as_deref()).unwrap_or_default();
        let kind = if from_registry { "registry/downloads" } else { "checkouts" };
        let inside = !self.subpath.is_empty() && !self.subpath.split('/').any(|part| part == "..");
        let root = Root { path: format!("{build}/{kind}/{}", self.subpath), everything: false };
        Some(FoundPackage {
            roots: if inside { vec![root] } else { Vec::new() },
            // a branch or a revision is no release
            uncertain: version.is_empty(),
            ..FoundPackage::new(PackageType::Swift, name, version)
        })
    }
}

/// `https://github.com/apple/swift-nio.git` as its package URL has it: host and path.
fn repository(address: &str) -> String {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host).replace(':', "/");
    let whole = format!("{host}/{path}");
    let whole = whole.trim_end_matches('/');
    whole.strip_suffix(".git").unwrap_or(whole).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shown::{found, survives};

    #[test]
    fn a_workspace() {
        let text = include_str!("../../testdata/swift/workspace-state.json");
        let path = "app/.build/workspace-state.json";
        assert_eq!(
            found(&Swift, path, text),
            "swift github.com/apple/swift-nio 2.65.0 in app/.build/checkouts/swift-nio, \
             swift github.com/vapor/vapor ? in app/.build/checkouts/vapor, \
             swift mona.LinkedList 1.2.0 in app/.build/registry/downloads/mona/LinkedList/1.2.0"
        );
        survives(&Swift, path, text.as_bytes());
        assert_eq!(found(&Swift, "workspace-state.json", text), "");
        assert_eq!(found(&Swift, path, "{}"), "parse_error");
    }

    #[test]
    fn addresses() {
        assert_eq!(repository("git@github.com:apple/swift-nio.git"), "github.com/apple/swift-nio");
        assert_eq!(repository("https://user@host.example/a/b/"), "host.example/a/b");
    }
}
