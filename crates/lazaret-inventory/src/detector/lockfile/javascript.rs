//! Lockfiles of JavaScript's package managers, and Composer's, which has the same shape.

use lazaret_model::PackageType::{Composer, Npm};
use serde_json::Value;

use super::{
    Declared,
    lines::{lines, unquoted},
};

/// `package-lock.json` of npm 5 (v1) to 11 (v3), `npm-shrinkwrap.json`.
pub(super) fn npm(text: &str, declared: &mut Declared) {
    let Ok(json) = serde_json::from_str::<Value>(text) else { return };
    if let Some(packages) = json.get("packages").and_then(Value::as_object) {
        for (path, package) in packages {
            // the project itself and its workspaces have no place below `node_modules`
            let Some((_, installed)) = path.rsplit_once("node_modules/") else { continue };
            if package.get("link").and_then(Value::as_bool) == Some(true) {
                continue;
            }
            // an alias is installed under another name than its own
            let name = package.get("name").and_then(Value::as_str).unwrap_or(installed);
            declared.add(Npm, name, text_of(package, "version"));
        }
    } else {
        dependencies(&json, declared, 0);
    }
}

/// v1: dependencies nest in those that need them in another version. JSON's own depth is limited.
fn dependencies(json: &Value, declared: &mut Declared, depth: usize) {
    for (name, package) in json.get("dependencies").and_then(Value::as_object).into_iter().flatten() {
        let version = text_of(package, "version");
        match version.strip_prefix("npm:").and_then(|alias| alias.rsplit_once('@')) {
            Some((name, version)) => declared.add(Npm, name, version),
            None => declared.add(Npm, name, registry_version(version)),
        }
        if depth < 64 {
            dependencies(package, declared, depth + 1);
        }
    }
}

/// A version, not the address of a repository or file.
fn registry_version(version: &str) -> &str {
    if version.contains(['/', ':']) { "" } else { version }
}

fn text_of<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// `yarn.lock`, version 1 and the YAML of Yarn 2 and later.
pub(super) fn yarn(text: &str, declared: &mut Declared) {
    let mut name: Option<&str> = None;
    for line in text.lines() {
        if line.starts_with('#') || line.trim().is_empty() {
            continue;
        }
        if !line.starts_with(' ') {
            // `"@babel/core@^7.0.0", "@babel/core@^7.1.0":`
            let first = line.trim_start_matches('"').split([',', '"']).next().unwrap_or_default();
            name = described(first.trim_end_matches(':'));
            continue;
        }
        let Some(line) = line.strip_prefix("  ").filter(|line| !line.starts_with(' ')) else { continue };
        // Yarn 2: `resolution: "name@npm:1.0.0"` names what an alias means
        if let Some(resolution) = line.strip_prefix("resolution: ") {
            let resolution = unquoted(resolution);
            if let Some((real, version)) = resolution.split_once("@npm:").filter(|_| name.take().is_some()) {
                declared.add(Npm, real, version.split("::").next().unwrap_or(version));
            }
        } else if let Some(version) = line.strip_prefix("version ")
            && let Some(name) = name.take()
        {
            declared.add(Npm, name, unquoted(version));
        }
    }
}

/// `name@range`, `@scope/name@npm:range`, `alias@npm:name@range`: the name of the package.
fn described(text: &str) -> Option<&str> {
    let at = text.get(1..)?.find('@')? + 1;
    let (name, range) = (&text[..at], &text[at + 1..]);
    if range.starts_with("workspace:") || range.starts_with("link:") {
        return None;
    }
    let alias = range.strip_prefix("npm:").and_then(|real| {
        let at = real.get(1..)?.find('@')? + 1;
        Some(&real[..at])
    });
    Some(alias.unwrap_or(name))
}

/// `pnpm-lock.yaml`: keys of `packages`, `/name/1.0.0` (5), `/name@1.0.0` (6), `name@1.0.0` (9), with `(peers)` or `_peers`.
pub(super) fn pnpm(text: &str, declared: &mut Declared) {
    let mut inside = false;
    for line in lines(text) {
        if line.indent == 0 {
            inside = line.key == "packages";
        } else if inside && line.indent == 2 && !line.key.is_empty() {
            let key = line.key.split('(').next().unwrap_or_default();
            let key = key.strip_prefix('/').unwrap_or(key);
            // after the name, whose scope has a slash of its own, `@` or in version 5 `/`
            let scope = if key.starts_with('@') { key.find('/').map_or(0, |at| at + 1) } else { 0 };
            let Some(at) = key[scope..].find(['@', '/']).map(|at| scope + at) else { continue };
            let (name, version) = (&key[..at], key[at + 1..].split('_').next().unwrap_or_default());
            // of a repository or a file there is no version
            if !version.contains([':', '/']) {
                declared.add(Npm, name, version);
            }
        }
    }
}

/// `bun.lock`: JSON with commas at the ends of lists; an entry of `packages` is `"key": ["name@1.0.0", ...]`.
pub(super) fn bun(text: &str, declared: &mut Declared) {
    let Ok(json) = serde_json::from_str::<Value>(&without_last_commas(text)) else { return };
    for entry in json.get("packages").and_then(Value::as_object).into_iter().flat_map(|all| all.values()) {
        let reference = entry.get(0).and_then(Value::as_str).unwrap_or_default();
        let Some((name, version)) = reference.rsplit_once('@') else { continue };
        if !version.contains([':', '/']) {
            declared.add(Npm, name, version);
        }
    }
}

/// Leaves out commas before a closing bracket.
fn without_last_commas(text: &str) -> String {
    let (mut plain, mut quoted, mut escaped) = (String::with_capacity(text.len()), false, false);
    for (at, c) in text.char_indices() {
        let is_last = || text[at + 1..].trim_start().starts_with(['}', ']']);
        if quoted || c != ',' || !is_last() {
            plain.push(c);
        }
        match c {
            '"' if !escaped => quoted = !quoted,
            _ => {}
        }
        escaped = quoted && c == '\\' && !escaped;
    }
    plain
}

/// `deno.lock`: the keys of `npm`, `chalk@5.3.0`, with `_peers`; before version 4 within `packages`.
pub(super) fn deno(text: &str, declared: &mut Declared) {
    let Ok(json) = serde_json::from_str::<Value>(text) else { return };
    let inner = json.get("packages").and_then(|packages| packages.get("npm"));
    let list = inner.or_else(|| json.get("npm")).map(|npm| npm.get("packages").unwrap_or(npm));
    for key in list.and_then(Value::as_object).into_iter().flat_map(|list| list.keys()) {
        let Some(at) = key.get(1..).and_then(|rest| rest.find('@')).map(|at| at + 1) else { continue };
        declared.add(Npm, &key[..at], key[at + 1..].split('_').next().unwrap_or_default());
    }
}

/// `composer.lock`.
pub(super) fn composer(text: &str, declared: &mut Declared) {
    let Ok(json) = serde_json::from_str::<Value>(text) else { return };
    for list in ["packages", "packages-dev"] {
        for package in json.get(list).and_then(Value::as_array).into_iter().flatten() {
            declared.add(Composer, text_of(package, "name"), text_of(package, "version"));
        }
    }
}
