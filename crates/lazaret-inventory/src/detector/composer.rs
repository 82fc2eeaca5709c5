//! PHP packages: the list that Composer keeps of what it installed, in the forms of Composer 1 and 2.

use std::borrow::Cow;

use lazaret_model::PackageType;
use lazaret_oci::{Body, Limits};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Candidate, Detector, Interest, root_before};
use crate::{
    content::document,
    layer::{FileFacts, FoundPackage, Root},
    license,
};

pub(crate) struct Composer;

impl Detector for Composer {
    fn id(&self) -> &'static str {
        "composer"
    }

    fn version(&self) -> u32 {
        2
    }

    fn doc(&self) -> &'static str {
        "https://github.com/composer/composer/blob/main/src/Composer/Repository/FilesystemRepository.php"
    }

    fn interest(&self, file: &Candidate<'_>) -> Interest {
        if root_before(file.path, "composer/installed.json").is_some() { Interest::Content } else { Interest::No }
    }

    fn detect(&self, file: &Candidate<'_>, body: &Body<'_>, limits: &Limits, facts: &mut FileFacts) {
        let Some(bytes) = document(body, limits, facts) else { return };
        match list(&bytes) {
            Ok(entries) => packages(&entries, file.directory(), facts),
            // the directory `vendor` can have any name, but this one is surely Composer's
            Err(error) if root_before(file.path, "vendor/composer/installed.json").is_some() => {
                facts.not_understood(format!("not a list of Composer packages: {error}"));
            }
            Err(_) => {}
        }
    }
}

/// Composer 2 wraps the list of Composer 1.
#[derive(Deserialize)]
struct Wrapped<'a> {
    #[serde(borrow)]
    packages: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
struct Entry<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
    #[serde(borrow)]
    version: Cow<'a, str>,
    /// A text or a list of texts, one of which may be chosen.
    #[serde(borrow, default)]
    license: Option<&'a RawValue>,
    /// From the directory of the list; Composer 1 has none.
    #[serde(borrow, default, rename = "install-path")]
    path: Option<Cow<'a, str>>,
}

impl Entry<'_> {
    fn license(&self) -> Option<String> {
        let raw = self.license?.get();
        let one = || serde_json::from_str::<String>(raw).map(|text| vec![text]);
        let all = serde_json::from_str::<Vec<String>>(raw).or_else(|_| one()).ok()?;
        license::any_of(all.iter().map(String::as_str))
    }

    /// `vendor/symfony/console`.
    fn root(&self, directory: &str) -> Option<Root> {
        let vendor = directory.rsplit_once('/').map_or("", |(above, _)| above);
        let path = match self.path.as_deref() {
            Some(path) => {
                let mut parts: Vec<&str> = directory.split('/').collect();
                for part in path.trim_start_matches("./").trim_end_matches('/').split('/') {
                    match part {
                        ".." => {
                            parts.pop()?;
                        }
                        part => parts.push(part),
                    }
                }
                parts.join("/")
            }
            None => format!("{vendor}/{}", self.name),
        };
        // nothing above `vendor` is one package's
        let below = path.strip_prefix(vendor).is_some_and(|rest| rest.len() > 1 && rest.starts_with('/'));
        (below && !vendor.is_empty()).then_some(Root { path, everything: false })
    }
}

fn list(bytes: &[u8]) -> Result<Vec<&RawValue>, serde_json::Error> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if bytes.trim_ascii_start().starts_with(b"[") {
        serde_json::from_slice(bytes)
    } else {
        serde_json::from_slice(bytes).map(|wrapped: Wrapped<'_>| wrapped.packages)
    }
}

fn packages(entries: &[&RawValue], directory: &str, facts: &mut FileFacts) {
    let mut odd = 0_usize;
    for raw in entries {
        match serde_json::from_str::<Entry<'_>>(raw.get()) {
            Ok(entry) if is_plain(&entry.name) && is_plain(&entry.version) => {
                let found = FoundPackage {
                    license: entry.license(),
                    roots: entry.root(directory).into_iter().collect(),
                    ..FoundPackage::new(PackageType::Composer, entry.name, entry.version)
                };
                facts.packages.push(found);
            }
            _ => odd += 1,
        }
    }
    if odd > 0 {
        facts.not_understood(format!("list of Composer packages: {odd} entries without a name or version"));
    }
}

