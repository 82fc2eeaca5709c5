//! `cargo xtask tidy`: the house rules that a machine can check. Runs as a test too, so that `cargo test` is enough.
//!
//! Each check is a function from text to complaints, so that it can be shown a bad sample; this file feeds them the tree.

mod crates;
mod dependencies;
mod registration;
mod source;

use crate::{metadata::Metadata, workspace};
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::{Path, PathBuf};

/// Prints every complaint; fails when there is one.
pub(crate) fn run() -> Result<()> {
    let complaints = complaints(&workspace::root())?;
    for complaint in &complaints {
        println!("tidy: {complaint}");
    }
    if complaints.is_empty() {
        println!("tidy: the house is in order");
        return Ok(());
    }
    bail!("{} complaints", complaints.len())
}

/// Every complaint about the workspace at `root`, in a stable order.
fn complaints(root: &Path) -> Result<Vec<String>> {
    let mut found = dependencies::check(&dependencies::graph(&Metadata::read()?), crates::TABLE);
    found.extend(registration::check(root)?);

    let exceptions = fs::read_to_string(root.join("xtask/tidy-exceptions.txt")).unwrap_or_default();
    let exceptions = source::Exceptions::parse(&exceptions)?;
    let mut files = Vec::new();
    for folder in ["crates", "xtask"] {
        rust_files(&root.join(folder), &mut files)?;
    }
    files.sort();
    let mut measured = Vec::new();
    for file in &files {
        let text = fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
        let name = file.strip_prefix(root).unwrap_or(file).to_string_lossy().into_owned();
        found.extend(source::check(&name, &text, &exceptions));
        measured.push((name, text.lines().count()));
    }
    found.extend(exceptions.unused(&measured));
    Ok(found)
}

/// Collects the Rust files below `folder`; `target` folders are cargo's, not ours.
fn rust_files(folder: &Path, into: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() && path.file_name().is_none_or(|name| name != "target") {
            rust_files(&path, into)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            into.push(path);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_house_is_in_order() {
        let complaints = complaints(&workspace::root()).unwrap();
        assert!(complaints.is_empty(), "cargo xtask tidy:\n{}", complaints.join("\n"));
    }
}
