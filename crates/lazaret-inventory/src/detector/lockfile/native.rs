//! C and C++, R, Terraform.

use lazaret_model::PackageType::{Conan, Cran, Terraform, Vcpkg};
use serde_json::Value;

use super::Declared;

/// `conan.lock`: version 2 has lists of references, version 1 a graph of nodes.
pub(super) fn conan(text: &str, declared: &mut Declared) {
    let Ok(json) = serde_json::from_str::<Value>(text) else { return };
    for list in ["requires", "build_requires", "python_requires"] {
        for reference in json.get(list).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
            conan_reference(reference, declared);
        }
    }
    let nodes = json.get("graph_lock").and_then(|graph| graph.get("nodes")).and_then(Value::as_object);
    for node in nodes.into_iter().flat_map(|nodes| nodes.values()) {
        conan_reference(node.get("ref").and_then(Value::as_str).unwrap_or_default(), declared);
    }
}

/// `name/version@user/channel#revision%time`.
fn conan_reference(reference: &str, declared: &mut Declared) {
    let reference = reference.split(['#', '@', '%']).next().unwrap_or_default();
    if let Some((name, version)) = reference.split_once('/') {
        declared.add(Conan, name, version);
    }
}

/// `vcpkg.json`: dependencies by name; a version only where it is overridden.
pub(super) fn vcpkg(text: &str, declared: &mut Declared) {
    let Ok(json) = serde_json::from_str::<Value>(text) else { return };
    let list = |key: &str| json.get(key).and_then(Value::as_array).cloned().unwrap_or_default();
    let overrides = list("overrides");
    for dependency in list("dependencies") {
        let name = dependency.as_str().or_else(|| dependency.get("name").and_then(Value::as_str)).unwrap_or_default();
        let is_of = |entry: &&Value| entry.get("name").and_then(Value::as_str) == Some(name);
        let version = overrides.iter().find(is_of).and_then(|entry| {
            ["version", "version-semver", "version-string", "version-date"]
                .iter()
                .find_map(|key| entry.get(*key).and_then(Value::as_str))
        });
        declared.add(Vcpkg, name, version.unwrap_or_default());
    }
}

/// `renv.lock`: `Packages`.
pub(super) fn renv(text: &str, declared: &mut Declared) {
    let Ok(json) = serde_json::from_str::<Value>(text) else { return };
    for (name, package) in json.get("Packages").and_then(Value::as_object).into_iter().flatten() {
        declared.add(Cran, name, package.get("Version").and_then(Value::as_str).unwrap_or_default());
    }
}

/// `.terraform.lock.hcl`: `provider "registry.terraform.io/hashicorp/aws" {` and `version = "5.40.0"`. The name is without the
/// public registry.
pub(super) fn terraform(text: &str, declared: &mut Declared) {
    let mut provider: Option<&str> = None;
    for line in text.lines() {
        let line = line.trim();
        if let Some(rest) = line.strip_prefix("provider \"") {
            provider = rest.split('"').next();
        } else if line == "}" {
            provider = None;
        } else if let Some(version) = line.strip_prefix("version").and_then(|rest| rest.trim_start().strip_prefix('='))
            && let Some(name) = provider.take()
        {
            let name = name.strip_prefix("registry.terraform.io/").unwrap_or(name);
            declared.add(Terraform, name, version.trim().trim_matches('"'));
        }
    }
}
