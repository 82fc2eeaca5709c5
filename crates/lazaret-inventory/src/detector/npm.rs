//! Node.js packages: `package.json` files with name and version, where packages are installed.

use std::fmt;

use lazaret_model::{PackageType, ProblemKind};
use lazaret_oci::{Body, Limits};
use serde::de::{Deserializer as _, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::{Candidate, Detector, Interest};
use crate::{
    content::document,
    layer::{FileFacts, FoundPackage, Root},
    license,
};

pub(crate) struct Npm;

impl Detector for Npm {
    fn id(&self) -> &'static str {
        "npm"
    }

    fn version(&self) -> u32 {
        3
    }

    fn doc(&self) -> &'static str {
        "https://docs.npmjs.com/cli/v11/configuring-npm/package-json"
    }

    fn interest(&self, file: &Candidate<'_>) -> Interest {
        if file.name == "package.json" {
            return if Place::of(file.path) == Place::Inside { Interest::No } else { Interest::Content };
        }
        if is_in_store(file.path) && looks_like_object(file.head) { Interest::Content } else { Interest::No }
    }

    fn detect(&self, file: &Candidate<'_>, body: &Body<'_>, limits: &Limits, facts: &mut FileFacts) {
        let place = Place::of(file.path);
        facts.latent = file.name != "package.json";
        let Some(bytes) = document(body, limits, facts) else { return };
        let Manifest { name, version, license } = match read(&bytes) {
            Ok(found) => found,
            Err(error) => {
                if let Place::Root(_) = place {
                    facts.not_understood(format!("not a package.json: {error}"));
                }
                return;
            }
        };
        // what pnpm's store links to a package lies elsewhere
        let root = if facts.latent { None } else { root(file.directory(), place) };
        let package = match (place, name, version) {
            (_, Some(name), Some(version)) if is_name(&name) && is_version(&version) => {
                FoundPackage::new(PackageType::Npm, name, version)
            }
            (Place::Root(directory), name, version) => FoundPackage {
                uncertain: true,
                ..FoundPackage::new(
                    PackageType::Npm,
                    name.filter(|name| is_name(name)).unwrap_or_else(|| directory.to_owned()),
                    version.filter(|version| is_version(version)).unwrap_or_default(),
                )
            },
            // a template, a fixture, or an application that was never meant to be published
            _ => return,
        };
        if package.version.is_empty() && package.name.is_empty() {
            return facts.problem(ProblemKind::ParseError, "neither name nor version");
        }
        facts.packages.push(FoundPackage {
            license,
            roots: root.into_iter().collect(),
            bundled_in: bundled_in(file.path).map(str::to_owned),
            ..package
        });
    }
}

/// What is a package's: its directory. An application's own `package.json` explains scripts, not a program that
/// someone put beside it; one at the root of the file system explains nothing.
fn root(directory: &str, place: Place<'_>) -> Option<Root> {
    let everything = matches!(place, Place::Root(_));
    (!directory.is_empty()).then(|| Root { path: directory.to_owned(), everything })
}

/// Where a `package.json` lies.
#[derive(PartialEq, Eq, Clone, Copy, Debug)]
enum Place<'a> {
    /// Directly in `node_modules/<name>/` or `node_modules/@<scope>/<name>/`: an installed package, by this name
    /// (unless it is an alias).
    Root(&'a str),
    /// Deeper in an installed package: helpers for sub-paths, fixtures, templates.
    Inside,
    /// An application, or a package that another package manager put somewhere (`usr/share/nodejs/x`).
    Elsewhere,
}

impl<'a> Place<'a> {
    fn of(path: &'a str) -> Self {
        let Some((before, after)) = path.rsplit_once("node_modules/") else { return Self::Elsewhere };
        if !before.is_empty() && !before.ends_with('/') {
            return Self::Elsewhere;
        }
        let Some((directory, _)) = after.rsplit_once('/') else { return Self::Inside };
        let depth = directory.bytes().filter(|b| *b == b'/').count();
        // `.pnpm`, `.cache` and the like are tools' own
        let is_root = depth == usize::from(directory.starts_with('@')) && !directory.starts_with('.');
        if is_root { Self::Root(directory) } else { Self::Inside }
    }
}

