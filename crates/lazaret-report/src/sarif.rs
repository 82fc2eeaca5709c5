//! SARIF 2.1.0.

use lazaret_model::Digest;

use crate::ImageReport;

/// One run with a result per finding. `name`: what was scanned, as the user wrote it.
pub fn scan_sarif(name: &str, index: Option<&Digest>, images: &[ImageReport<'_>]) -> String {
    let _ = (name, index, images);
    String::new()
}
