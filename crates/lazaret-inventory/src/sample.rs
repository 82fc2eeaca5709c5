//! What tests of all detectors share: a file shown to one detector, and the same file damaged.

use lazaret_oci::{Body, Limits};

use crate::{
    detector::{Candidate, Detector, Interest},
    layer::FileFacts,
};

/// What a detector says of a file that it wants.
pub(crate) fn read(detector: &dyn Detector, path: &str, bytes: &[u8]) -> FileFacts {
    let mut facts = FileFacts { path: path.to_owned(), ..FileFacts::default() };
    let file = Candidate::new(path, &bytes[..bytes.len().min(512)], 0o644);
    assert_ne!(detector.interest(&file), Interest::No, "{path}");
    detector.detect(&file, &Body::memory(bytes), &Limits::default(), &mut facts);
    facts
}

/// `name version` of each package.
pub(crate) fn names(facts: &FileFacts) -> Vec<String> {
    facts.packages.iter().map(|package| format!("{} {}", package.name, package.version)).collect()
}

/// A database that was cut says so, or has lost nothing; one with a flipped bit still names its other packages, or says
/// so. Neither makes a detector panic.
pub(crate) fn damage(detector: &dyn Detector, path: &str, bytes: &[u8]) {
    damage_within(detector, path, bytes, |_| true);
}

/// The same, but for cuts at places that are as good an end as any.
pub(crate) fn damage_within(detector: &dyn Detector, path: &str, bytes: &[u8], tells: impl Fn(&[u8]) -> bool) {
    let whole = read(detector, path, bytes);
    assert!(!whole.packages.is_empty() || whole.owner.is_some(), "{path}: {:?}", whole.problems);
    let step = (bytes.len() / 300).max(1);
    let shown = |damaged: &[u8]| {
        let file = Candidate::new(path, &damaged[..damaged.len().min(512)], 0o644);
        let mut facts = FileFacts { path: path.to_owned(), ..FileFacts::default() };
        // what has lost its magic is another file, where that is what a detector goes by
        if detector.interest(&file) == Interest::No {
            return None;
        }
        detector.detect(&file, &Body::memory(damaged), &Limits::default(), &mut facts);
        Some(facts)
    };
    for length in (1..bytes.len()).step_by(step) {
        let Some(facts) = shown(&bytes[..length]) else { continue };
        let complete = facts.packages == whole.packages && facts.owner == whole.owner;
        let tells = tells(&bytes[..length]);
        assert!(complete || !tells || facts.problems != whole.problems, "{path}: cut at {length} of {}", bytes.len());
    }
    let mut damaged = bytes.to_vec();
    for (index, at) in (0..bytes.len()).step_by(step).enumerate() {
        damaged[at] ^= 1 << (index % 8);
        if let Some(facts) = shown(&damaged) {
            let lost = facts.packages.len() + 1 < whole.packages.len();
            assert!(!lost || facts.problems != whole.problems, "{path}: bit {} of byte {at}", index % 8);
        }
        damaged[at] = bytes[at];
    }
}
