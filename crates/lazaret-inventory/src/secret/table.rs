//! The table of rules. A block is one rule; its first line has id, severity, and what it finds with its article:
//!
//! ```text
//! github_token critical a GitHub token
//!   words ghp_ gho_            literals, any case, one of which is in every match; `\s` is a blank
//!   match gh[po]_[A-Za-z0-9]{36,255}
//!   before 40                  bytes before the literal in which a match may begin; without it, it begins there
//!   after 600                  bytes after the start of the literal in which it ends
//!   entropy 3.5                bits per byte that the secret must have
//!   require basic_auth         a check that it must pass
//!   confirm base62_crc32       a check that makes it certain
//!   files .netrc *.conf        only in files of these names (or ends of paths)
//!   flags text                 not in programs
//! ```
//!
//! The secret is group 1, or all of the match. Bounded repetitions only. A rule without `words` is matched over the
//! whole of a file that `files` names, when that is small.

use std::sync::{LazyLock, OnceLock};

use lazaret_model::Severity;
use regex::bytes::{Regex, RegexBuilder};

use super::{Kind, check::Check};

const TABLES: [&str; 4] = [
    include_str!("rules/cloud.txt"),
    include_str!("rules/forge.txt"),
    include_str!("rules/service.txt"),
    include_str!("rules/key.txt"),
];

/// Bytes after a literal where a rule does not say.
const AFTER: usize = 320;

/// One rule.
pub(crate) struct Rule {
    pub(crate) kind: Kind,
    pub(crate) words: Vec<String>,
    pattern: &'static str,
    regex: OnceLock<Option<Regex>>,
    pub(crate) before: usize,
    pub(crate) after: usize,
    pub(crate) entropy: f64,
    pub(crate) require: Option<Check>,
    pub(crate) confirm: Option<Check>,
    pub(crate) files: Vec<&'static str>,
    pub(crate) text: bool,
}

impl Rule {
    /// Made when it is first needed: most scans need few. A pattern of the table that does not compile fails a test.
    pub(crate) fn regex(&self) -> Option<&Regex> {
        let make = || {
            let anchored = if self.before == 0 && !self.words.is_empty() { "^" } else { "" };
            let pattern = format!("{anchored}(?:{})", self.pattern);
            RegexBuilder::new(&pattern).unicode(false).size_limit(64 << 20).build().ok()
        };
        self.regex.get_or_init(make).as_ref()
    }

    /// Whether the rule looks into a file of this path.
    pub(crate) fn looks_into(&self, path: &str) -> bool {
        let ends = |end: &str| path.strip_suffix(end).is_some_and(|before| before.is_empty() || before.ends_with('/'));
        self.files.is_empty()
            || self
                .files
                .iter()
                .any(|name| name.strip_prefix('*').map_or_else(|| ends(name), |end| path.ends_with(end)))
    }
}

/// All rules, in the order of the tables.
pub(crate) fn rules() -> &'static [Rule] {
    static RULES: LazyLock<Vec<Rule>> = LazyLock::new(|| TABLES.iter().flat_map(|table| parse(table)).collect());
    &RULES
}

fn parse(table: &'static str) -> Vec<Rule> {
    let mut rules: Vec<Rule> = Vec::new();
    for line in table.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        match line.strip_prefix("  ") {
            None => rules.extend(head(line)),
            Some(line) => {
                if let (Some(rule), Some((field, value))) = (rules.last_mut(), line.split_once(' ')) {
                    set(rule, field, value);
                }
            }
        }
    }
    for rule in &mut rules {
        rule.kind.public = public(rule);
    }
    rules
}

fn head(line: &'static str) -> Option<Rule> {
    let mut parts = line.splitn(3, ' ');
    let (id, severity, what) = (parts.next()?, parts.next()?.parse::<Severity>().ok()?, parts.next()?);
    Some(Rule {
        kind: Kind::plain(id, severity, what),
        words: Vec::new(),
        pattern: "",
        regex: OnceLock::new(),
        before: 0,
        after: AFTER,
        entropy: 0.0,
        require: None,
        confirm: None,
        files: Vec::new(),
        text: false,
    })
}

fn set(rule: &mut Rule, field: &str, value: &'static str) {
    match field {
        "words" => rule.words = value.split(' ').map(|word| word.replace("\\s", " ")).collect(),
        "match" => rule.pattern = value,
        "before" => rule.before = value.parse().unwrap_or_default(),
        "after" => rule.after = value.parse().unwrap_or(AFTER),
        "entropy" => rule.entropy = value.parse().unwrap_or_default(),
        "require" => rule.require = Check::named(value),
        "confirm" => rule.confirm = Check::named(value),
        "files" => rule.files = value.split(' ').collect(),
        "flags" => rule.text = value == "text",
        _ => {}
    }
}

/// A secret that begins with the rule's literal shows that much; all literals of a rule are about as long.
fn public(rule: &Rule) -> usize {
    let whole = rule.before == 0 && !has_group(rule.pattern);
    if whole { rule.words.iter().map(String::len).min().unwrap_or_default() } else { 0 }
}

/// Whether the pattern has a group that captures.
fn has_group(pattern: &str) -> bool {
    let bytes = pattern.as_bytes();
    (0..bytes.len())
        .any(|at| bytes[at] == b'(' && bytes.get(at + 1) != Some(&b'?') && (at == 0 || bytes[at - 1] != b'\\'))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_tables_are_sound() {
        let mut ids = BTreeSet::new();
        for rule in rules() {
            let id = rule.kind.id;
            assert!(ids.insert(id), "{id} twice");
            assert!(id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_'), "{id}");
            assert!(
                rule.kind.what.starts_with("a ")
                    || rule.kind.what.starts_with("an ")
                    || rule.kind.what.starts_with("credentials"),
                "{id}"
            );
            assert!(rule.regex().is_some(), "{id}: the pattern does not compile");
            assert!(rule.words.iter().all(|word| word.len() >= 3), "{id}: a literal is too short");
            assert!(!rule.words.is_empty() || !rule.files.is_empty(), "{id}: neither literal nor file name");
            assert!(!rule.pattern.contains(['*', '+']) || bounded(rule.pattern), "{id}: an unbounded repetition");
        }
        assert_eq!(ids.len(), rules().len());
        assert!(rules().len() >= 100, "{}", rules().len());
    }

    #[test]
    fn every_line_is_understood() {
        let fields = ["words", "match", "before", "after", "entropy", "require", "confirm", "files", "flags"];
        for line in TABLES.iter().flat_map(|table| table.lines()).filter(|l| !l.is_empty() && !l.starts_with('#')) {
            let Some(field) = line.strip_prefix("  ") else {
                assert!(head(line).is_some(), "{line}");
                continue;
            };
            let (name, value) = field.split_once(' ').unwrap();
            assert!(fields.contains(&name), "{line}");
            if matches!(name, "require" | "confirm") {
                assert!(Check::named(value).is_some(), "{line}");
            }
            assert!(name != "flags" || value == "text", "{line}");
            assert!(name != "entropy" || value.parse::<f64>().is_ok(), "{line}");
        }
    }

    /// `*` and `+` only within brackets or escaped, or at the end of a token for padding.
    fn bounded(pattern: &str) -> bool {
        let (mut class, mut escaped) = (false, false);
        for (at, byte) in pattern.bytes().enumerate() {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'[' => class = true,
                b']' => class = false,
                b'*' if !class && pattern.as_bytes()[at - 1] != b'=' => return false,
                b'+' if !class => return false,
                _ => {}
            }
        }
        true
    }
}
