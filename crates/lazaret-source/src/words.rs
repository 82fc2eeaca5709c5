//! What others said, as one line that is safe to show.

use std::error::Error;

/// Characters that are shown.
const MAX_TEXT: usize = 600;

/// An error with its causes, in one line.
pub(crate) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

/// Without what could steer a terminal, and not endless.
pub(crate) fn printable(text: &str) -> String {
    text.chars().take(MAX_TEXT).map(|c| if c.is_control() { ' ' } else { c }).collect()
}
