//! `lazaret.compare/1`. A field may be added, never renamed.

use serde::Serialize;

use super::Comparison;
use crate::ImageReport;

/// One document, with a newline at its end. `source`: the image as the user wrote it.
pub fn compare_json(source: &str, ours: &ImageReport<'_>, comparison: &Comparison) -> String {
    let wire = Wire {
        schema: "lazaret.compare/1",
        source,
        digest: ours.facts.digest.to_string(),
        platform: ours.facts.platform.to_string(),
        problems: ours.decision.problems.len(),
        unexplained: comparison.unexplained(),
        comparison,
    };
    // Plain structs with text keys: nothing here can fail to be written.
    serde_json::to_string(&wire).unwrap_or_default() + "\n"
}

#[derive(Serialize)]
struct Wire<'a> {
    schema: &'static str,
    source: &'a str,
    digest: String,
    platform: String,
    /// Of the scan here: where there are some, what is missing here may be their doing.
    problems: usize,
    unexplained: usize,
    #[serde(flatten)]
    comparison: &'a Comparison,
}
