//! Numbers and moments as people read them.

use lazaret_model::Timestamp;

/// `940 B`, `1.4 kB`, `24.1 MB` (decimal, as registries count).
#[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
pub(super) fn size(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["kB", "MB", "GB", "TB", "PB"];
    if bytes < 1000 {
        return format!("{bytes} B");
    }
    let mut value = bytes as f64 / 1000.0;
    let mut unit = 0;
    while value >= 999.5 && unit + 1 < UNITS.len() {
        value /= 1000.0;
        unit += 1;
    }
    if value < 10.0 { format!("{value:.1} {}", UNITS[unit]) } else { format!("{value:.0} {}", UNITS[unit]) }
}

/// A moment, relative for reading and absolute for the tooltip.
#[derive(Clone, Debug)]
pub(crate) struct Moment {
    /// `3 min ago`.
    pub ago: String,
    /// `2026-11-24 08:00:00 UTC`.
    pub at: String,
    /// RFC 3339.
    pub machine: String,
}

impl Moment {
    pub(super) fn of(then: Timestamp, now: Timestamp) -> Self {
        let machine = then.to_string();
        let at = format!("{} UTC", machine.replace('T', " ").chars().take(19).collect::<String>());
        let seconds = (now.as_millis() - then.as_millis()).div_euclid(1000);
        Self { ago: if seconds < 5 { "just now".to_owned() } else { format!("{} ago", span(seconds)) }, at, machine }
    }
}

/// `40 s`, `3 min`, `5 h`, `12 days`.
pub(super) fn span(seconds: i64) -> String {
    match seconds {
        ..60 => format!("{seconds} s"),
        60..3600 => format!("{} min", seconds / 60),
        3600..172_800 => format!("{} h", seconds / 3600),
        _ => format!("{} days", seconds / 86_400),
    }
}

/// At most `length` characters; control characters, which could reorder what stands around them, are spelt out.
pub(super) fn cut(text: &str, length: usize) -> String {
    let mut shown = String::new();
    for (count, c) in text.chars().enumerate() {
        if count >= length {
            shown.push('…');
            break;
        }
        if c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}') {
            shown.push(if c == '\n' || c == '\t' { ' ' } else { '\u{fffd}' });
        } else {
            shown.push(c);
        }
    }
    shown
}

/// `1 layer`, `3 layers`.
pub(super) fn count(number: usize, one: &str, many: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{number} {many}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_spans() {
        let sizes = [0, 999, 1400, 24_100_000, 999_999, 3_200_000_000].map(size);
        assert_eq!(sizes, ["0 B", "999 B", "1.4 kB", "24 MB", "1.0 MB", "3.2 GB"]);
        assert_eq!([5, 60, 7200, 172_800].map(span), ["5 s", "1 min", "2 h", "2 days"]);
    }

    #[test]
    fn what_could_mislead_is_replaced() {
        assert_eq!(cut("a\u{202e}b\u{1b}c", 9), "a\u{fffd}b\u{fffd}c");
        assert_eq!(cut(&"x".repeat(10_000), 5), "xxxxx…");
    }
}