/// The package manager whose own tree a file is in: `lib/node_modules/npm/node_modules/semver/package.json`.
fn bundled_in(path: &str) -> Option<&'static str> {
    ["npm", "yarn", "pnpm", "corepack"].into_iter().find(|program| {
        ["node_modules/", "share/nodejs/"].iter().any(|parent| {
            path.match_indices(parent).any(|(at, _)| {
                let starts = at == 0 || path.as_bytes()[at - 1] == b'/';
                let rest = path[at + parent.len()..].strip_prefix(program).and_then(|rest| rest.strip_prefix('/'));
                starts && rest.is_some_and(|rest| rest.starts_with("node_modules/") || rest.contains("/node_modules/"))
            })
        })
    })
}

/// pnpm links installed files to a store by content: `files/ab/cdef...`.
fn is_in_store(path: &str) -> bool {
    let mut parts = path.rsplitn(4, '/');
    let (Some(name), Some(shard), Some("files")) = (parts.next(), parts.next(), parts.next()) else { return false };
    shard.len() == 2 && name.len() >= 60 && name.bytes().take(60).all(|b| b.is_ascii_hexdigit())
}

fn looks_like_object(head: &[u8]) -> bool {
    head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start().starts_with(b"{")
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.len() <= 214 && !name.contains(|c: char| c.is_whitespace() || c.is_control() || c == '{')
}

/// Starts like a version: `1.2.3`, also `v1.2.3` and `=1.2.3` as old packages have it. `{{version}}` does not.
fn is_version(version: &str) -> bool {
    version.len() <= 256
        && version.trim_start_matches(['v', '=', ' ']).starts_with(|c: char| c.is_ascii_digit())
        && !version.contains(char::is_control)
}

/// What matters of the top level; what is no text counts as absent. As in JavaScript, the last of two wins.
#[derive(Default)]
struct Manifest {
    name: Option<String>,
    version: Option<String>,
    license: Option<String>,
}

fn read(bytes: &[u8]) -> Result<Manifest, serde_json::Error> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let found = json.deserialize_map(TopLevel)?;
    json.end()?;
    Ok(found)
}

struct TopLevel;

