//! Stanzas of `Field: value` lines, as dpkg and opkg write them (<https://www.debian.org/doc/debian-policy/ch-controlfields.html>).

use lazaret_oci::Body;

use crate::{content::Lines, detector::dpkg::Faults, layer::FileFacts, room};

/// Values of the wanted fields, in their order; empty where a stanza has none.
pub(crate) struct Stanza {
    pub(crate) first_line: u64,
    pub(crate) values: Vec<String>,
}

/// Gives every stanza of a file of any size to `each`, until that says that there is enough. What is no field is told.
pub(crate) fn read(
    body: &Body<'_>,
    wanted: &[&str],
    facts: &mut FileFacts,
    faults: &mut Faults,
    each: &mut dyn FnMut(Stanza, &mut FileFacts, &mut Faults) -> bool,
) -> End {
    let mut lines = Lines::new(body);
    let new = || Stanza { first_line: 0, values: vec![String::new(); wanted.len()] };
    let mut stanza = new();
    let mut last = None;
    while let Some(line) = lines.next_line() {
        let line = line.into_owned();
        if line.trim().is_empty() {
            last = None;
            if stanza.first_line > 0 && !each(std::mem::replace(&mut stanza, new()), facts, faults) {
                return End::Enough;
            }
            continue;
        }
        if stanza.first_line == 0 {
            stanza.first_line = lines.number;
        }
        if line.starts_with([' ', '\t']) {
            if let Some(value) = last.and_then(|index: usize| stanza.values.get_mut(index)) {
                room::extend(value, " ");
                room::extend(value, line.trim());
            }
            continue;
        }
        match line.split_once(':') {
            Some((name, value)) if is_field_name(name) => {
                last = wanted.iter().position(|wanted| wanted.eq_ignore_ascii_case(name));
                if let Some(slot) = last.and_then(|index| stanza.values.get_mut(index)) {
                    value.trim().clone_into(slot);
                }
            }
            _ => faults.push(facts, format!("line {}: neither a field nor a continuation", lines.number)),
        }
    }
    if stanza.first_line > 0 && !each(stanza, facts, faults) {
        return End::Enough;
    }
    if let Some(error) = lines.error {
        faults.push(facts, format!("line {}: cannot be read on: {error}", lines.number + 1));
        return End::Enough;
    }
    End::Reached { line: lines.number, ended: lines.ended }
}

/// How reading came to its end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum End {
    /// It was stopped, or could not go on.
    Enough,
    /// The last line, and whether that has an end.
    Reached { line: u64, ended: bool },
}

impl End {
    /// Tells that the last line has no end.
    pub(crate) fn must_be_whole(self, facts: &mut FileFacts, faults: &mut Faults) {
        if let Self::Reached { line, ended: false } = self {
            faults.push(facts, format!("line {line}: the file is cut in the middle of a line"));
        }
    }
}

fn is_field_name(name: &str) -> bool {
    !name.is_empty() && name.len() <= 128 && name.bytes().all(|b| b.is_ascii_graphic())
}
