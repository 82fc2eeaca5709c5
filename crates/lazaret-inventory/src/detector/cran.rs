//! R packages: the `DESCRIPTION` that R rewrites when it installs one into a library.

use lazaret_model::PackageType;
use lazaret_oci::{Body, Limits};

use super::{Candidate, Detector, Interest};
use crate::{
    headers,
    layer::{FileFacts, FoundPackage, Root},
    license,
};

pub(crate) struct Cran;

impl Detector for Cran {
    fn id(&self) -> &'static str {
        "cran"
    }

    fn version(&self) -> u32 {
        1
    }

    fn doc(&self) -> &'static str {
        "https://cran.r-project.org/doc/manuals/r-release/R-exts.html#The-DESCRIPTION-file"
    }

    fn interest(&self, file: &Candidate<'_>) -> Interest {
        if file.name == "DESCRIPTION" && !file.directory().is_empty() { Interest::Content } else { Interest::No }
    }

    fn detect(&self, file: &Candidate<'_>, body: &Body<'_>, _limits: &Limits, facts: &mut FileFacts) {
        let [name, version, license, built] = headers::read(body, ["Package", "Version", "License", "Built"]);
        // a source tree has none of `Built`, and other files have the same name
        let directory = file.directory();
        let holder = directory.rsplit('/').next().unwrap_or_default();
        if name.is_empty() || built.is_empty() || name != holder {
            return;
        }
        if !is_version(&version) {
            facts.not_understood("no version of an installed R package");
        }
        let uncertain = !is_version(&version);
        facts.packages.push(FoundPackage {
            // R's own packages say `Part of R 4.2.2`
            license: Some(license)
                .filter(|text| !text.starts_with("Part of R"))
                .and_then(|text| license::normalise(&text)),
            roots: vec![Root { path: directory.to_owned(), everything: true }],
            uncertain,
            ..FoundPackage::new(PackageType::Cran, name, if uncertain { String::new() } else { version })
        });
    }
}

/// Numbers with `.` or `-` between them.
fn is_version(version: &str) -> bool {
    version.len() <= 256
        && version.starts_with(|c: char| c.is_ascii_digit())
        && version.bytes().all(|b| b.is_ascii_digit() || b".-".contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shown::found;

    #[test]
    fn real_packages() {
        let mass = include_str!("../../testdata/cran/MASS");
        assert_eq!(
            found(&Cran, "usr/lib/R/library/MASS/DESCRIPTION", mass),
            "cran MASS 7.3-58.2 (GPL-2.0-only OR GPL-3.0-only) in usr/lib/R/library/MASS/*"
        );
        let stats = include_str!("../../testdata/cran/stats");
        assert_eq!(found(&Cran, "opt/R/library/stats/DESCRIPTION", stats), "cran stats 4.2.2 in opt/R/library/stats/*");
    }

    #[test]
    fn places() {
        let text = "Package: x\nVersion: 1.0\nBuilt: R 4.2.2; ; 2023; unix\n";
        assert_eq!(found(&Cran, "library/x/DESCRIPTION", text), "cran x 1.0 in library/x/*");
        for not in ["DESCRIPTION", "library/y/DESCRIPTION", "library/x/DESCRIPTION.in"] {
            assert_eq!(found(&Cran, not, text), "", "{not}");
        }
        assert_eq!(found(&Cran, "src/x/DESCRIPTION", "Package: x\nVersion: 1.0\n"), "", "a source tree");
        assert_eq!(
            found(&Cran, "l/x/DESCRIPTION", "Package: x\nVersion: y\nBuilt: z\n"),
            "cran x ? in l/x/*, parse_error"
        );
    }
}
