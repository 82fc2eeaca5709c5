//! Lockfiles in TOML.

use lazaret_model::PackageType::{self, Cargo, Julia, Maven, Pypi};
use toml::{Table, Value};

use super::Declared;

/// A text of a table; empty where there is none.
fn text<'a>(table: &'a Table, key: &str) -> &'a str {
    table.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// The tables of a list of tables.
fn tables<'a>(table: &'a Table, key: &str) -> impl Iterator<Item = &'a Table> {
    table.get(key).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_table)
}

/// Poetry's, uv's and PDM's: `[[package]]`. What is from a directory is the project itself.
pub(super) fn python(content: &str, declared: &mut Declared) {
    let Ok(document) = content.parse::<Table>() else { return };
    for package in tables(&document, "package") {
        let source = package.get("source").and_then(Value::as_table);
        let own = |source: &Table| {
            ["editable", "virtual", "directory"].iter().any(|key| source.contains_key(*key))
                || text(source, "type") == "directory"
        };
        if !source.is_some_and(own) && !package.contains_key("path") {
            declared.add(Pypi, text(package, "name"), text(package, "version"));
        }
    }
}

/// `pylock.toml` (PEP 751): `[[packages]]`.
pub(super) fn pylock(content: &str, declared: &mut Declared) {
    let Ok(document) = content.parse::<Table>() else { return };
    for package in tables(&document, "packages").filter(|package| !package.contains_key("directory")) {
        declared.add(Pypi, text(package, "name"), text(package, "version"));
    }
}

/// `Cargo.lock`: `[[package]]` with a source; those without are the workspace's own.
pub(super) fn cargo(content: &str, declared: &mut Declared) {
    let Ok(document) = content.parse::<Table>() else { return };
    for package in tables(&document, "package").filter(|package| package.contains_key("source")) {
        declared.add(Cargo, text(package, "name"), text(package, "version"));
    }
}

/// Julia's `Manifest.toml`: `[[deps.Name]]`, in the old form `[[Name]]`. What has no version comes with Julia.
pub(super) fn julia(content: &str, declared: &mut Declared) {
    let Ok(document) = content.parse::<Table>() else { return };
    let deps = document.get("deps").and_then(Value::as_table).unwrap_or(&document);
    for name in deps.keys() {
        for package in tables(deps, name).filter(|package| package.contains_key("uuid")) {
            if !text(package, "version").is_empty() && !package.contains_key("path") {
                declared.add(Julia, name, text(package, "version"));
            }
        }
    }
}

/// `libs.versions.toml`: `[libraries]`, each as `"group:artifact:version"` or a table, with versions by reference.
pub(super) fn catalogue(content: &str, declared: &mut Declared) {
    let Ok(document) = content.parse::<Table>() else { return };
    let versions = document.get("versions").and_then(Value::as_table);
    for library in document.get("libraries").and_then(Value::as_table).into_iter().flat_map(|all| all.values()) {
        match library {
            Value::String(whole) => {
                let mut parts = whole.splitn(3, ':');
                if let (Some(group), Some(artifact), Some(version)) = (parts.next(), parts.next(), parts.next()) {
                    add(Maven, group, artifact, version, declared);
                }
            }
            Value::Table(table) => {
                let (group, artifact) =
                    text(table, "module").split_once(':').unwrap_or((text(table, "group"), text(table, "name")));
                let version = match table.get("version") {
                    Some(Value::String(version)) => version.as_str(),
                    // `version.ref`
                    Some(Value::Table(version)) => {
                        versions.map(|all| text(all, text(version, "ref"))).unwrap_or_default()
                    }
                    _ => "",
                };
                add(Maven, group, artifact, version, declared);
            }
            _ => {}
        }
    }
}

fn add(kind: PackageType, group: &str, artifact: &str, version: &str, declared: &mut Declared) {
    if !group.is_empty() && !artifact.is_empty() {
        declared.add(kind, &format!("{group}:{artifact}"), version);
    }
}
