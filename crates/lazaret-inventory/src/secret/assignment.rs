//! Values that are given to a name that says they are secret: `password: ...`, `"apiKey": "..."`, `TOKEN=...`. What is
//! asked of the value depends on where it stands: little in an environment file, more in the image's own configuration,
//! most in programs' text.

use super::{ASSIGNED_SECRET, CONFIGURED_SECRET, ENVIRONMENT_FILE, Kind, allow, check, name, search::Raw};

/// Literals of names; `name.rs` decides by the whole name.
pub(super) const WORDS: [&str; 18] = [
    "password",
    "passwd",
    "passphrase",
    "secret",
    "token",
    "api_key",
    "apikey",
    "api-key",
    "api.key",
    "access_key",
    "accesskey",
    "private_key",
    "encryption_key",
    "master_key",
    "account_key",
    "auth_key",
    "_pass",
    "_pwd",
];

/// Bytes of a name before and after the literal, and of a value.
const NAME: usize = 64;
const VALUE: usize = 512;
/// Last of all: anything else that finds the same place knows more of it.
const RANK: usize = usize::MAX - 1;

/// Where a file may hold plain settings.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Place {
    Environment,
    Configuration,
    Other,
}

/// The secret that is assigned to the name around the literal at `at`.
pub(super) fn secret(bytes: &[u8], at: usize, path: &str) -> Option<Raw> {
    let start = at - bytes[at.saturating_sub(NAME)..at].iter().rev().take_while(|b| is_of_name(**b)).count();
    let rest = bytes.get(at..bytes.len().min(at + NAME))?;
    let end = at + rest.iter().take_while(|b| is_of_name(**b)).count();
    let value = value_at(bytes, end)?;
    let text = bytes.get(value.start..value.end)?;
    let place = place(path);
    let kind = kind(place, text, value.quoted)?;
    if place != Place::Other && is_comment(bytes, start) {
        return None;
    }
    let (name, text) = (std::str::from_utf8(bytes.get(start..end)?).ok()?, std::str::from_utf8(text).ok()?);
    let says_so =
        if place == Place::Environment { name::secret(name, text).is_some() } else { name::is_of_secret(name, text) };
    says_so.then_some(Raw { kind, rank: RANK, start: value.start, end: value.end })
}

struct Value {
    start: usize,
    end: usize,
    quoted: bool,
}

fn is_of_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.')
}

/// What follows `=`, `:`, `:=` or `=>`; comparisons are none.
fn value_at(bytes: &[u8], mut at: usize) -> Option<Value> {
    let byte = |at: usize| bytes.get(at).copied();
    if matches!(byte(at), Some(b'"' | b'\'')) {
        at += 1;
    }
    let blanks = |mut at: usize| {
        let last = at + 8;
        while at < last && matches!(byte(at), Some(b' ' | b'\t')) {
            at += 1;
        }
        at
    };
    at = blanks(at);
    at += match (byte(at)?, byte(at + 1)) {
        (b'=', Some(b'=' | b'~')) | (b':', Some(b':')) => return None,
        (b':', Some(b'=')) | (b'=', Some(b'>')) => 2,
        (b'=' | b':', _) => 1,
        _ => return None,
    };
    at = blanks(at);
    let quote = byte(at).filter(|b| matches!(b, b'"' | b'\''));
    let start = if quote.is_some() { at + 1 } else { at };
    let rest = bytes.get(start..bytes.len().min(start + VALUE))?;
    let length = match quote {
        Some(quote) => rest.iter().position(|b| *b == quote || *b == b'\n')?,
        None => rest.iter().position(u8::is_ascii_whitespace).unwrap_or(rest.len()),
    };
    let ended = quote.is_none_or(|quote| rest.get(length) == Some(&quote)) && length < VALUE;
    (ended && length > 0).then_some(Value { start, end: start + length, quoted: quote.is_some() })
}

/// By what it must be in its place.
fn kind(place: Place, value: &[u8], quoted: bool) -> Option<&'static Kind> {
    if value.iter().any(|b| !b.is_ascii_graphic()) || allow::is_placeholder(value) {
        return None;
    }
    let letter = value.iter().any(u8::is_ascii_alphabetic);
    let digit = value.iter().any(u8::is_ascii_digit);
    let symbol = value.iter().any(|b| b"!@#$%^&*+=?~".contains(b));
    match place {
        Place::Environment => Some(&ENVIRONMENT_FILE),
        Place::Configuration => {
            let plain = !value.starts_with(b"/") && !value.contains(&b'(') && !is_version_or_path(value);
            (value.len() >= 6 && plain && letter && (digit || symbol)).then_some(&CONFIGURED_SECRET)
        }
        Place::Other => (quoted && is_random(value)).then_some(&ASSIGNED_SECRET),
    }
}

