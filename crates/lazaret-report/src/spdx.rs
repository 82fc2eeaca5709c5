//! SPDX 2.3 (<https://spdx.github.io/spdx-spec/v2.3/>): JSON is written; JSON and tag-value of 2.2 and 2.3 are read.

mod read;
mod tag_value;
mod write;

pub(crate) use read::read as read_json;
pub(crate) use tag_value::read as read_tag_value;
pub(crate) use write::write;

/// Before the JSON in an annotation of ours.
const ANNOTATION: &str = "lazaret-properties ";
/// The property in which an evidence stands: SPDX has no field for it without listing files.
const PLACE: &str = "place";

/// What stands for the absence of a licence, so that it cannot stand for itself.
fn is_no_license(text: &str) -> bool {
    matches!(text, "" | "NOASSERTION" | "NONE")
}
