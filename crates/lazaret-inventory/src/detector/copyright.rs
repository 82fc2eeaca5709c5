//! Licences of Debian's packages: `usr/share/doc/<package>/copyright`, in the machine-readable form where it has that, else by
//! the licences of `usr/share/common-licenses` that it names and by their texts. Looked at only when asked for.

use std::collections::{BTreeMap, BTreeSet};

use lazaret_model::PackageType;
use lazaret_oci::{Body, Limits};

use super::{Candidate, Detector, Interest, root_before};
use crate::{
    content::BodyReader,
    detector_set::Extra,
    layer::{FileFacts, Note},
    license,
};

pub(crate) struct Copyright;

/// Bytes that are read; the longest (of browsers) repeat themselves by then.
const MAX_BYTES: u64 = 1 << 20;
/// Licences of one package.
const MAX_LICENSES: usize = 100;

impl Detector for Copyright {
    fn id(&self) -> &'static str {
        "copyright"
    }

    fn version(&self) -> u32 {
        1
    }

    fn doc(&self) -> &'static str {
        "https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/"
    }

    fn extra(&self) -> Option<Extra> {
        Some(Extra::Licenses)
    }

    fn interest(&self, file: &Candidate<'_>) -> Interest {
        if file.name == "copyright" && package_of(file).is_some() { Interest::Content } else { Interest::No }
    }

    fn detect(&self, file: &Candidate<'_>, body: &Body<'_>, _limits: &Limits, facts: &mut FileFacts) {
        let Some(package) = package_of(file) else { return };
        let mut bytes = Vec::new();
        if let Err(error) =
            std::io::Read::read_to_end(&mut std::io::Read::take(BodyReader::new(body), MAX_BYTES), &mut bytes)
        {
            return facts.not_understood(format!("cannot be read back: {error}"));
        }
        let text = String::from_utf8_lossy(&bytes);
        let license = machine_readable(&text).or_else(|| free_text(&text));
        if license.is_some() {
            facts.notes.push(Note { license, ..Note::new(PackageType::Deb, package, None) });
        }
    }
}

fn package_of<'a>(file: &Candidate<'a>) -> Option<&'a str> {
    let (directory, package) = file.directory().rsplit_once('/')?;
    root_before(directory, "usr/share/doc").map(|_| package)
}

/// All licences of all paragraphs: the files of each are in the package, or may be.
fn machine_readable(text: &str) -> Option<String> {
    let first = text.lines().find(|line| !line.trim().is_empty())?;
    let is_format = |field: &str| first.get(..field.len()).is_some_and(|start| start.eq_ignore_ascii_case(field));
    if !is_format("Format:") && !is_format("Format-Specification:") {
        return None;
    }
    let mut names = BTreeSet::new();
    let mut texts: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut current = None;
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix([' ', '\t']) {
            if let Some(name) = current {
                texts.entry(name).or_default().push(rest);
            }
            continue;
        }
        current = None;
        if let Some((field, name)) = line.split_once(':')
            && field.eq_ignore_ascii_case("license")
        {
            let name = name.trim();
            current = Some(name);
            if !name.is_empty() && names.len() < MAX_LICENSES {
                names.insert(name);
            }
        }
    }
    let of = |name: &&str| {
        let said = license::normalise(name)?;
        // a name of the package's own, whose text is a known one
        let known = said.starts_with("LicenseRef-").then(|| texts.get(name)).flatten();
        Some(known.and_then(|lines| license::of_text(&lines.join("\n"))).unwrap_or(said))
    };
    let expressions: Vec<_> = names.iter().filter_map(of).collect();
    license::all_of(expressions.iter().map(String::as_str))
}

/// `On Debian systems, the complete text is in /usr/share/common-licenses/GPL-2`, and texts that stand there.
fn free_text(text: &str) -> Option<String> {
    const COMMON: &str = "/usr/share/common-licenses/";
    /// Bytes before the name in which the notice stands.
    const NOTICE: usize = 1500;
    let mut found = BTreeSet::new();
    for (at, _) in text.match_indices(COMMON).take(MAX_LICENSES) {
        let rest = &text[at + COMMON.len()..];
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '.').unwrap_or(rest.len());
        let name = rest[..end].trim_end_matches(['.', '-']);
        let start = text.floor_char_boundary(at.saturating_sub(NOTICE));
        let notice = text[start..at].split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
        let later = notice.contains("any later version") && name.contains("GPL-");
        // the newest of its name lies there; the notice says which one is meant
        let said = matches!(name, "GPL" | "LGPL" | "GFDL").then(|| license::of_text(&text[start..at])).flatten();
        let named = if later { format!("{name}+") } else { name.to_owned() };
        found.extend(said.or_else(|| license::normalise(&named)));
    }
    if found.is_empty() || !text.contains(COMMON) {
        found.extend(license::of_text(text));
    }
    license::all_of(found.iter().map(String::as_str))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::read;

    fn of(text: &[u8]) -> Option<String> {
        let facts = read(&Copyright, "usr/share/doc/x/copyright", text);
        assert_eq!(facts.problems, []);
        facts.notes.first().and_then(|note| note.license.clone())
    }

    #[test]
    fn real_files() {
        let readable = include_bytes!("../../testdata/copyright/machine-readable");
        assert_eq!(
            of(readable).as_deref(),
            Some("BSD-3-Clause AND (BSD-3-Clause OR GPL-2.0-only) AND MIT AND GPL-2.0-only AND Zlib")
        );
        let free = include_bytes!("../../testdata/copyright/free-text");
        assert_eq!(of(free).as_deref(), Some("GPL-2.0-or-later"));
    }

    #[test]
    fn forms() {
        let own = "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n\nFiles: *\nLicense: own\n \
                   Permission is hereby granted, free of charge, to any person obtaining a copy\n";
        assert_eq!(of(own.as_bytes()).as_deref(), Some("MIT"));
        assert_eq!(of(b"Redistribution and use in source and binary forms").as_deref(), Some("BSD-2-Clause"));
        assert_eq!(of(b"see /usr/share/common-licenses/GPL-3.\n").as_deref(), Some("GPL-3.0-only"));
        assert_eq!(of(b"nothing that is known"), None);
        assert_eq!(of(&[0xff; 100]), None);
    }
}
