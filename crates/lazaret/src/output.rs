//! Data goes to stdout, talk to stderr.

use std::io::{self, Write};

use serde::Serialize;

/// Prints data. A closed pipe ends quietly, as `head` expects.
pub(crate) fn data(text: &str) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    let end = if text.ends_with('\n') { "" } else { "\n" };
    match write!(out, "{text}{end}").and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

/// Prints a value as JSON.
pub(crate) fn json<T: Serialize>(value: &T) -> anyhow::Result<()> {
    data(&serde_json::to_string_pretty(value)?)
}

/// Prints rows under a header, aligned.
pub(crate) fn table(header: &[&str], rows: &[Vec<String>]) -> anyhow::Result<()> {
    let mut table = comfy_table::Table::new();
    table.load_style(comfy_table::presets::NOTHING).set_header(header);
    for row in rows {
        table.add_row(row);
    }
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    data(&table.trim_fmt())
}

/// Talk: hints, summaries, addresses.
#[expect(clippy::print_stderr, reason = "talk goes to stderr")]
pub(crate) fn say(text: &str) {
    eprintln!("{text}");
}

/// Width and colour of the terminal that stdout is; neither when it is piped, no colour with NO_COLOR.
pub(crate) fn style() -> lazaret_report::TableStyle {
    let terminal = io::IsTerminal::is_terminal(&io::stdout());
    let width = console_width().filter(|_| terminal);
    lazaret_report::TableStyle { width, color: terminal && crate::wire::environment("NO_COLOR").is_none() }
}

fn console_width() -> Option<u16> {
    comfy_table::Table::new().set_content_arrangement(comfy_table::ContentArrangement::Dynamic).width()
}
