//! For tests: what a detector says of one file, in one line.

use std::fmt::Write as _;

use lazaret_model::PackageClass;
use lazaret_oci::{Body, Limits};

use crate::detector::{Candidate, Detector, Interest};
use crate::layer::{FileFacts, FoundPackage};

/// Shows the file as the scan does.
pub(crate) fn look(detector: &dyn Detector, path: &str, bytes: &[u8]) -> FileFacts {
    let mut facts = FileFacts { path: path.to_owned(), ..FileFacts::default() };
    let file = Candidate::new(path, &bytes[..bytes.len().min(512)], 0o644);
    if detector.interest(&file) != Interest::No {
        detector.detect(&file, &Body::memory(bytes), &Limits::default(), &mut facts);
    }
    facts
}

/// `type name version [declared] [?] (license) in root, ...`, then the kinds of the problems.
pub(crate) fn found(detector: &dyn Detector, path: &str, text: impl AsRef<[u8]>) -> String {
    let facts = look(detector, path, text.as_ref());
    let mut all: Vec<_> = facts.packages.iter().map(shown).collect();
    all.extend(facts.problems.iter().map(|problem| problem.kind.name().to_owned()));
    all.join(", ")
}

/// `name version[ ?], ...` where no more than that matters, then the kinds of the problems.
pub(crate) fn brief(detector: &dyn Detector, path: &str, text: &str) -> String {
    let facts = look(detector, path, text.as_bytes());
    let package = |p: &FoundPackage| format!("{} {}{}", p.name, p.version, if p.uncertain { " ?" } else { "" });
    let mut all: Vec<_> = facts.packages.iter().map(package).collect();
    all.extend(facts.problems.iter().map(|problem| problem.kind.name().to_owned()));
    all.join(", ")
}

fn shown(package: &FoundPackage) -> String {
    let mut text = format!("{} {}", package.kind.name(), package.name);
    if !package.version.is_empty() {
        let _ = write!(text, " {}", package.version);
    }
    if package.class == PackageClass::Declared {
        text.push_str(" declared");
    }
    if package.uncertain {
        text.push_str(" ?");
    }
    if let Some(license) = &package.license {
        let _ = write!(text, " ({license})");
    }
    if let Some(program) = &package.bundled_in {
        let _ = write!(text, " of {program}");
    }
    for root in &package.roots {
        let _ = write!(text, " in {}{}", root.path, if root.everything { "/*" } else { "" });
    }
    if !package.owns.is_empty() {
        let _ = write!(text, " +{}", package.owns.len());
    }
    text
}

/// A parser neither panics nor hangs on what is cut off or has flipped bits.
pub(crate) fn survives(detector: &dyn Detector, path: &str, bytes: &[u8]) {
    let step = bytes.len() / 50 + 1;
    for at in (0..bytes.len()).step_by(step) {
        look(detector, path, &bytes[..at]);
        let mut flipped = bytes.to_vec();
        flipped[at] ^= 0x55;
        look(detector, path, &flipped);
    }
}
