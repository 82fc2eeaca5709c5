//! What a source file may not be or hold: too long, a `mod.rs`, a leftover, a silenced lint.

use anyhow::{Context, Result};

/// At this many lines a file is cut by noun.
const MAX_LINES: usize = 500;

/// Files that may be longer, each with its reason: lines `path: reason`.
#[derive(Default)]
pub(super) struct Exceptions(Vec<String>);

impl Exceptions {
    /// Parses the list; a line without a reason is refused.
    pub(super) fn parse(text: &str) -> Result<Self> {
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        let mut paths = Vec::new();
        for line in lines {
            let (path, reason) =
                line.split_once(':').with_context(|| format!("tidy-exceptions.txt: {line}: no reason"))?;
            anyhow::ensure!(!reason.trim().is_empty(), "tidy-exceptions.txt: {path}: no reason");
            paths.push(path.trim().to_owned());
        }
        Ok(Self(paths))
    }

    /// Complaints about exceptions that no file needs any more.
    pub(super) fn unused(&self, measured: &[(String, usize)]) -> Vec<String> {
        self.0
            .iter()
            .filter(|path| !measured.iter().any(|(name, lines)| name == *path && *lines > MAX_LINES))
            .map(|path| format!("{path} is in xtask/tidy-exceptions.txt and needs no exception"))
            .collect()
    }
}

/// Complaints about one file; `name` is its path from the root.
pub(super) fn check(name: &str, text: &str, exceptions: &Exceptions) -> Vec<String> {
    let mut found = Vec::new();
    let lines = text.lines().count();
    let generated = text.lines().take(3).any(|line| line.contains("@generated"));
    if lines > MAX_LINES && !generated && !exceptions.0.iter().any(|path| path == name) {
        found.push(format!(
            "{name}: {lines} lines; cut it by noun at {MAX_LINES}, or give a reason in xtask/tidy-exceptions.txt"
        ));
    }
    if name.ends_with("/mod.rs") {
        found.push(format!("{name}: write foo.rs beside foo/, never mod.rs"));
    }
    for (number, line) in text.lines().enumerate() {
        if let Some(fault) = fault(line) {
            found.push(format!("{name}:{}: {fault}", number + 1));
        }
    }
    found
}

/// What is wrong with one line. The words are put together here so that this file passes its own check.
fn fault(line: &str) -> Option<&'static str> {
    let linked = line.contains("https://") || line.contains("issue ");
    let leftover = [concat!("TO", "DO"), concat!("FIX", "ME")];
    let words = |line: &str, word: &str| line.split(|c: char| !c.is_alphanumeric()).any(|part| part == word);
    if !linked && leftover.iter().any(|word| words(line, word)) {
        return Some("a leftover without a link to its issue");
    }
    if [concat!("to", "do!("), concat!("unimple", "mented!(")].iter().any(|stub| line.contains(stub)) {
        return Some("a stub");
    }
    let silenced = [concat!("#[", "allow("), concat!("#![", "allow(")];
    if silenced.iter().any(|attribute| line.contains(attribute)) {
        return Some("a silenced lint: write #[expect(lint, reason = \"...\")]");
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complaints(name: &str, text: &str) -> Vec<String> {
        check(name, text, &Exceptions::default())
    }

    #[test]
    fn a_plain_file_passes() {
        assert!(complaints("crates/a/src/b.rs", "fn main() {}\n").is_empty());
    }

    #[test]
    fn a_long_file_needs_a_reason() {
        let long = "x\n".repeat(501);
        assert_eq!(complaints("a/b.rs", &long).len(), 1);
        assert!(complaints("a/b.rs", &"x\n".repeat(500)).is_empty());
        assert!(complaints("a/b.rs", &format!("// @generated\n{long}")).is_empty());
        let exceptions = Exceptions::parse("# why\na/b.rs: a table\n").unwrap();
        assert!(check("a/b.rs", &long, &exceptions).is_empty());
    }

    #[test]
    fn an_exception_needs_a_reason_and_a_file() {
        assert!(Exceptions::parse("a/b.rs\n").is_err());
        assert!(Exceptions::parse("a/b.rs: \n").is_err());
        let exceptions = Exceptions::parse("a/b.rs: a table\n").unwrap();
        assert_eq!(exceptions.unused(&[("a/b.rs".to_owned(), 12)]).len(), 1);
        assert!(exceptions.unused(&[("a/b.rs".to_owned(), 501)]).is_empty());
    }

    #[test]
    fn each_fault_is_found_with_its_line() {
        let todo = concat!("// TO", "DO later");
        assert_eq!(complaints("a.rs", &format!("\n{todo}\n")), ["a.rs:2: a leftover without a link to its issue"]);
        assert!(complaints("a.rs", &format!("{todo}, see https://example.org/1")).is_empty());
        assert!(complaints("a.rs", concat!("let s = TO", "DOS;")).is_empty());
        assert_eq!(complaints("a.rs", concat!("to", "do!()")).len(), 1);
        assert_eq!(complaints("a.rs", concat!("unimple", "mented!(\"x\")")).len(), 1);
        assert_eq!(complaints("a.rs", concat!("#[", "allow(dead_code)]")).len(), 1);
        assert_eq!(complaints("a.rs", concat!("#![", "allow(clippy::all)]")).len(), 1);
        assert_eq!(complaints("a/mod.rs", "").len(), 1);
    }
}
