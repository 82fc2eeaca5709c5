//! Julia packages: the `Project.toml` of each one in a depot (`packages/<name>/<slug>/`) and of the standard library.

use lazaret_model::PackageType;
use lazaret_oci::{Body, Limits};

use super::{Candidate, Detector, Interest};
use crate::{
    content::Lines,
    layer::{FileFacts, FoundPackage, Root},
};

pub(crate) struct Julia;

impl Detector for Julia {
    fn id(&self) -> &'static str {
        "julia"
    }

    fn version(&self) -> u32 {
        1
    }

    fn doc(&self) -> &'static str {
        "https://pkgdocs.julialang.org/v1/toml-files/"
    }

    fn interest(&self, file: &Candidate<'_>) -> Interest {
        let named = matches!(file.name, "Project.toml" | "JuliaProject.toml");
        if named && Place::of(file.directory()).is_some() { Interest::Content } else { Interest::No }
    }

    fn detect(&self, file: &Candidate<'_>, body: &Body<'_>, _limits: &Limits, facts: &mut FileFacts) {
        let Some(place) = Place::of(file.directory()) else { return };
        let Project { name, version, uuid } = Project::read(body);
        let holder = match place {
            Place::Package(name) | Place::Standard(name) => name,
        };
        if name.is_empty() || (version.is_empty() && matches!(place, Place::Package(_))) {
            // what has no identity is something else in a directory of that name
            if uuid {
                facts.not_understood("a Julia package without a name or version");
                let found =
                    FoundPackage::new(PackageType::Julia, if name.is_empty() { holder } else { &name }, version);
                facts.packages.push(FoundPackage { uncertain: true, ..found });
            }
            return;
        }
        if version.is_empty() {
            // parts of the standard library without a version of their own are Julia's
            return;
        }
        facts.packages.push(FoundPackage {
            roots: vec![Root { path: file.directory().to_owned(), everything: true }],
            ..FoundPackage::new(PackageType::Julia, name, version)
        });
    }
}

enum Place<'a> {
    /// `packages/<name>/<slug>`, where the slug has five letters, in older depots four.
    Package(&'a str),
    /// `share/julia/stdlib/v1.10/<name>`.
    Standard(&'a str),
}

impl<'a> Place<'a> {
    fn of(directory: &'a str) -> Option<Self> {
        let (above, last) = directory.rsplit_once('/')?;
        if let Some((stdlib, version)) = above.rsplit_once('/')
            && stdlib.ends_with("share/julia/stdlib")
            && version.starts_with('v')
        {
            return Some(Self::Standard(last));
        }
        let (packages, name) = above.rsplit_once('/')?;
        let slug = (4..=5).contains(&last.len()) && last.bytes().all(|b| b.is_ascii_alphanumeric());
        (slug && (packages == "packages" || packages.ends_with("/packages"))).then_some(Self::Package(name))
    }
}

#[derive(Default)]
struct Project {
    name: String,
    version: String,
    uuid: bool,
}

impl Project {
    /// Keys before the first table: `name = "JSON3"`.
    fn read(body: &Body<'_>) -> Self {
        let mut project = Self::default();
        let mut lines = Lines::new(body);
        while let Some(line) = lines.next_line() {
            let line = line.trim();
            if line.starts_with('[') {
                break;
            }
            let Some((key, value)) = line.split_once('=') else { continue };
            let value = value.trim();
            let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''));
            let text = quote.and_then(|quote| value[1..].split(quote).next()).unwrap_or_default();
            match key.trim() {
                "name" if is_plain(text) => text.clone_into(&mut project.name),
                "version" if is_plain(text) => text.clone_into(&mut project.version),
                "uuid" => project.uuid = true,
                _ => {}
            }
        }
        project
    }
}

fn is_plain(text: &str) -> bool {
    (1..=128).contains(&text.len()) && text.chars().all(|c| c.is_alphanumeric() || "._-+!".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shown::found;

    #[test]
    fn packages() {
        let text = include_str!("../../testdata/julia/StaticArraysCore.toml");
        let path = "root/.julia/packages/StaticArraysCore/1FEqc";
        assert_eq!(
            found(&Julia, &format!("{path}/Project.toml"), text),
            format!("julia StaticArraysCore 1.4.3 in {path}/*")
        );
        let library = "name = \"OpenSSL_jll\"\nuuid = \"458c3c95\"\nversion = \"3.0.13+1\"\n";
        let path = "opt/julia/share/julia/stdlib/v1.10/OpenSSL_jll";
        assert_eq!(
            found(&Julia, &format!("{path}/Project.toml"), library),
            format!("julia OpenSSL_jll 3.0.13+1 in {path}/*")
        );
        assert_eq!(found(&Julia, &format!("{path}/Project.toml"), "name = \"Base64\"\nuuid = \"x\"\n"), "");
    }

    #[test]
    fn places() {
        let text = "name = \"A\"\nuuid = \"u\"\nversion = \"1.0.0\"\n[deps]\nname = \"B\"\n";
        assert!(found(&Julia, "packages/A/abcd/Project.toml", text).starts_with("julia A 1.0.0"));
        for not in [
            "app/Project.toml",
            "packages/A/Project.toml",
            "packages/A/abcde/docs/Project.toml",
            "packages/A/abcdef/Project.toml",
        ] {
            assert_eq!(found(&Julia, not, text), "", "{not}");
        }
        assert_eq!(found(&Julia, "packages/A/abcd/Project.toml", "[deps]\nversion = \"1\"\n"), "");
        assert_eq!(
            found(&Julia, "packages/A/abcd/Project.toml", "name = \"A\"\nuuid = \"u\"\n"),
            "julia A ?, parse_error"
        );
    }
}
