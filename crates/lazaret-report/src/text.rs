//! Words on a terminal: colours when asked for, and nothing from an image that could steer the terminal.

use lazaret_model::Severity;

/// ANSI colours used here.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Color {
    Red,
    Orange,
    Yellow,
    Green,
    Dim,
    Bold,
}

impl Color {
    /// SGR parameters.
    const fn code(self) -> &'static str {
        match self {
            Self::Red => "1;31",
            Self::Orange => "38;5;208",
            Self::Yellow => "33",
            Self::Green => "32",
            Self::Dim => "2",
            Self::Bold => "1",
        }
    }

    /// The colour of a severity's class (product.md, "Rules of the production policy").
    pub(crate) fn of(severity: Severity) -> Self {
        match severity.class() {
            "critical" => Self::Red,
            "major" => Self::Orange,
            _ => Self::Yellow,
        }
    }
}

/// `text`, coloured where `on`.
pub(crate) fn paint(text: &str, color: Color, on: bool) -> String {
    if on { format!("\x1b[{}m{text}\x1b[0m", color.code()) } else { text.to_owned() }
}

/// Text of unknown origin on one line: control characters and marks that turn the direction of writing are replaced.
pub(crate) fn clean(text: &str) -> String {
    let hostile = |c: char| {
        c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}')
    };
    text.chars().map(|c| if hostile(c) { '\u{fffd}' } else { c }).collect()
}

/// `1 package`, `2 packages`.
pub(crate) fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_of_an_image_do_not_reach_the_terminal() {
        assert_eq!(clean("a\x1b[2Jb\nc\u{202e}d"), "a\u{fffd}[2Jb\u{fffd}c\u{fffd}d");
        assert_eq!(clean("größer"), "größer");
    }

    #[test]
    fn colour_only_where_asked() {
        assert_eq!(paint("deny", Color::Red, false), "deny");
        assert_eq!(paint("deny", Color::Red, true), "\x1b[1;31mdeny\x1b[0m");
    }
}
