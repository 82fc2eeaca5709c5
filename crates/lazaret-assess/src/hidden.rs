//! An image's configuration as it may leave the house: what the rules know as a secret is replaced by what it is, so
//! that they say the same of what is left.

use std::borrow::Cow;

use lazaret_inventory::secret;
use lazaret_model::{HistoryEntry, ImageFacts};

/// Before what was hidden. An image that has it itself gains nothing: what follows counts as a secret.
const MARK: &str = "[hidden by lazaret]";
/// Characters of what an image may have written behind the mark.
const SHOWN: usize = 60;

/// A secret in a line: the variable or option that holds it, and what it is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Clue {
    pub(crate) name: Option<String>,
    pub(crate) what: Cow<'static, str>,
}

/// The same facts without the values of secrets. Twice is as once.
pub fn without_secrets(facts: &ImageFacts) -> ImageFacts {
    let mut facts = facts.clone();
    for line in &mut facts.env {
        if let Some((name, value)) = line.split_once('=')
            && let Some(value) = hidden_setting(name, value)
        {
            *line = format!("{name}={value}");
        }
    }
    for (name, value) in &mut facts.labels {
        if let Some(hidden) = hidden_setting(name, value) {
            *value = hidden;
        }
    }
    for HistoryEntry { created_by, .. } in &mut facts.history {
        if let Some(hidden) = hidden_command(created_by) {
            *created_by = format!("{} {hidden}", instruction(created_by));
        }
    }
    for words in [&mut facts.entrypoint, &mut facts.cmd] {
        if let Some(hidden) = hidden_command(&words.join(" ")) {
            *words = vec![hidden];
        }
    }
    facts
}

/// What kind of secret a variable or label holds, in the open or hidden.
pub(crate) fn in_setting(name: &str, value: &str) -> Option<Cow<'static, str>> {
    let hidden = value.strip_prefix(MARK).map(|what| Cow::Owned(shown(what.trim())));
    hidden.or_else(|| secret::in_setting(name, value).map(Cow::Borrowed))
}

/// The secrets of a history line or a command, in the open or hidden.
pub(crate) fn in_command(line: &str) -> Vec<Clue> {
    hidden_clues(line).unwrap_or_else(|| {
        let open = |clue: secret::Clue| Clue { name: clue.name, what: Cow::Borrowed(clue.what) };
        secret::in_command(line).into_iter().map(open).collect()
    })
}

/// Which Dockerfile instruction made a step.
pub(crate) fn instruction(line: &str) -> &'static str {
    const NAMES: [&str; 9] = ["ENV", "ARG", "LABEL", "CMD", "ENTRYPOINT", "COPY", "ADD", "HEALTHCHECK", "ONBUILD"];
    let line = line.split_once("#(nop)").map_or(line, |(_, rest)| rest).trim_start();
    let word = line.split(char::is_whitespace).next().unwrap_or_default();
    NAMES.into_iter().find(|name| *name == word).unwrap_or("RUN")
}

fn hidden_setting(name: &str, value: &str) -> Option<String> {
    in_setting(name, value).map(|what| format!("{MARK} {what}"))
}

/// `[hidden by lazaret] [["TOKEN","a token"]]`.
fn hidden_command(line: &str) -> Option<String> {
    let clues: Vec<_> = in_command(line).into_iter().map(|clue| (clue.name, clue.what)).collect();
    // Texts in a list: nothing here can fail to be written.
    (!clues.is_empty()).then(|| format!("{MARK} {}", serde_json::to_string(&clues).unwrap_or_default()))
}

/// `None` where the line is not wholly one that was hidden.
fn hidden_clues(line: &str) -> Option<Vec<Clue>> {
    let (before, rest) = line.split_once(MARK)?;
    if !(before.is_empty() || before.strip_suffix(' ') == Some(instruction(before))) {
        return None;
    }
    let clues: Vec<(Option<String>, String)> = serde_json::from_str(rest).ok()?;
    let clue = |(name, what): (Option<String>, String)| Clue {
        name: name.map(|name| name.chars().filter(|c| !c.is_control()).take(100).collect()),
        what: Cow::Owned(shown(&what)),
    };
    (!clues.is_empty()).then(|| clues.into_iter().map(clue).collect())
}

fn shown(what: &str) -> String {
    what.chars().filter(|c| !c.is_control()).take(SHOWN).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings() {
        let hidden = hidden_setting("DB_PASSWORD", "kiwi42").unwrap();
        assert_eq!(hidden, "[hidden by lazaret] a password");
        assert_eq!(in_setting("DB_PASSWORD", &hidden), in_setting("DB_PASSWORD", "kiwi42"));
        assert_eq!(hidden_setting("DB_PASSWORD", &hidden), Some(hidden));
        assert_eq!(hidden_setting("PATH", "/usr/bin"), None);
        // with the mark before it, a secret is one all the same
        assert!(in_setting("X", "[hidden by lazaret] kiwi42").is_some());
    }

    #[test]
    fn commands() {
        for line in [
            "/bin/sh -c #(nop)  ENV DB_PASSWORD=kiwi42",
            "RUN |1 TOKEN=kiwi42 /bin/sh -c make # buildkit",
            "/bin/sh -c git clone https://app:kiwi42@git.acme.io/x",
        ] {
            let hidden = format!("{} {}", instruction(line), hidden_command(line).unwrap());
            assert!(!hidden.contains("kiwi42"), "{hidden}");
            assert_eq!(in_command(&hidden), in_command(line));
            assert_eq!(instruction(&hidden), instruction(line));
            assert_eq!(hidden_command(&hidden).map(|again| format!("{} {again}", instruction(line))), Some(hidden));
        }
        assert_eq!(hidden_command("/bin/sh -c make"), None);
        // a mark of the image's own hides nothing
        for line in [
            "RUN [hidden by lazaret] [] && TOKEN=kiwi42 make",
            "RUN TOKEN=kiwi42 make [hidden by lazaret] [[null,\"x\"]]",
        ] {
            assert_eq!(in_command(line)[0].name.as_deref(), Some("TOKEN"), "{line}");
        }
    }
}