/// A name or version of one word; branches have any name.
fn is_plain(text: &str) -> bool {
    (1..=256).contains(&text.len()) && !text.contains(|c: char| c.is_whitespace() || c.is_control())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACE: &str = "srv/app/vendor/composer/installed.json";

    fn found(path: &str, text: &str) -> String {
        let mut facts = FileFacts { path: path.to_owned(), ..FileFacts::default() };
        let file = Candidate::new(path, text.as_bytes(), 0o644);
        if Composer.interest(&file) == Interest::Content {
            Composer.detect(&file, &Body::memory(text.as_bytes()), &Limits::default(), &mut facts);
        }
        let mut all: Vec<_> = facts.packages.iter().map(|p| format!("{} {}", p.name, p.version)).collect();
        all.extend(facts.problems.iter().map(|p| p.kind.name().to_owned()));
        all.join(", ")
    }

    #[test]
    fn written_by_composer_2() {
        let text = include_str!("../../testdata/composer/installed-2.json");
        let all = "acme/Bundle 2.0.0-beta3, acme/branch dev-main, acme/test-tool 0.9.x-dev, symfony/console v5.4.1, \
                   symfony/polyfill-mbstring 1.27.0";
        assert_eq!(found(PLACE, text), all);
        assert_eq!(found("var/www/lib/composer/installed.json", text), all, "another name of the vendor directory");
    }

    #[test]
    fn licences_and_roots() {
        let of = |text: &str| crate::shown::found(&Composer, PLACE, text);
        assert_eq!(
            of(
                r#"{"packages":[{"name":"a/b","version":"1.0","license":["MIT","GPL-2.0-only"],"install-path":"../a/b"}]}"#
            ),
            "composer a/b 1.0 (MIT OR GPL-2.0-only) in srv/app/vendor/a/b"
        );
        assert_eq!(
            of(r#"[{"name":"a/b","version":"1.0","license":"MIT"}]"#),
            "composer a/b 1.0 (MIT) in srv/app/vendor/a/b"
        );
        assert_eq!(of(r#"[{"name":"a/b","version":"1.0","install-path":"../../../x"}]"#), "composer a/b 1.0");
        assert_eq!(of(r#"[{"name":"a/b","version":"1.0","license":7}]"#), "composer a/b 1.0 in srv/app/vendor/a/b");
    }

    #[test]
    fn form_of_composer_1() {
        let text = include_str!("../../testdata/composer/installed-1.json");
        assert_eq!(
            found(PLACE, text),
            "acme/branch dev-main, symfony/console v5.4.1, symfony/polyfill-mbstring 1.27.0"
        );
        assert_eq!(found(PLACE, "[]"), "");
        assert_eq!(found(PLACE, "\u{feff} {\"packages\":[]}"), "");
    }

    #[test]
    fn places() {
        let text = r#"[{"name":"a/b","version":"1.0"}]"#;
        assert_eq!(found("composer/installed.json", text), "a/b 1.0");
        for not in ["installed.json", "app/mycomposer/installed.json", "vendor/composer/a/installed.json"] {
            assert_eq!(found(not, text), "", "{not}");
        }
    }

    #[test]
    fn what_is_not_understood_is_said() {
        for bad in ["", "{", "{}", r#"{"packages":7}"#, "7", "[1", &"[".repeat(100_000)] {
            assert_eq!(found(PLACE, bad), "parse_error", "{}", &bad[..bad.len().min(20)]);
            assert_eq!(found("lib/composer/installed.json", bad), "", "no list of this Composer");
        }
        let partly =
            r#"[{"name":"a/b"},{"name":"a/c","version":1},{"name":"a/d","version":"1.0"},{"name":"","version":""}]"#;
        assert_eq!(found(PLACE, partly), "a/d 1.0, parse_error");
    }
}
