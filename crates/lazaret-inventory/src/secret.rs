//! Passwords, keys and tokens in bytes. Pure: bytes in, places out; never a secret in what it says.
//!
//! One pass over the text looks for the literals of all rules at once (`words.rs`); the regular expression of a rule
//! runs only in a window around one of its literals. What it finds must pass the rule's own checks (`check.rs`), and is
//! dropped where it is an example or a placeholder, or lies in the documentation and the tests of an installed package
//! (`allow.rs`). The rules are data, in `rules/*.txt`; `table.rs` says how they are written. To add one: a block there,
//! and at least one line in each of `testdata/secrets/true.txt` and `testdata/secret/false.txt`.
//!
//! Absent on purpose: asking an issuer whether a token is still good. A scan sends nobody's secrets anywhere.

mod allow;
mod assignment;
mod check;
mod commands;
mod excerpt;
mod name;
mod search;
mod store;
mod table;
#[cfg(test)]
mod tests;
mod url;
mod words;

use lazaret_model::Severity;

#[cfg(test)]
pub(crate) use tests::filled as sample;

pub use commands::{Clue, in_command, in_setting};
pub use search::Found;
pub(crate) use search::{Search, Text, is_text};
pub(crate) use store::{MAX_STORE, key_store, may_be_store};

/// A kind of secret.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Kind {
    /// Name of the rule, `snake_case`.
    pub id: &'static str,
    pub severity: Severity,
    /// With its article: `a GitHub token`.
    pub what: &'static str,
    /// How many first characters of such a secret everyone knows anyway (`ghp_`).
    pub(crate) public: usize,
}

impl Kind {
    /// Without the article, for a heading: `GitHub token`.
    pub fn title(&self) -> &'static str {
        self.what.strip_prefix("a ").or_else(|| self.what.strip_prefix("an ")).unwrap_or(self.what)
    }

    const fn plain(id: &'static str, severity: Severity, what: &'static str) -> Self {
        Self { id, severity, what, public: 0 }
    }
}

/// A URL with a password in it.
pub(crate) static URL_PASSWORD: Kind = Kind::plain("url_password", Severity::High, "a URL with a password");
/// A variable of an environment file whose name says that the value is secret.
pub(crate) static ENVIRONMENT_FILE: Kind =
    Kind::plain("environment_file", Severity::High, "a secret of an environment file");
/// A setting of a configuration file.
pub(crate) static CONFIGURED_SECRET: Kind =
    Kind::plain("configured_secret", Severity::Medium, "a secret of a configuration file");
/// Something that looks random is assigned to a name that says so. Not sure: programs assign many such things.
pub(crate) static ASSIGNED_SECRET: Kind = Kind::plain("assigned_secret", Severity::Low, "what looks like a secret");
/// A file that holds private keys in a form of its own.
pub(crate) static KEY_STORE: Kind = Kind::plain("key_store", Severity::High, "a key store with a private key");

/// Moves when rules or search find something else in the same bytes; the detector moves with it.
pub(crate) const VERSION: u32 = 1;

/// What is in one file.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Spotted {
    /// In the order of the file.
    pub found: Vec<Found>,
    /// Further ones, not told one by one.
    pub more: u64,
    /// The file has more places to look at than are looked at; the rest was not searched.
    pub exhausted: bool,
}

/// The secrets of a file that is in memory.
pub fn in_file(path: &str, bytes: &[u8]) -> Spotted {
    let head = &bytes[..bytes.len().min(512)];
    if may_be_store(head) && bytes.len() as u64 <= MAX_STORE {
        return Spotted { found: key_store(bytes).map(of_store).into_iter().collect(), ..Spotted::default() };
    }
    let Search { found, more, exhausted, .. } =
        Search::whole(Text { path, program: !is_text(head), setting: false }, bytes);
    Spotted { found, more, exhausted }
}

fn of_store(what: &str) -> Found {
    Found { kind: &KEY_STORE, line: 0, excerpt: what.to_owned() }
}

/// Every kind of secret that there is a rule for.
pub fn kinds() -> impl Iterator<Item = &'static Kind> {
    let own = [&URL_PASSWORD, &ENVIRONMENT_FILE, &CONFIGURED_SECRET, &ASSIGNED_SECRET, &KEY_STORE];
    table::rules().iter().map(|rule| &rule.kind).chain(own)
}
