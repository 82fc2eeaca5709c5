//! Names that say that the value is a secret.

/// Names that hold these words, as whole words or at a word's end.
const WORDS: [(&str, &str); 9] = [
    ("PASSWORD", "a password"),
    ("PASSWD", "a password"),
    ("PASSPHRASE", "a passphrase"),
    ("SECRET", "a secret"),
    ("TOKEN", "a token"),
    ("APIKEY", "an API key"),
    ("CREDENTIAL", "credentials"),
    ("CREDENTIALS", "credentials"),
    ("ACCESSKEY", "an access key"),
];

/// Pairs of words, one after the other.
const PAIRS: [(&str, &str, &str); 7] = [
    ("API", "KEY", "an API key"),
    ("ACCESS", "KEY", "an access key"),
    ("PRIVATE", "KEY", "a private key"),
    ("ENCRYPTION", "KEY", "an encryption key"),
    ("MASTER", "KEY", "a master key"),
    ("ACCOUNT", "KEY", "an account key"),
    ("AUTH", "KEY", "a key"),
];

/// Only as the last word of several: `DB_PASS`, `DB_PWD`, but not `PASS_THROUGH` or `PWD`.
const LAST: [&str; 2] = ["PASS", "PWD"];

/// Last words that make a name one *about* a secret.
const ABOUT: [&str; 27] = [
    "ALGORITHM",
    "AUDIENCE",
    "CHECKSUM",
    "COUNT",
    "DIGEST",
    "ENABLED",
    "ENDPOINT",
    "EXPIRATION",
    "EXPIRES",
    "EXPIRY",
    "FINGERPRINT",
    "HEADER",
    "ISSUER",
    "LENGTH",
    "LIFETIME",
    "LIMIT",
    "NAME",
    "POLICY",
    "PREFIX",
    "REQUIRED",
    "SHA1",
    "SHA256",
    "SHA512",
    "SIZE",
    "TIMEOUT",
    "TTL",
    "TYPE",
];

/// What the name says that `value` is; `None` where the value says that it is no secret.
pub(super) fn secret(name: &str, value: &str) -> Option<&'static str> {
    let words = words(name);
    let (last, what) = (words.last()?.as_str(), named(&words)?);
    let is_path = value.starts_with('/') || value.starts_with("./");
    let location =
        matches!(last, "FILE" | "PATH" | "DIR" | "LOCATION") && is_path && !value.contains(char::is_whitespace);
    let address = matches!(last, "URL" | "URI" | "ENDPOINT") && value.contains("://");
    let switch = matches!(value.to_ascii_lowercase().as_str(), "true" | "false" | "yes" | "no" | "on" | "off")
        || (matches!(value, "0" | "1") && named(&words[words.len() - 1..]).is_none());
    let benign = location || address || switch || ABOUT.contains(&last) || is_reference(value);
    (!benign).then_some(what)
}

/// As [`secret`], but only where the name ends with what says so: programs have a `passwordEncoder` and a `token_url`.
pub(super) fn is_of_secret(name: &str, value: &str) -> bool {
    let mut words = words(name);
    while words.len() > 1 && words.last().is_some_and(|last| last == "BASE" || last.bytes().all(|b| b.is_ascii_digit()))
    {
        words.pop();
    }
    let (Some(last), all) = (words.last(), words.len()) else { return false };
    let pair = all >= 2 && named(&words[all - 2..]).is_some();
    let single = WORDS.iter().any(|(end, _)| last.ends_with(end));
    let ends = single || (pair && (last == "KEY" || LAST.contains(&last.as_str())));
    ends && secret(name, value).is_some()
}

/// `$NAME` and `${NAME}`: filled in at run time.
pub(super) fn is_reference(value: &str) -> bool {
    let Some(name) = value.strip_prefix('$') else { return false };
    let name = name.strip_prefix('{').and_then(|name| name.strip_suffix('}')).unwrap_or(name);
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

fn named(words: &[String]) -> Option<&'static str> {
    let pair = words.windows(2).find_map(|pair| {
        PAIRS.iter().find(|(first, second, _)| pair[0] == *first && pair[1] == *second).map(|(_, _, what)| *what)
    });
    let word =
        || words.iter().find_map(|word| WORDS.iter().find(|(end, _)| word.ends_with(end)).map(|(_, what)| *what));
    let last = || {
        let (last, before) = words.split_last()?;
        (!before.is_empty() && LAST.contains(&last.as_str())).then_some("a password")
    };
    pair.or_else(word).or_else(last)
}

/// Upper-case words of `DB_PASSWORD`, `db.password`, `dbPassword`.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut after_lower = false;
    for character in name.chars() {
        let begins = !character.is_alphanumeric() || (after_lower && character.is_uppercase());
        if begins && words.last().is_some_and(|word| !word.is_empty()) {
            words.push(String::new());
        }
        after_lower = character.is_lowercase();
        if let (true, Some(word)) = (character.is_alphanumeric(), words.last_mut()) {
            word.extend(character.to_uppercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}