impl<'de> Visitor<'de> for TopLevel {
    type Value = Manifest;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found = Manifest::default();
        while let Some(key) = map.next_key::<Key>()? {
            match key {
                Key::Name => found.name = text(map.next_value()?),
                Key::Version => found.version = text(map.next_value()?),
                Key::License | Key::Licence => found.license = license_of(map.next_value()?).or(found.license),
                // a list, which npm has not known for ten years
                Key::Licenses => found.license = found.license.or(license_of(map.next_value()?)),
                Key::Other => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(found)
    }
}

fn text(value: &RawValue) -> Option<String> {
    serde_json::from_str::<String>(value.get()).ok().map(|text| text.trim().to_owned())
}

/// `"MIT"`, `{"type": "MIT"}`, or a list of these, of which one may be chosen.
fn license_of(value: &RawValue) -> Option<String> {
    #[derive(serde::Deserialize)]
    #[serde(untagged)]
    enum License {
        Text(String),
        Object {
            #[serde(alias = "name")]
            r#type: String,
        },
        List(Vec<Self>),
        Other(IgnoredAny),
    }
    fn texts(license: License, depth: usize, out: &mut Vec<String>) {
        match license {
            License::Text(text) | License::Object { r#type: text } => out.push(text),
            License::List(all) if depth == 0 => all.into_iter().for_each(|one| texts(one, 1, out)),
            License::List(_) | License::Other(_) => {}
        }
    }
    let mut all = Vec::new();
    texts(serde_json::from_str(value.get()).ok()?, 0, &mut all);
    // files are named in many ways, and say nothing by themselves
    license::any_of(all.iter().map(String::as_str).filter(|text| !text.to_ascii_lowercase().starts_with("see license")))
}

#[derive(serde::Deserialize)]
#[serde(field_identifier, rename_all = "lowercase")]
enum Key {
    Name,
    Version,
    License,
    Licence,
    Licenses,
    #[serde(other)]
    Other,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shown::brief;

    fn found(path: &str, text: &str) -> String {
        brief(&Npm, path, text)
    }

    #[test]
    fn a_real_package() {
        let text = include_str!("../../testdata/npm/minimist.json");
        assert_eq!(found("srv/app/node_modules/minimist/package.json", text), "minimist 1.2.0");
    }

    #[test]
    fn places() {
        let text = r#"{"name":"x","version":"1.0.0"}"#;
        for installed in [
            "app/node_modules/x/package.json",
            "node_modules/x/package.json",
            "app/node_modules/a/node_modules/x/package.json",
            "app/node_modules/.pnpm/x@1.0.0/node_modules/x/package.json",
            "usr/local/lib/node_modules/npm/package.json",
            "usr/share/nodejs/x/package.json",
            "srv/app/package.json",
            "package.json",
        ] {
            assert_eq!(found(installed, text), "x 1.0.0", "{installed}");
        }
        for inside in ["app/node_modules/a/test/fixture/package.json", "app/node_modules/@s/a/b/package.json"] {
            assert_eq!(found(inside, text), "", "{inside}");
        }
        let scoped = r#"{"name":"@s/x","version":"1.0.0"}"#;
        assert_eq!(found("app/node_modules/@s/x/package.json", scoped), "@s/x 1.0.0");
    }

    #[test]
    fn licences_and_roots() {
        let of = |path: &str, text: &str| crate::shown::found(&Npm, path, text);
        let root = "n/node_modules/x";
        let package = |rest: &str| format!("{{\"name\":\"x\",\"version\":\"1.0.0\"{rest}}}");
        let with = |license: &str| of(&format!("{root}/package.json"), &package(license));
        assert_eq!(with(r#","license":"MIT""#), format!("npm x 1.0.0 (MIT) in {root}/*"));
        assert_eq!(with(r#","license":{"type":"MIT","url":"u"}"#), format!("npm x 1.0.0 (MIT) in {root}/*"));
        assert_eq!(
            with(r#","licenses":[{"type":"MIT"},{"type":"ISC"}]"#),
            format!("npm x 1.0.0 (MIT OR ISC) in {root}/*")
        );
        assert_eq!(with(r#","license":"SEE LICENSE IN x""#), format!("npm x 1.0.0 in {root}/*"));
        assert_eq!(with(r#","license":[[7]]"#), format!("npm x 1.0.0 in {root}/*"));
        assert_eq!(of("srv/app/package.json", &package("")), "npm x 1.0.0 in srv/app");
        assert_eq!(of("package.json", &package("")), "npm x 1.0.0");
    }

    #[test]
    fn package_managers_bring_their_own() {
        for (path, program) in [
            ("usr/local/lib/node_modules/npm/node_modules/semver/package.json", Some("npm")),
            ("usr/share/nodejs/npm/node_modules/semver/package.json", Some("npm")),
            ("lib/node_modules/pnpm/dist/node_modules/semver/package.json", Some("pnpm")),
            ("usr/local/lib/node_modules/npm/package.json", None),
            ("app/node_modules/npm-run/node_modules/semver/package.json", None),
            ("app/node_modules/@s/npm/node_modules/semver/package.json", None),
            ("app/my_node_modules/npm/node_modules/semver/package.json", None),
        ] {
            assert_eq!(bundled_in(path), program, "{path}");
        }
    }

    #[test]
    fn odd_forms() {
        let root = "n/node_modules/x/package.json";
        assert_eq!(found(root, "\u{feff}{\"name\":\"x\",\"version\":\"1.0.0\"}"), "x 1.0.0");
        assert_eq!(found(root, r#"{"name":"y","version":"1","version":"2.0.0"}"#), "y 2.0.0");
        assert_eq!(found(root, r#"{"name":"\u0078","version":" 1.0.0 ","a":{"name":"no"}}"#), "x 1.0.0");
        assert_eq!(found(root, r#"{"name":"x","version":1}"#), "x  ?");
        assert_eq!(found(root, r#"{"version":"1.0.0"}"#), "x 1.0.0 ?");
        assert_eq!(found(root, r#"{"type":"module"}"#), "x  ?");
        assert_eq!(found(root, r#"{"name":"x","version":"1.0.0""#), "parse_error");
        assert_eq!(found(root, "[]"), "parse_error");
        let deep = format!("{}{}", "{\"a\":".repeat(10_000), "}".repeat(10_000));
        assert!(["parse_error", "x  ?"].contains(&found(root, &deep).as_str()));
        assert_eq!(found("app/package.json", r#"{"name":"{{name}}","version":"1.0.0"}"#), "");
        assert_eq!(found("app/package.json", r#"{"name":"x"}"#), "");
        assert_eq!(found("app/package.json", "{{#if x}}"), "");
    }

    #[test]
    fn pnpm_store() {
        let path = format!("root/.local/share/pnpm/store/v3/files/ab/{}", "0f".repeat(63));
        assert_eq!(found(&path, r#"{"name":"x","version":"1.0.0"}"#), "x 1.0.0");
        assert_eq!(found(&path, r#"module.exports = {"name":"x","version":"1.0.0"}"#), "");
    }
}