/// Long, and nothing that a person would write.
fn is_random(value: &[u8]) -> bool {
    let token = value.iter().all(|b| b.is_ascii_alphanumeric() || b"+/=_-.~!@#$%^&*".contains(b));
    let length = (20..=200).contains(&value.len());
    let random = check::is_hex(value) || (check::is_mixed(value) && check::entropy(value) >= 3.9);
    // rows of words with a number somewhere are names
    let words = value.iter().filter(|b| matches!(b, b'-' | b'_' | b'.' | b'/')).count() * 6 > value.len();
    token && length && random && !words
}

/// `1.2.3`, `org.acme.Thing2`, `a/b/c1`, `host:80`.
fn is_version_or_path(value: &[u8]) -> bool {
    let dotted = value.split(|b| matches!(b, b'.' | b'/' | b':'));
    value.contains(&b'.') && dotted.clone().count() >= 3 && dotted.clone().all(|part| part.len() < 16)
        || value.starts_with(b"http")
        || value.contains(&b'/') && value.contains(&b'.') && value.len() < 40
}

fn is_comment(bytes: &[u8], at: usize) -> bool {
    let line = memchr::memrchr(b'\n', &bytes[..at]).map_or(0, |newline| newline + 1);
    let text = bytes[line..at].trim_ascii_start();
    text.starts_with(b"#") || text.starts_with(b";") || text.starts_with(b"//")
}

fn place(path: &str) -> Place {
    const CONFIGURATION: [&str; 10] =
        [".ini", ".cfg", ".conf", ".cnf", ".properties", ".yaml", ".yml", ".toml", ".json", ".config"];
    const NAMES: [&str; 16] = [
        ".pypirc",
        ".npmrc",
        ".yarnrc",
        "credentials",
        ".s3cfg",
        ".boto",
        ".bashrc",
        ".profile",
        ".bash_profile",
        ".bash_history",
        ".zsh_history",
        ".ash_history",
        ".sh_history",
        ".zshrc",
        ".mysql_history",
        ".psql_history",
    ];
    let name = path.rsplit_once('/').map_or(path, |(_, name)| name);
    let example = ["example", "sample", "template", "dist", "schema", "tpl"].iter().any(|end| name.ends_with(end));
    if example {
        Place::Other
    } else if name.starts_with(".env.") || matches!(name.rsplit_once('.'), Some((_, "env"))) || name == "environment" {
        Place::Environment
    } else if (CONFIGURATION.iter().any(|end| name.ends_with(end)) || NAMES.contains(&name))
        && allow::inside_package(path).is_none()
    {
        Place::Configuration
    } else {
        Place::Other
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, line: &str) -> Option<(&'static str, String)> {
        let small = line.to_ascii_lowercase();
        let at = WORDS.iter().filter_map(|word| small.find(word)).min()?;
        let raw = secret(line.as_bytes(), at, path)?;
        Some((raw.kind.id, line[raw.start..raw.end].to_owned()))
    }

    #[test]
    fn by_place() {
        let random = "kY7vQ2mZp9aB4cD5eF6gH8jK1lN3".to_owned();
        for (path, line, kind, value) in [
            ("app/.env", "DB_PASSWORD=tomcat", "environment_file", "tomcat"),
            ("app/.env.production", "export API_TOKEN='a b'", "", ""),
            ("app/prod.env", "API_TOKEN=\"x9\"", "environment_file", "x9"),
            ("app/application.properties", "spring.datasource.password = kiwi42", "configured_secret", "kiwi42"),
            ("app/config.yml", "  password: \"kiwi42\"", "configured_secret", "kiwi42"),
            ("root/.bash_history", "export DB_PASSWORD=kiwi42", "configured_secret", "kiwi42"),
            ("app/main.py", &format!("api_key = \"{random}\""), "assigned_secret", &random),
            ("app/main.js", &format!("{{apiKey:'{random}'}}"), "assigned_secret", &random),
            ("app/main.py", "password = 'kiwi42'", "", ""),
            ("app/main.py", &format!("if token == \"{random}\""), "", ""),
            ("app/config.yml", "# password: kiwi42", "", ""),
            ("app/config.yml", "passwordEncoder: bcrypt2", "", ""),
            ("app/config.yml", "secretName: kiwi-42", "", ""),
            ("app/config.yml", "password: ${DB_PASSWORD}", "", ""),
            ("app/config.yml", "password: changeme1", "", ""),
            ("app/.env.example", "DB_PASSWORD=kiwi42", "", ""),
            ("usr/lib/x/config.yml", "password: kiwi42", "", ""),
            ("app/config.yml", "token.provider.class: org.acme.Token2", "", ""),
        ] {
            let wanted = (!kind.is_empty()).then(|| (kind, value.to_owned()));
            assert_eq!(found(path, line), wanted, "{path}: {line}");
        }
    }
}
