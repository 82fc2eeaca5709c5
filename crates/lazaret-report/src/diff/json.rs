//! `lazaret.diff/1`. A field may be added, never renamed.

use serde::Serialize;

use super::{ImageDiff, SourceDiff};

const SCHEMA: &str = "lazaret.diff/1";

/// One document, with a newline at its end: flat for one pair; with `platforms` where the sources have several images.
/// `a`, `b`: the sources as the user wrote them.
pub fn diff_json(a: &str, b: &str, diff: &SourceDiff) -> String {
    let json = match (&diff.pairs[..], &diff.only_a[..], &diff.only_b[..]) {
        ([pair], [], []) => serde_json::to_string(&Flat { schema: SCHEMA, source_a: a, source_b: b, diff: pair }),
        _ => serde_json::to_string(&Several {
            schema: SCHEMA,
            source_a: a,
            source_b: b,
            only_a: diff.only_a.iter().map(ToString::to_string).collect(),
            only_b: diff.only_b.iter().map(ToString::to_string).collect(),
            platforms: &diff.pairs,
        }),
    };
    // Plain structs with text keys: nothing here can fail to be written.
    json.unwrap_or_default() + "\n"
}

#[derive(Serialize)]
struct Flat<'a> {
    schema: &'static str,
    source_a: &'a str,
    source_b: &'a str,
    #[serde(flatten)]
    diff: &'a ImageDiff,
}

#[derive(Serialize)]
struct Several<'a> {
    schema: &'static str,
    source_a: &'a str,
    source_b: &'a str,
    /// Platforms that only one of the sources has.
    only_a: Vec<String>,
    only_b: Vec<String>,
    platforms: &'a [ImageDiff],
}
