//! URLs with a password: `scheme://user:password@host`.

use super::{
    URL_PASSWORD, allow,
    name::is_reference,
    search::{Raw, Text},
};

/// Bytes of user, password and host together.
const AUTHORITY: usize = 512;
/// After the rules of the tables.
pub(super) const RANK: usize = usize::MAX - 2;

/// Hosts of examples.
const HOSTS: [&str; 18] = [
    "localhost",
    "127.0.0.1",
    "host",
    "hostname",
    "server",
    "servername",
    "proxy",
    "domain",
    "mydomain",
    "foo",
    "bar",
    "remote",
    "address",
    "ip",
    "0.0.0.0",
    "[::1]",
    "proxyserver",
    "site",
];

/// The password of a URL whose `://` is at `at`.
pub(super) fn password(bytes: &[u8], at: usize, text: Text<'_>) -> Option<Raw> {
    if !at.checked_sub(1).and_then(|before| bytes.get(before)).is_some_and(u8::is_ascii_alphanumeric) {
        return None;
    }
    let start = at + 3;
    let rest = bytes.get(start..bytes.len().min(start + AUTHORITY))?;
    let end = rest.iter().position(|b| !is_of_authority(*b)).unwrap_or(rest.len());
    let authority = std::str::from_utf8(&rest[..end]).ok()?;
    let (user, host) = authority.rsplit_once('@')?;
    let (name, password) = user.split_once(':')?;
    let real = !password.is_empty() && !is_reference(password);
    let example = || text.path.contains('/') && allow::inside_package(text.path).is_some() && password.len() < 12;
    if !real || (!text.setting && (example() || !is_likely(name, password, host))) {
        return None;
    }
    let start = start + name.len() + 1;
    Some(Raw { kind: &URL_PASSWORD, rank: RANK, start, end: start + password.len() })
}

/// What RFC 3986 lets stand before a path, and what people write in a password in spite of it.
fn is_of_authority(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~!$&()*+,;=%:@[]{}^".contains(&byte)
}

/// In files, examples and patterns abound.
fn is_likely(name: &str, password: &str, host: &str) -> bool {
    let classes = [
        password.bytes().any(|b| b.is_ascii_lowercase()),
        password.bytes().any(|b| b.is_ascii_uppercase()),
        password.bytes().any(|b| b.is_ascii_digit()),
        password.bytes().any(|b| b.is_ascii_punctuation()),
    ];
    let host = host.split([':', ',']).next().unwrap_or_default().to_ascii_lowercase();
    let example = HOSTS.contains(&host.as_str())
        || host.contains("example")
        || [".test", ".invalid", ".local", ".localhost"].iter().any(|end| host.ends_with(end))
        || !host.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '[');
    !example
        && password.len() >= 6
        && password.len() <= 200
        && classes.iter().filter(|class| **class).count() >= 2
        && !password.contains(['{', '}', '$', '[', ']', '(', '*', '^'])
        && !allow::is_placeholder(password.as_bytes())
        && !name.contains(['{', '}', '$', '[', '(', '*'])
        && !name.eq_ignore_ascii_case(password)
}
