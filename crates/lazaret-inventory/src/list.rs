//! Every detector, one line each.

use crate::layer::FORMAT;

/// Names with versions: `dpkg/1`.
pub fn detectors() -> Vec<String> {
    ["dpkg/1", "apk/1", "npm/1", "python/1", "go/1", "java/1", "os_release/1"].map(str::to_owned).into()
}

/// What a cached layer is valid for: the detectors with their versions, and the form of the layer inventory.
pub fn fingerprint() -> String {
    format!("layer/{FORMAT} {}", detectors().join(" "))
}
