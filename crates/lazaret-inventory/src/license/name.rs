//! One licence by one name, in whatever words.

use std::{collections::HashMap, sync::LazyLock};

use super::alias::{ALIASES, EXCEPTIONS};

/// Bytes of what is kept of a name that is not known.
const MAX_REFERENCE: usize = 96;

/// Ids of the SPDX list and its full names, by [`key`].
static LIST: LazyLock<HashMap<String, &'static str>> = LazyLock::new(|| {
    let of =
        |license: &'static spdx::License| [(key(license.full_name), license.name), (key(license.name), license.name)];
    // an id counts more than another's full name, and what is not deprecated more than what is
    let mut licenses: Vec<_> = spdx::identifiers::LICENSES.iter().collect();
    licenses.sort_by_key(|license| license.flags & spdx::flags::IS_DEPRECATED == 0);
    let (names, ids): (Vec<_>, Vec<_>) = licenses.into_iter().map(of).map(|[name, id]| (name, id)).unzip();
    let aliases = ALIASES.iter().map(|(name, id)| ((*name).to_owned(), *id));
    names.into_iter().chain(aliases).chain(ids).collect()
});

static EXCEPTION_LIST: LazyLock<HashMap<String, &'static str>> = LazyLock::new(|| {
    let listed = spdx::identifiers::EXCEPTIONS.iter().map(|exception| (key(exception.name), exception.name));
    EXCEPTIONS.iter().map(|(name, id)| ((*name).to_owned(), *id)).chain(listed).collect()
});

/// Fields that say nothing.
pub(super) fn is_nothing(field: &str) -> bool {
    const NOTHING: [&str; 9] =
        ["", "unknown", "none", "(none)", "noassertion", "null", "undefined", "n/a", "see license file"];
    NOTHING.iter().any(|nothing| field.eq_ignore_ascii_case(nothing))
}

/// The expression of a name that is known: an id, at times a choice.
pub(super) fn known(name: &str) -> Option<String> {
    let is_reference = |name: &str| {
        let id = name.strip_prefix("LicenseRef-").or_else(|| name.strip_prefix("DocumentRef-"));
        id.is_some_and(|id| !id.is_empty() && id.bytes().all(|b| b.is_ascii_alphanumeric() || b".-:".contains(&b)))
    };
    if is_reference(name) {
        return Some(name.to_owned());
    }
    let words = key(name);
    if let Some(id) = gnu(&words) {
        return Some(id);
    }
    if let Some(id) = LIST.get(&words) {
        return Some((*id).to_owned());
    }
    let id = LIST.get(words.strip_suffix(" +")?)?;
    (!id.contains(' ') && spdx::license_id(id).is_some()).then(|| format!("{id}+"))
}

pub(super) fn exception(name: &str) -> Option<&'static str> {
    EXCEPTION_LIST.get(&key(name)).copied()
}

/// The words of a name that is not known, as an id of our own.
pub(super) fn reference(name: &str) -> String {
    let mut id = String::from("LicenseRef-");
    for c in name.strip_prefix("LicenseRef-").unwrap_or(name).chars() {
        let c = if c.is_ascii_alphanumeric() || c == '.' { c } else { '-' };
        if c != '-' || !id.ends_with('-') {
            id.push(c);
        }
        if id.len() >= MAX_REFERENCE {
            break;
        }
    }
    let id = id.trim_end_matches(['-', '.']);
    if id == "LicenseRef" { "LicenseRef-unknown".to_owned() } else { id.to_owned() }
}

/// `or later` in its many words becomes `+`, so that its `or` is no choice; R's `(>= 2)` becomes `2+`.
pub(super) fn with_plus(field: &str) -> String {
    const LATER: [&str; 13] = [
        ", or (at your option) any later version",
        " or (at your option) any later version",
        ", or any later version",
        " or any later version",
        " or any newer version",
        " (or any later version)",
        " (or later)",
        ", or later",
        " or later",
        " or newer",
        " or above",
        " or greater",
        " and later",
    ];
    let mut text = field.to_owned();
    for later in LATER {
        while let Some(at) = find(&text, later) {
            text.replace_range(at..at + later.len(), "+");
        }
    }
    while let Some(at) = text.find("(>=") {
        let Some(end) = text[at..].find(')') else { break };
        let version = text[at + 3..at + end].trim().to_owned();
        text.replace_range(at..=at + end, &format!("{version}+"));
    }
    for file in [" + file license", " + file licence", " | file license", " | file licence"] {
        if let Some(at) = find(&text, file) {
            text.replace_range(at..at + file.len(), "");
        }
    }
    text
}

/// Where `what`, which is in lower case, stands in a text of any case.
fn find(text: &str, what: &str) -> Option<usize> {
    text.as_bytes().windows(what.len()).position(|part| part.eq_ignore_ascii_case(what.as_bytes()))
}

