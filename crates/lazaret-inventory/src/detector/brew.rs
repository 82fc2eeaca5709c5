//! Homebrew's packages: `Cellar/<name>/<version>/INSTALL_RECEIPT.json` under any root, with the formula beside it.

use lazaret_model::PackageType;
use lazaret_oci::{Body, Limits};
use serde::Deserialize;

use super::{Candidate, Detector, Interest, root_before};
use crate::{
    content::{self, Lines},
    layer::{FileFacts, FoundPackage, Note, Root},
    license,
    room::Room,
};

pub(crate) struct Brew;

impl Detector for Brew {
    fn id(&self) -> &'static str {
        "brew"
    }

    fn version(&self) -> u32 {
        1
    }

    fn doc(&self) -> &'static str {
        "https://docs.brew.sh/Formula-Cookbook#homebrew-terminology"
    }

    fn interest(&self, file: &Candidate<'_>) -> Interest {
        let named = file.name == "INSTALL_RECEIPT.json" || file.name.as_bytes().ends_with(b".rb");
        if named && Place::of(file).is_some() { Interest::Content } else { Interest::No }
    }

    fn detect(&self, file: &Candidate<'_>, body: &Body<'_>, limits: &Limits, facts: &mut FileFacts) {
        let Some(place) = Place::of(file) else { return };
        if place.formula {
            let license = license_of(body);
            if license.is_some() {
                let version = Some(place.version.to_owned());
                facts.notes.push(Note { license, ..Note::new(PackageType::Brew, place.name, version) });
            }
            return;
        }
        let Some(bytes) = content::document(body, limits, facts) else { return };
        let receipt = serde_json::from_slice::<Receipt>(&bytes);
        // the directory is what the package is; the receipt says where it came from
        let tap = match receipt {
            Ok(receipt) => receipt.source.and_then(|source| source.tap).filter(|tap| !tap.is_empty()),
            Err(error) => {
                facts.not_understood(format!("not a receipt of an installation: {error}"));
                None
            }
        };
        let package = FoundPackage {
            repository: tap,
            roots: vec![Root { path: place.root.to_owned(), everything: true }],
            ..FoundPackage::new(PackageType::Brew, place.name, place.version)
        };
        Room::default().add(facts, package);
    }
}

#[derive(Deserialize)]
struct Receipt {
    source: Option<Source>,
}

#[derive(Deserialize)]
struct Source {
    tap: Option<String>,
}

/// A directory of the Cellar, or the copy of the formula in it.
struct Place<'a> {
    root: &'a str,
    name: &'a str,
    version: &'a str,
    formula: bool,
}

impl<'a> Place<'a> {
    fn of(file: &Candidate<'a>) -> Option<Self> {
        let formula = file.name != "INSTALL_RECEIPT.json";
        let directory = file.directory();
        let root = if formula { directory.strip_suffix("/.brew")? } else { directory };
        let (rest, version) = root.rsplit_once('/')?;
        let (cellar, name) = rest.rsplit_once('/')?;
        root_before(cellar, "Cellar").map(|_| Self { root, name, version, formula })
    }
}

/// `license "MIT"`, `license any_of: ["MIT", "GPL-2.0-only"]`, `license all_of: [...]`: a formula is a Ruby program,
/// which is not run.
fn license_of(body: &Body<'_>) -> Option<String> {
    const MAX_LINES: u64 = 500;
    let mut lines = Lines::new(body);
    while let Some(line) = lines.next_line() {
        if let Some(rest) = line.trim_start().strip_prefix("license ") {
            let rest = rest.trim();
            let names = || rest.split('"').skip(1).step_by(2);
            let nested = rest.matches('[').count() > 1 || rest.contains("with:");
            return match rest {
                _ if nested => None,
                _ if rest.starts_with('"') && names().count() == 1 => license::all_of(names()),
                _ if rest.starts_with("any_of:") && rest.ends_with(']') => license::any_of(names()),
                _ if rest.starts_with("all_of:") && rest.ends_with(']') => license::all_of(names()),
                _ => None,
            };
        }
        if lines.number > MAX_LINES {
            break;
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{damage, names, read};

    const RECEIPT: &[u8] = include_bytes!("../../testdata/brew/INSTALL_RECEIPT.json");
    const PLACE: &str = "home/linuxbrew/.linuxbrew/Cellar/rclone/1.67.0/INSTALL_RECEIPT.json";

    #[test]
    fn a_package() {
        let facts = read(&Brew, PLACE, RECEIPT);
        assert_eq!(facts.problems, []);
        assert_eq!(names(&facts), ["rclone 1.67.0"]);
        assert_eq!(facts.packages[0].repository.as_deref(), Some("homebrew/core"));
        assert_eq!(facts.packages[0].roots[0].path, "home/linuxbrew/.linuxbrew/Cellar/rclone/1.67.0");
    }

    #[test]
    fn licences_of_formulas() {
        let of = |text: &str| {
            let facts =
                read(&Brew, "Cellar/a/1.0_1/.brew/a.rb", format!("class A < Formula\n  {text}\nend\n").as_bytes());
            facts.notes.first().and_then(|note| note.license.clone())
        };
        assert_eq!(of("license \"Apache 2.0\"").as_deref(), Some("Apache-2.0"));
        assert_eq!(of("license any_of: [\"MIT\", \"GPL-2.0-only\"]").as_deref(), Some("MIT OR GPL-2.0-only"));
        assert_eq!(of("license all_of: [\"MIT\", any_of: [\"BSD-2-Clause\"]]"), None);
        assert_eq!(of("license :cannot_represent"), None);
    }

    #[test]
    fn damaged_files() {
        damage(&Brew, PLACE, RECEIPT);
        assert_eq!(names(&read(&Brew, PLACE, b"{")), ["rclone 1.67.0"]);
    }
}
