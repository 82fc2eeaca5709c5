//! Python's files that are no TOML, and Conda's.

use lazaret_model::PackageType::{Conda, Pypi};
use serde_json::Value;

use super::{Declared, lines::lines};

/// `Pipfile.lock`.
pub(super) fn pipfile(text: &str, declared: &mut Declared) {
    let Ok(json) = serde_json::from_str::<Value>(text) else { return };
    for section in ["default", "develop"] {
        for (name, package) in json.get(section).and_then(Value::as_object).into_iter().flatten() {
            let version = package.get("version").and_then(Value::as_str).unwrap_or_default();
            declared.add(Pypi, name, version.strip_prefix("==").unwrap_or_default());
        }
    }
}

/// `requirements*.txt` (<https://pip.pypa.io/en/stable/reference/requirements-file-format/>).
pub(super) fn requirements(text: &str, declared: &mut Declared) {
    for line in text.lines() {
        requirement(line, declared);
    }
}

/// `name[extra] == 1.0 ; marker  # comment`. Options, addresses and paths are no names.
fn requirement(line: &str, declared: &mut Declared) {
    let line = line.split(" #").next().unwrap_or_default().trim().trim_end_matches('\\');
    if line.starts_with(['-', '#', '.', '/']) || line.contains("://") {
        return;
    }
    let wanted = line.split(';').next().unwrap_or_default();
    let wanted = wanted.split(" --").next().unwrap_or_default().trim();
    let end = wanted.find(|c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c))).unwrap_or(wanted.len());
    let (name, rest) = wanted.split_at(end);
    // extras
    let rest = match rest.trim_start().strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((_, rest)) => rest,
        None => rest,
    };
    let pinned = rest.trim_start().strip_prefix("==").map(|version| version.trim_start_matches('=').trim());
    let version = pinned.filter(|version| !version.contains([',', '*', '!', '<', '>'])).unwrap_or_default();
    let is_name = name.starts_with(|c: char| c.is_ascii_alphanumeric());
    // what follows a name is a condition on the version, or nothing
    if is_name && (rest.trim().is_empty() || rest.trim_start().starts_with(['=', '<', '>', '!', '~'])) {
        declared.add(Pypi, name, version);
    }
}

/// `environment.yml`: `name=1.0=build` under `dependencies`, requirements under `pip`.
pub(super) fn conda(text: &str, declared: &mut Declared) {
    let (mut inside, mut pip) = (false, None);
    for line in lines(text) {
        if line.indent == 0 {
            inside = line.key == "dependencies";
            continue;
        }
        if !inside || !line.item {
            continue;
        }
        match pip {
            Some(indent) if line.indent > indent => requirement(line.value, declared),
            _ if line.key == "pip" => pip = Some(line.indent),
            _ => {
                pip = None;
                let name = line.value.rsplit("::").next().unwrap_or_default();
                let end = name.find(['=', '<', '>', '!', '~', ' ']).unwrap_or(name.len());
                let (name, rest) = name.split_at(end);
                // `=1.0=build`, also `==1.0`; ranges and patterns are no versions
                let version = rest.strip_prefix('=').map(|rest| rest.trim_start_matches('=')).unwrap_or_default();
                let version = Some(version.split('=').next().unwrap_or_default().trim())
                    .filter(|version| version.starts_with(|c: char| c.is_ascii_digit()))
                    .filter(|version| !version.contains(['*', ',', '<', '>', '|']));
                if name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b)) {
                    declared.add(Conda, name, version.unwrap_or_default());
                }
            }
        }
    }
}
