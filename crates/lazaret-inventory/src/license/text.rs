//! A licence by its text: words that no other has, whatever the lines and the case.

/// Bytes of a text that are looked at: titles and grants stand at the start.
const MAX_BYTES: usize = 32 << 10;

/// The expression of a licence's own text; `None` where it is none that is known.
pub fn of_text(text: &str) -> Option<String> {
    let text = &text[..text.floor_char_boundary(MAX_BYTES)];
    let words: Vec<_> = text.split_whitespace().filter(|word| !matches!(*word, "*" | "#" | "//" | ".")).collect();
    let plain = words.join(" ").to_lowercase();
    let has = |part: &str| plain.contains(part);
    if has("permission is hereby granted, free of charge, to any person obtaining a copy") {
        let names = has("except as contained in this notice, the name");
        return Some(if names { "X11" } else { "MIT" }.to_owned());
    }
    if has("distribute this software for any purpose with or without fee is hereby granted") {
        return Some(if has("provided that the above copyright notice") { "ISC" } else { "0BSD" }.to_owned());
    }
    if has("redistribution and use in source and binary forms") {
        let endorse =
            has("neither the name") || has("used to endorse or promote") || has("names of its contributors may");
        let advertise = has("all advertising materials mentioning features");
        let id = match (advertise, endorse) {
            (true, _) => "BSD-4-Clause",
            (false, true) => "BSD-3-Clause",
            (false, false) => "BSD-2-Clause",
        };
        return Some(id.to_owned());
    }
    for (part, id) in [
        ("this is free and unencumbered software released into the public domain", "Unlicense"),
        ("boost software license - version 1.0", "BSL-1.0"),
        ("boost software license, version 1.0", "BSL-1.0"),
        ("altered source versions must be plainly marked", "Zlib"),
        ("licensed under the apache license, version 2.0", "Apache-2.0"),
        ("mozilla public license, v. 2.0", "MPL-2.0"),
        ("mozilla public license version 2.0", "MPL-2.0"),
        ("mozilla public license, version 2.0", "MPL-2.0"),
        ("eclipse public license - v 2.0", "EPL-2.0"),
        ("eclipse public license - v 1.0", "EPL-1.0"),
        ("do what the fuck you want to public license", "WTFPL"),
        ("cc0 1.0 universal", "CC0-1.0"),
    ] {
        if has(part) {
            return Some(id.to_owned());
        }
    }
    if has("apache license") && has("version 2.0, january 2004") {
        return Some("Apache-2.0".to_owned());
    }
    gnu(&plain)
}

/// The title of the licence, or the notice of a program that is under it.
fn gnu(plain: &str) -> Option<String> {
    let families = [
        ("gnu affero general public license", "AGPL"),
        ("gnu lesser general public license", "LGPL"),
        ("gnu library general public license", "LGPL"),
        ("gnu general public license", "GPL"),
        ("gnu free documentation license", "GFDL"),
    ];
    let (at, family) = families.iter().filter_map(|(name, id)| Some((plain.find(name)?, *id))).min()?;
    let near = &plain[at..plain.floor_char_boundary(at + 400)];
    // the notice of a program says the version behind the name, or before: `either version 2 of the License, or`
    let version = near.split("version ").skip(1).find_map(|rest| {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let number = rest[..end].trim_end_matches('.');
        (!number.is_empty()).then(|| number.to_owned())
    })?;
    let version = if version.contains('.') { version } else { format!("{version}.0") };
    // the text of the licence itself speaks of later versions too: it is named, and by whom is not known
    let title = near[..near.floor_char_boundary(100)].contains("version");
    let notice =
        plain[..at].contains("redistribute it and/or modify") || near.contains("published by the free software");
    let later = notice && (near.contains("any later version") || near.contains("(at your option) any later"));
    let id = format!("{family}-{version}-{}", if later { "or-later" } else { "only" });
    let listed = spdx::identifiers::LICENSES.iter().any(|license| license.name == id);
    (listed && (notice || title)).then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts() {
        for (text, wanted) in [
            (
                "MIT License\n\nPermission is hereby granted, free of charge, to any person\n * obtaining a copy of",
                "MIT",
            ),
            (
                "Redistribution and use in source and binary forms, with or without\nmodification, are permitted",
                "BSD-2-Clause",
            ),
            ("Redistribution and use in source and binary forms ... Neither the name of the", "BSD-3-Clause"),
            ("  Apache License\n  Version 2.0, January 2004\n http://www.apache.org/licenses/", "Apache-2.0"),
            (
                "This program is free software; you can redistribute it and/or modify it under the terms of the GNU \
                 General Public License as published by the Free Software Foundation; either version 2 of the License, \
                 or (at your option) any later version.",
                "GPL-2.0-or-later",
            ),
            ("GNU LESSER GENERAL PUBLIC LICENSE\n Version 2.1, February 1999\n", "LGPL-2.1-only"),
            (
                "Permission to use, copy, modify, and/or distribute this software for any purpose with or without fee \
                 is hereby granted, provided that the above copyright notice",
                "ISC",
            ),
        ] {
            assert_eq!(of_text(text).as_deref(), Some(wanted), "{text}");
        }
        assert_eq!(of_text("All rights reserved."), None);
        assert_eq!(of_text("see the GNU General Public License for details"), None);
    }
}
