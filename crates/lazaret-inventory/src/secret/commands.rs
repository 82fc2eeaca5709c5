//! Secrets in an image's configuration: variables, and the lines of its history (Dockerfile steps).

use super::{
    allow, name,
    search::{Search, Text},
};

/// What a line gives away. Never the value.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Clue {
    /// The variable or option, where there is one.
    pub name: Option<String>,
    /// With its article: `a password`.
    pub what: &'static str,
}

/// Bytes of a name that are shown.
const NAME: usize = 100;

/// What kind of secret a variable holds, by the form of the value or by the variable's name.
pub fn in_setting(name: &str, value: &str) -> Option<&'static str> {
    let value = value.trim().trim_matches(['"', '\'']);
    if value.is_empty() {
        return None;
    }
    by_form(value).or_else(|| name::secret(name, value))
}

fn by_form(value: &str) -> Option<&'static str> {
    if value.contains("-----BEGIN ") && value.contains("PRIVATE KEY") {
        return Some("a private key");
    }
    let text = Text { path: "", program: false, setting: true };
    Search::whole(text, value.as_bytes()).found.first().map(|found| found.kind.what)
}

/// The secrets of one history line, as Docker or BuildKit write it.
pub fn in_command(line: &str) -> Vec<Clue> {
    let (arguments, command) = build_arguments(instruction(line));
    let mut clues: Vec<Clue> = Vec::new();
    for (name, value) in arguments {
        clues.extend(of_pair(name, &value));
    }
    let (word, rest) = command.split_once(char::is_whitespace).unwrap_or((command, ""));
    if matches!(word, "ENV" | "ARG") {
        for (name, value) in pairs(rest) {
            clues.extend(of_pair(name, &value));
        }
    } else {
        clues.extend(of_shell(command));
        // what a variable has been named for need not be named again
        let known = !clues.is_empty();
        clues.extend(by_form(command).filter(|_| !known).map(|what| Clue { name: None, what }));
    }
    clues.sort();
    clues.dedup();
    clues
}

fn of_pair(name: &str, value: &str) -> Option<Clue> {
    let value = value.trim().trim_matches(['"', '\'']);
    if value.starts_with(['$', '`']) || allow::is_placeholder(value.as_bytes()) {
        return None;
    }
    let name: String = name.chars().filter(|c| !c.is_control()).take(NAME).collect();
    in_setting(&name, value).map(|what| Clue { name: Some(name), what })
}

/// Without what the builder writes around it.
fn instruction(line: &str) -> &str {
    let line = line.trim();
    let line = line.strip_prefix("RUN ").unwrap_or(line).trim_start();
    let nop = line.split_once("#(nop)").filter(|(before, _)| before.starts_with("/bin/") || before.starts_with("cmd"));
    nop.map_or(line, |(_, rest)| rest.trim())
}

/// `|2 TOKEN=a NAME=b /bin/sh -c make`: the build arguments, then the command.
fn build_arguments(line: &str) -> (Vec<(&str, String)>, &str) {
    let counted = line.strip_prefix('|').and_then(|rest| rest.split_once(' '));
    let Some((count, rest)) = counted.and_then(|(count, rest)| Some((count.parse::<usize>().ok()?, rest))) else {
        return (Vec::new(), line);
    };
    // the shell is a path; before it the values stand as they are, blanks and all
    let shell = [" /bin/", " /usr/bin/", " cmd "].iter().filter_map(|shell| rest.find(shell)).min();
    let (arguments, command) = rest.split_at(shell.unwrap_or(rest.len()));
    let mut pairs = pairs(arguments);
    pairs.truncate(count);
    (pairs, command)
}

/// `A=b C=d e`: a word without a name belongs to the value before it.
fn pairs(text: &str) -> Vec<(&str, String)> {
    let mut pairs: Vec<(&str, String)> = Vec::new();
    for word in text.split_whitespace() {
        match (word.split_once('='), pairs.last_mut()) {
            (Some((name, value)), _) if is_variable(name) => pairs.push((name, value.to_owned())),
            (_, Some((_, value))) => {
                value.push(' ');
                value.push_str(word);
            }
            (_, None) => pairs.push((word, String::new())),
        }
    }
    pairs
}

