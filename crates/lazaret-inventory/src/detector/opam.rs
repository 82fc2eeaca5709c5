//! OCaml packages: opam keeps the description of each one that is installed in a switch.

use lazaret_model::PackageType;
use lazaret_oci::{Body, Limits};

use super::{Candidate, Detector, Interest};
use crate::{
    content::Lines,
    layer::{FileFacts, FoundPackage, Root},
    license,
};

pub(crate) struct Opam;

const PLACE: &str = "/.opam-switch/packages/";

impl Detector for Opam {
    fn id(&self) -> &'static str {
        "opam"
    }

    fn version(&self) -> u32 {
        1
    }

    fn doc(&self) -> &'static str {
        "https://opam.ocaml.org/doc/Manual.html"
    }

    fn interest(&self, file: &Candidate<'_>) -> Interest {
        if file.name == "opam" && installed(file.directory()).is_some() { Interest::Content } else { Interest::No }
    }

    fn detect(&self, file: &Candidate<'_>, body: &Body<'_>, _limits: &Limits, facts: &mut FileFacts) {
        let Some((switch, name, version)) = installed(file.directory()) else { return };
        let roots = ["lib", "share"].map(|part| Root { path: format!("{switch}/{part}/{name}"), everything: true });
        facts.packages.push(FoundPackage {
            license: license_of(body),
            roots: roots.into_iter().collect(),
            ..FoundPackage::new(PackageType::Opam, name, version)
        });
    }
}

/// `<switch>/.opam-switch/packages/<name>.<version>`; a name has no dot.
fn installed(directory: &str) -> Option<(&str, &str, &str)> {
    let (switch, package) = directory.rsplit_once(PLACE)?;
    let (name, version) = package.split_once('.')?;
    let right = !name.is_empty() && !version.is_empty() && !package.contains('/') && package.len() <= 256;
    right.then_some((switch, name, version))
}

/// `license: "MIT"`, `license: ["MIT" "ISC"]` with the list on lines of its own or not: all of them hold.
fn license_of(body: &Body<'_>) -> Option<String> {
    const MAX_BYTES: usize = 4 << 10;
    let mut field = String::new();
    let mut within = false;
    let mut lines = Lines::new(body);
    while let Some(line) = lines.next_line() {
        let text = if within { Some(&*line) } else { line.strip_prefix("license:") };
        let Some(text) = text else { continue };
        field.push_str(text);
        within = field.trim_start().starts_with('[') && !field.contains(']') && field.len() < MAX_BYTES;
        if !within {
            break;
        }
    }
    license::all_of(field.split('"').skip(1).step_by(2))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shown::found;

    #[test]
    fn a_package() {
        let text = include_str!("../../testdata/opam/cohttp.opam");
        assert_eq!(
            found(&Opam, "home/opam/.opam/4.14.0/.opam-switch/packages/cohttp.5.0.0/opam", text),
            "opam cohttp 5.0.0 (ISC) in home/opam/.opam/4.14.0/lib/cohttp/* in home/opam/.opam/4.14.0/share/cohttp/*"
        );
    }

    #[test]
    fn places_and_forms() {
        let of = |path: &str, text: &str| found(&Opam, path, text);
        let path = "s/.opam-switch/packages/ocaml-base-compiler.4.14.0~rc1/opam";
        assert!(of(path, "").starts_with("opam ocaml-base-compiler 4.14.0~rc1 in "));
        assert!(of(path, "license: [\n \"MIT\"\n \"ISC\"\n]\nx: \"y\"\n").contains("(MIT AND ISC)"));
        assert!(of(path, "license: [\"MIT\"").contains("(MIT)"));
        for not in [
            "s/.opam-switch/sources/a.1.0/opam",
            "s/.opam-switch/packages/a/opam",
            "s/.opam-switch/packages/a.1/files/opam",
            "opam",
        ] {
            assert_eq!(of(not, ""), "", "{not}");
        }
    }
}
