//! One unit = one file + one line in a plain list + one heading in the docs. What is forgotten is found here.

use anyhow::{Context, Result};
use std::fs;
use std::path::Path;

/// Where units of one kind live.
struct Room {
    /// The folder of the units, one file each.
    folder: &'static str,
    /// True where the folder has one folder per kind, and the units below that.
    nested: bool,
    /// The file that names each of them, outside its `mod` lines.
    list: &'static str,
    /// The page of the docs with one heading for each.
    docs: Option<&'static str>,
}

const ROOMS: &[Room] = &[
    Room {
        folder: "crates/lazaret-inventory/src/detector",
        nested: false,
        list: "crates/lazaret-inventory/src/list.rs",
        docs: Some("docs/detectors.md"),
    },
    Room {
        folder: "crates/lazaret-advisory/src/feed",
        nested: false,
        list: "crates/lazaret-advisory/src/feed.rs",
        docs: Some("docs/feeds.md"),
    },
    Room {
        folder: "crates/lazaret-assess/src/rule",
        nested: true,
        list: "crates/lazaret-assess/src/list.rs",
        docs: Some("docs/rules.md"),
    },
    Room {
        folder: "crates/lazaret-worker/src/job",
        nested: false,
        list: "crates/lazaret-worker/src/list.rs",
        docs: None,
    },
];

/// Complaints about units that are not registered or not documented, in every room.
pub(super) fn check(root: &Path) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for room in ROOMS {
        let units = units(&root.join(room.folder), room.nested)?;
        if units.is_empty() {
            found.push(format!("{} has no unit: was the folder moved without xtask tidy?", room.folder));
        }
        let list = fs::read_to_string(root.join(room.list)).unwrap_or_default();
        found.extend(unregistered(&units, &list, room.list));
        if let Some(docs) = room.docs {
            let page = fs::read_to_string(root.join(docs)).unwrap_or_default();
            found.extend(undocumented(&units, &page, docs));
        }
    }
    Ok(found)
}

/// The names of the units below `folder`: its files' names without `.rs`.
fn units(folder: &Path, nested: bool) -> Result<Vec<String>> {
    let mut names = Vec::new();
    let Ok(entries) = fs::read_dir(folder) else { return Ok(names) };
    for entry in entries {
        let path = entry.with_context(|| format!("cannot list {}", folder.display()))?.path();
        if nested && path.is_dir() {
            names.extend(units(&path, false)?);
        } else if !nested && path.extension().is_some_and(|extension| extension == "rs") {
            names.extend(path.file_stem().map(|stem| stem.to_string_lossy().into_owned()));
        }
    }
    names.sort();
    Ok(names)
}

/// Units that `list` does not use: a `mod` line alone compiles a file, but nothing calls it.
fn unregistered(units: &[String], list: &str, name: &str) -> Vec<String> {
    let code: String = list
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .filter(|line| !line.trim_end().ends_with(';') || !line.split_whitespace().any(|word| word == "mod"))
        .collect::<Vec<_>>()
        .join("\n");
    let words: Vec<&str> = code.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
    units
        .iter()
        .filter(|unit| !words.contains(&unit.as_str()))
        .map(|unit| format!("{unit} is not registered in {name}"))
        .collect()
}

/// Units without a heading in `page`; underscores may be written as hyphens or blanks there.
fn undocumented(units: &[String], page: &str, name: &str) -> Vec<String> {
    let plain = |text: &str| text.to_lowercase().replace(['_', '-', ' ', '`'], "");
    let headings: Vec<String> = page.lines().filter(|line| line.starts_with('#')).map(plain).collect();
    units
        .iter()
        .filter(|unit| !headings.iter().any(|heading| heading.contains(&plain(unit))))
        .map(|unit| format!("{unit} has no heading in {name}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(units: &[&str]) -> Vec<String> {
        units.iter().map(|unit| (*unit).to_owned()).collect()
    }

    #[test]
    fn a_mod_line_is_no_registration() {
        let list =
            "pub(crate) mod apk;\nmod dpkg;\n\npub fn all() -> Vec<D> {\n    vec![dpkg::NEW]\n}\n// apk is here\n";
        assert_eq!(unregistered(&names(&["apk", "dpkg"]), list, "list.rs"), ["apk is not registered in list.rs"]);
    }

    #[test]
    fn a_name_inside_another_is_no_registration() {
        assert_eq!(unregistered(&names(&["go"]), "vec![golang::NEW, google]", "list.rs").len(), 1);
        assert!(unregistered(&names(&["go"]), "vec![go::NEW]", "list.rs").is_empty());
    }

    #[test]
    fn a_missing_heading_is_found() {
        let page = "# Rules\n## root_user\ntext on ssh_server\n## Known vulnerability\n";
        let found = undocumented(&names(&["known_vulnerability", "root_user", "ssh_server"]), page, "rules.md");
        assert_eq!(found, ["ssh_server has no heading in rules.md"]);
    }

    #[test]
    fn units_are_files_and_nested_ones_lie_deeper() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("image")).unwrap();
        for file in ["image.rs", "image/root_user.rs", "image/notes.md"] {
            fs::write(folder.path().join(file), "").unwrap();
        }
        assert_eq!(units(folder.path(), true).unwrap(), ["root_user"]);
        assert_eq!(units(folder.path(), false).unwrap(), ["image"]);
    }
}
