//! Fields of the form `Name: value` up to the first empty line, as e-mail, Python's and R's metadata have them. A line
//! that starts with a blank continues the one before.

use lazaret_oci::Body;

use crate::{content::Lines, room};

/// The values of the wanted fields; the first of each counts. Empty where there is none.
pub(crate) fn read<const N: usize>(body: &Body<'_>, wanted: [&str; N]) -> [String; N] {
    fields(body, wanted, true)
}

/// The same, where an empty line is no end.
pub(crate) fn read_to_end<const N: usize>(body: &Body<'_>, wanted: [&str; N]) -> [String; N] {
    fields(body, wanted, false)
}

fn fields<const N: usize>(body: &Body<'_>, wanted: [&str; N], ends: bool) -> [String; N] {
    let mut values = [const { String::new() }; N];
    let mut seen = [false; N];
    let mut lines = Lines::new(body);
    let mut last = None;
    while let Some(line) = lines.next_line() {
        let line = line.strip_prefix('\u{feff}').unwrap_or(&line);
        if line.trim().is_empty() {
            if ends {
                break;
            }
            last = None;
            continue;
        }
        if line.starts_with([' ', '\t']) {
            if let Some(value) = last.and_then(|index: usize| values.get_mut(index)) {
                if !value.is_empty() {
                    room::extend(value, " ");
                }
                room::extend(value, line.trim());
            }
            continue;
        }
        last = None;
        let Some((field, value)) = line.split_once(':') else { continue };
        let found = wanted.iter().position(|name| field.trim_end().eq_ignore_ascii_case(name));
        if let Some(index) = found.filter(|index| !seen[*index]) {
            seen[index] = true;
            room::extend(&mut values[index], value.trim());
            last = Some(index);
        }
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields() {
        let text = "\u{feff}A: 1\r\nb : 2\n  3\nA: 4\n 5\nno field\nC:\n c\n\nD: 6\n";
        let found = read(&Body::memory(text.as_bytes()), ["A", "B", "C", "D"]);
        assert_eq!(found, ["1", "2 3", "c", ""]);
        assert_eq!(read_to_end(&Body::memory(text.as_bytes()), ["D"]), ["6"]);
        assert_eq!(read(&Body::memory(&[0xff; 100]), ["A"]), [""]);
    }
}
