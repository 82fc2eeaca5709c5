//! NuGet's and Paket's files.

use lazaret_model::PackageType::Nuget;
use serde_json::Value;

use super::{
    Declared,
    xml::{Event, events},
};

/// `packages.lock.json`: packages for each framework; projects of the solution have no version to resolve.
pub(super) fn lock(text: &str, declared: &mut Declared) {
    let Ok(json) = serde_json::from_str::<Value>(text) else { return };
    for framework in json.get("dependencies").and_then(Value::as_object).into_iter().flat_map(|all| all.values()) {
        for (name, package) in framework.as_object().into_iter().flatten() {
            let of = |key: &str| package.get(key).and_then(Value::as_str).unwrap_or_default();
            if of("type") != "Project" {
                declared.add(Nuget, name, of("resolved"));
            }
        }
    }
}

/// `project.assets.json`: `libraries`, `name/version` of type `package`.
pub(super) fn assets(text: &str, declared: &mut Declared) {
    let Ok(json) = serde_json::from_str::<Value>(text) else { return };
    for (key, library) in json.get("libraries").and_then(Value::as_object).into_iter().flatten() {
        let is_package = library.get("type").and_then(Value::as_str) == Some("package");
        if let Some((name, version)) = key.split_once('/').filter(|_| is_package) {
            declared.add(Nuget, name, version);
        }
    }
}

/// `packages.config`: `<package id="" version="" />`.
pub(super) fn config(text: &str, declared: &mut Declared) {
    elements(text, "package", &["id"], declared);
}

/// `Directory.Packages.props`: `<PackageVersion Include="" Version="" />`.
pub(super) fn props(text: &str, declared: &mut Declared) {
    elements(text, "PackageVersion", &["Include", "Update"], declared);
}

fn elements(text: &str, element: &str, names: &[&str], declared: &mut Declared) {
    for event in events(text) {
        let Event::Start { name, attributes, .. } = event else { continue };
        if name != element {
            continue;
        }
        let of = |keys: &[&str]| {
            attributes.iter().find(|(name, _)| keys.contains(name)).map(|(_, value)| value.as_ref()).unwrap_or_default()
        };
        // `$(Property)` and `[1,2)` are no versions
        let version = Some(of(&["version", "Version"])).filter(|v| !v.contains(['$', '[', '(', ',', '*']));
        declared.add(Nuget, of(names), version.unwrap_or_default());
    }
}

/// `paket.lock`: `    Name (1.0.0)` below `NUGET`; deeper ones are what these ask for.
pub(super) fn paket(text: &str, declared: &mut Declared) {
    let mut inside = false;
    for line in text.lines() {
        if !line.starts_with(' ') {
            inside = line.trim() == "NUGET";
            continue;
        }
        let Some(entry) = line.strip_prefix("    ").filter(|entry| inside && !entry.starts_with(' ')) else { continue };
        if let Some((name, rest)) = entry.split_once(" (") {
            declared.add(Nuget, name, rest.split(')').next().unwrap_or_default());
        }
    }
}