fn is_variable(name: &str) -> bool {
    let first = name.bytes().next();
    first.is_some_and(|b| b.is_ascii_alphabetic() || b == b'_')
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_.-".contains(&b))
}

/// `TOKEN=x make`, `--password=x`, `--password x`.
fn of_shell(command: &str) -> Vec<Clue> {
    const OPTIONS: [&str; 10] = [
        "password",
        "passphrase",
        "token",
        "secret",
        "api-key",
        "apikey",
        "access-key",
        "secret-key",
        "auth-token",
        "client-secret",
    ];
    let mut words = command.split(|c: char| c.is_whitespace() || ";&|()".contains(c)).peekable();
    let mut clues = Vec::new();
    while let Some(word) = words.next() {
        let option = word.strip_prefix("--");
        let name = option.unwrap_or(word);
        match name.split_once('=') {
            Some((name, value)) if is_variable(name) => clues.extend(of_pair(name, value)),
            None if option.is_some() && OPTIONS.contains(&name) => {
                let value = words.peek().filter(|value| !value.starts_with('-'));
                clues.extend(value.and_then(|value| of_pair(name, value)));
            }
            _ => {}
        }
    }
    clues
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(line: &str) -> Vec<String> {
        in_command(line).into_iter().map(|clue| clue.name.unwrap_or_else(|| clue.what.to_owned())).collect()
    }

    #[test]
    fn variables_of_steps() {
        for (line, found) in [
            ("ARG NPM_TOKEN=kiwi42", "NPM_TOKEN"),
            ("/bin/sh -c #(nop)  ARG NPM_TOKEN=kiwi42", "NPM_TOKEN"),
            ("/bin/sh -c #(nop)  ENV A=b DB_PASSWORD=two words C=d", "DB_PASSWORD"),
            ("RUN |2 NAME=app TOKEN=kiwi42 /bin/sh -c make # buildkit", "TOKEN"),
            ("|1 TOKEN=kiwi 42 /bin/sh -c make", "TOKEN"),
            ("RUN /bin/sh -c export GITHUB_TOKEN='kiwi42' && make # buildkit", "GITHUB_TOKEN"),
            ("/bin/sh -c tool --password=kiwi42 --user=x", "password"),
            ("/bin/sh -c tool --token kiwi42", "token"),
            ("/bin/sh -c git clone https://app:kiwi42@git.acme.io/x", "a URL with a password"),
            (
                "/bin/sh -c curl -H \"Authorization: Bearer kiwi42kiwi43kiwi44kiwi45\" https://acme.io",
                "a token in an Authorization header",
            ),
            ("/bin/sh -c curl -u app:kiwi42 https://acme.io", "credentials in a curl command"),
            ("/bin/sh -c echo 'root:kiwi42' | chpasswd", "a password that a command sets"),
        ] {
            assert_eq!(names(line), [found], "{line}");
        }
    }

    #[test]
    fn steps_without_secrets() {
        for line in [
            "ARG NPM_TOKEN",
            "ARG NPM_TOKEN=",
            "ARG TOKEN=changeme",
            "RUN |1 TOKEN= /bin/sh -c make # buildkit",
            "RUN /bin/sh -c TOKEN=$(cat /run/secrets/token) make # buildkit",
            "RUN --mount=type=secret,id=token /bin/sh -c NPM_TOKEN=\"$(cat /run/secrets/token)\" npm ci # buildkit",
            "/bin/sh -c SECRET_KEY_BASE=dummy rails assets:precompile",
            "/bin/sh -c docker login --password-stdin registry.acme.io",
            "/bin/sh -c gpg --batch --passphrase '' --gen-key",
            "/bin/sh -c curl -u \"$USER:$PASSWORD\" https://acme.io",
            "/bin/sh -c #(nop)  CMD [\"node\" \"server.js\"]",
            "COPY file:3f1c2d in /usr/share/keyrings/",
            "",
        ] {
            assert_eq!(names(line), Vec::<String>::new(), "{line}");
        }
    }
}
