//! Layers by the Dockerfile step that made them.

use lazaret_model::{Digest, ImageFacts};

/// The step of a layer as a Dockerfile writes it, on one line; empty where the image has no history of it.
pub(crate) fn of_layer(facts: &ImageFacts, diff_id: &Digest) -> String {
    let entry = facts.history.iter().find(|entry| entry.layer.as_ref() == Some(diff_id));
    entry.map(|entry| written(&entry.created_by)).unwrap_or_default()
}

/// `RUN x` of what builders note as `/bin/sh -c x`; at most 200 characters.
fn written(created_by: &str) -> String {
    const MOST: usize = 200;
    let text = created_by.strip_suffix("# buildkit").unwrap_or(created_by).trim();
    let text = match text.strip_prefix("/bin/sh -c ").map(str::trim_start) {
        Some(rest) => match rest.strip_prefix("#(nop)") {
            Some(instruction) => instruction.trim().to_owned(),
            None => format!("RUN {rest}"),
        },
        None => text.strip_prefix("RUN /bin/sh -c ").map_or_else(|| text.to_owned(), |rest| format!("RUN {rest}")),
    };
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() > MOST { line.chars().take(MOST - 3).chain("...".chars()).collect() } else { line }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn builders_notes_read_like_a_dockerfile() {
        assert_eq!(written("/bin/sh -c #(nop) COPY dir:1 in /srv "), "COPY dir:1 in /srv");
        assert_eq!(written("/bin/sh -c apk add  x \t&& y"), "RUN apk add x && y");
        assert_eq!(written("RUN /bin/sh -c make # buildkit"), "RUN make");
        assert_eq!(written("COPY . . # buildkit"), "COPY . .");
        assert_eq!(written(&"x".repeat(500)).chars().count(), 200);
    }
}
