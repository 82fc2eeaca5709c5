//! Formats that look like YAML, read line by line: indentation, a key, a text. Anchors, tags and flow collections are
//! text like any other, so that nothing is ever expanded.

/// One line that is not empty.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Line<'a> {
    /// Spaces before it, the dash of a list item among them.
    pub(super) indent: usize,
    /// Whether it starts an item of a list.
    pub(super) item: bool,
    /// Without quotes; of a plain item empty.
    pub(super) key: &'a str,
    /// Without quotes; empty where the value is on the following lines.
    pub(super) value: &'a str,
}

/// Lines with something in them, comments left out.
pub(super) fn lines(text: &str) -> impl Iterator<Item = Line<'_>> {
    text.lines().filter_map(line)
}

fn line(text: &str) -> Option<Line<'_>> {
    let rest = text.trim_start_matches(' ');
    let mut indent = text.len() - rest.len();
    let mut rest = rest.trim_end();
    if rest.is_empty() || rest.starts_with('#') || rest == "---" {
        return None;
    }
    let mut item = false;
    if let Some(after) = rest.strip_prefix("- ") {
        item = true;
        let inner = after.trim_start();
        indent += rest.len() - inner.len();
        rest = inner;
    }
    let (key, value) = split(rest);
    Some(Line { indent, item, key, value })
}

/// `key: value`; a quoted key may have colons. Without a colon all is the value.
fn split(text: &str) -> (&str, &str) {
    if let Some(quote) = text.chars().next().filter(|c| matches!(c, '"' | '\'')) {
        let Some(end) = text[1..].find(quote) else { return ("", text) };
        let (key, rest) = (&text[1..=end], &text[end + 2..]);
        return match rest.trim_start().strip_prefix(':') {
            Some(value) => (key, unquoted(value)),
            None => ("", key),
        };
    }
    match text.split_once(": ").or_else(|| text.strip_suffix(':').map(|key| (key, ""))) {
        Some((key, value)) => (key.trim(), unquoted(value)),
        None => ("", unquoted(text)),
    }
}

/// Without quotes or a comment after it.
pub(super) fn unquoted(text: &str) -> &str {
    let text = text.trim();
    for quote in ['"', '\''] {
        if let Some(rest) = text.strip_prefix(quote) {
            return rest.split(quote).next().unwrap_or_default();
        }
    }
    text.split_once(" #").map_or(text, |(text, _)| text.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms() {
        let text = "a:\n  'b:c': \"d\"  # no\n# comment\n\n---\n  - e: f\n  - g h\n  /x@1.0.0:\n";
        let all: Vec<_> = lines(text).map(|l| (l.indent, l.item, l.key, l.value)).collect();
        assert_eq!(
            all,
            [
                (0, false, "a", ""),
                (2, false, "b:c", "d"),
                (4, true, "e", "f"),
                (4, true, "", "g h"),
                (2, false, "/x@1.0.0", ""),
            ]
        );
        assert_eq!(lines("\"open\n'").count(), 2);
        assert_eq!(lines("a: &x *y").next().map(|l| l.value), Some("&x *y"));
    }
}