/// Words in lower case without those that say nothing; numbers by themselves, without `.0` and without `v`.
fn key(name: &str) -> String {
    let mut words: Vec<String> = Vec::new();
    let lower = name.to_lowercase();
    for part in lower.split(|c: char| !c.is_alphanumeric() && c != '.' && c != '+') {
        let mut rest = part.trim_matches('.');
        while let Some(first) = rest.chars().next() {
            let is_number = |c: char| c.is_ascii_digit() || c == '.';
            let end = match first {
                '+' => 1,
                '.' => {
                    rest = &rest[1..];
                    continue;
                }
                first if is_number(first) => rest.find(|c| !is_number(c)).unwrap_or(rest.len()),
                _ => rest.find(|c| is_number(c) || c == '+').unwrap_or(rest.len()),
            };
            let (word, after) = rest.split_at(end);
            let before_number = after.starts_with(|c: char| c.is_ascii_digit());
            let word = if first.is_ascii_digit() { number(word) } else { word };
            let word = if before_number { word.strip_suffix('v').unwrap_or(word) } else { word };
            if !matches!(word, "" | "the" | "license" | "licence" | "licenses" | "version" | "v" | "s") {
                words.push(word.to_owned());
            }
            rest = after;
        }
    }
    words.join(" ")
}

fn number(word: &str) -> &str {
    let word = word.trim_end_matches('.');
    word.strip_suffix(".0").filter(|short| !short.contains('.')).unwrap_or(word)
}

/// The GNU licences, whose ids say whether later versions will do.
fn gnu(key: &str) -> Option<String> {
    let mut text = key.strip_prefix("gnu ").unwrap_or(key).to_owned();
    for (long, short) in [
        ("affero general public", "agpl"),
        ("affero gpl", "agpl"),
        ("affero", "agpl"),
        ("library or lesser general public", "lgpl"),
        ("lesser general public", "lgpl"),
        ("library general public", "lgpl"),
        ("lesser gpl", "lgpl"),
        ("general public", "gpl"),
        ("free documentation", "gfdl"),
    ] {
        text = text.replace(long, short);
    }
    let mut words = text.split(' ');
    let (family, first, id) = match words.next()? {
        "gpl" => ("gpl", "1.0", "GPL"),
        "lgpl" => ("lgpl", "2.0", "LGPL"),
        "agpl" => ("agpl", "1.0", "AGPL"),
        "gfdl" | "fdl" => ("gfdl", "1.1", "GFDL"),
        _ => return None,
    };
    let (mut version, mut later, mut only) = (None, false, false);
    for word in words {
        match word {
            "+" | "later" | "newer" => later = true,
            "only" => only = true,
            "or" | "any" | "at" | "your" | "option" | "gnu" | "public" => {}
            // `GNU General Public License v2 or later (GPLv2+)` says it twice
            again if again == family => {}
            number if number.starts_with(|c: char| c.is_ascii_digit()) && version.is_none_or(|v| v == number) => {
                version = Some(number);
            }
            _ => return None,
        }
    }
    let version = match version {
        None if only => return None,
        None => return Some(format!("{id}-{first}-or-later")),
        Some(version) if version.contains('.') => version.to_owned(),
        Some(version) => format!("{version}.0"),
    };
    let id = format!("{id}-{version}-{}", if later && !only { "or-later" } else { "only" });
    spdx::identifiers::LICENSES.iter().any(|license| license.name == id).then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_id_of_the_list_is_itself() {
        let wrong: Vec<_> = spdx::identifiers::LICENSES
            .iter()
            .filter(|license| license.flags & spdx::flags::IS_DEPRECATED == 0)
            .filter_map(|license| {
                let found = known(license.name);
                (found.as_deref() != Some(license.name)).then(|| format!("{} {found:?}", license.name))
            })
            .collect();
        assert_eq!(wrong, [""; 0]);
    }

    #[test]
    fn aliases_are_in_normal_form_and_lead_to_ids() {
        for (name, id) in ALIASES {
            assert_eq!(key(name), *name);
            spdx::Expression::parse(id).unwrap_or_else(|error| panic!("{id}: {error}"));
        }
        for (name, id) in EXCEPTIONS {
            assert_eq!(key(name), *name);
            assert!(spdx::exception_id(id).is_some(), "{id}");
        }
        let mut names: Vec<_> = ALIASES.iter().map(|(name, _)| name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), ALIASES.len());
    }

    #[test]
    fn keys() {
        assert_eq!(key("The Apache License, Version 2.0"), "apache 2");
        assert_eq!(key("GPLv2.1+"), "gpl 2.1 +");
        assert_eq!(key("(GPL-3.0)"), "gpl 3");
    }
}
