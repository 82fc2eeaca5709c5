//! Which operating system it is: `os-release`, and the older files that say so where it is absent.

use lazaret_oci::{Body, Limits};

use super::{Candidate, Detector, Interest};
use crate::{
    content::Lines,
    layer::{FileFacts, OsFacts},
};

pub(crate) struct OsRelease;

/// Lines of a file that are looked at; these files have a dozen.
const LINES: u64 = 1000;

impl Detector for OsRelease {
    fn id(&self) -> &'static str {
        "os_release"
    }

    fn version(&self) -> u32 {
        1
    }

    fn doc(&self) -> &'static str {
        "https://www.freedesktop.org/software/systemd/man/latest/os-release.html"
    }

    fn interest(&self, file: &Candidate<'_>) -> Interest {
        if kind(file).is_some() { Interest::Content } else { Interest::No }
    }

    fn detect(&self, file: &Candidate<'_>, body: &Body<'_>, _limits: &Limits, facts: &mut FileFacts) {
        let os = match kind(file) {
            Some(Kind::OsRelease) => os_release(body),
            Some(Kind::AlpineRelease) => first_line(body).map(|version| OsFacts {
                id: "alpine".to_owned(),
                pretty_name: format!("Alpine Linux {version}"),
                version_id: version,
                ..OsFacts::default()
            }),
            Some(Kind::DebianVersion) => first_line(body).map(debian_version),
            Some(Kind::RedhatRelease) => first_line(body).map(|line| redhat_release(&line)),
            Some(Kind::Repositories) => branch(body).map(|b| OsFacts { branch: Some(b), ..OsFacts::default() }),
            None => None,
        };
        facts.os = os.map(Box::new);
    }
}

enum Kind {
    OsRelease,
    AlpineRelease,
    DebianVersion,
    RedhatRelease,
    Repositories,
}

/// `os-release` may be a link to anywhere, so it is read wherever it lies.
fn kind(file: &Candidate<'_>) -> Option<Kind> {
    match file.name {
        "os-release" => Some(Kind::OsRelease),
        "alpine-release" if file.path == "etc/alpine-release" => Some(Kind::AlpineRelease),
        "debian_version" if file.path == "etc/debian_version" => Some(Kind::DebianVersion),
        "redhat-release" if file.path == "etc/redhat-release" => Some(Kind::RedhatRelease),
        "repositories" if file.path == "etc/apk/repositories" => Some(Kind::Repositories),
        _ => None,
    }
}

fn first_line(body: &Body<'_>) -> Option<String> {
    let mut lines = Lines::new(body);
    while let Some(line) = lines.next_line() {
        let line = line.trim();
        if !line.is_empty() {
            return Some(line.to_owned());
        }
        if lines.number > LINES {
            break;
        }
    }
    None
}

fn os_release(body: &Body<'_>) -> Option<OsFacts> {
    let mut lines = Lines::new(body);
    let mut facts = OsFacts::default();
    let mut name = String::new();
    while let Some(line) = lines.next_line() {
        let line = line.trim().to_owned();
        if let Some((key, value)) = line.split_once('=').filter(|_| !line.starts_with('#')) {
            let value = unquote(value);
            match key.trim() {
                "ID" => facts.id = value.to_ascii_lowercase(),
                "VERSION_ID" => facts.version_id = value,
                "VERSION_CODENAME" => facts.codename = Some(value).filter(|v| !v.is_empty()),
                "PRETTY_NAME" => facts.pretty_name = value,
                "NAME" => name = value,
                _ => {}
            }
        }
        if lines.number > LINES {
            break;
        }
    }
    if facts.pretty_name.is_empty() {
        let text = format!("{name} {}", facts.version_id);
        text.trim().clone_into(&mut facts.pretty_name);
    }
    (!facts.id.is_empty()).then_some(facts)
}

/// Shell quoting as `os-release` has it.
fn unquote(value: &str) -> String {
    let value = value.trim();
    let quoted = |quote: char| value.strip_prefix(quote).and_then(|v| v.strip_suffix(quote));
    if let Some(inner) = quoted('\'') {
        return inner.to_owned();
    }
    let mut text = String::new();
    let mut chars = quoted('"').unwrap_or(value).chars();
    while let Some(c) = chars.next() {
        text.extend(if c == '\\' { chars.next() } else { Some(c) });
    }
    text
}

/// `12.5`; `trixie/sid` on testing and unstable.
fn debian_version(line: String) -> OsFacts {
    let numbered = line.starts_with(|c: char| c.is_ascii_digit());
    OsFacts {
        id: "debian".to_owned(),
        pretty_name: format!("Debian GNU/Linux {line}"),
        codename: if numbered { None } else { line.split('/').next().map(str::to_owned) },
        version_id: if numbered { line } else { String::new() },
        branch: None,
    }
}

/// `CentOS Linux release 7.9.2009 (Core)`.
fn redhat_release(line: &str) -> OsFacts {
    let (name, rest) = line.split_once(" release ").unwrap_or((line, ""));
    let first = name.split_whitespace().next().unwrap_or_default().to_ascii_lowercase();
    OsFacts {
        id: if first == "red" { "rhel".to_owned() } else { first },
        version_id: rest.split_whitespace().next().unwrap_or_default().to_owned(),
        pretty_name: line.to_owned(),
        ..OsFacts::default()
    }
}

/// The branch that `apk` installs from: that of `main`, `edge` above all. Lines with a tag (`@testing ...`) count
/// only for packages that are asked for by tag.
fn branch(body: &Body<'_>) -> Option<String> {
    let mut lines = Lines::new(body);
    let mut best: Option<((u32, u32), String)> = None;
    while let Some(line) = lines.next_line() {
        let line = line.trim().trim_end_matches('/');
        let mut parts = line.rsplit('/');
        if let (Some("main"), Some(branch)) = (parts.next(), parts.next())
            && !line.starts_with(['#', '@'])
            && let Some(order) = branch_order(branch)
            && best.as_ref().is_none_or(|(known, _)| order > *known)
        {
            best = Some((order, branch.to_owned()));
        }
        if lines.number > LINES {
            break;
        }
    }
    best.map(|(_, branch)| branch)
}

fn branch_order(branch: &str) -> Option<(u32, u32)> {
    if branch == "edge" {
        return Some((u32::MAX, 0));
    }
    let (major, minor) = branch.strip_prefix('v')?.split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(path: &str, text: &str) -> Option<OsFacts> {
        let mut facts = FileFacts { path: path.to_owned(), ..FileFacts::default() };
        let file = Candidate::new(path, text.as_bytes(), 0o644);
        assert_eq!(OsRelease.interest(&file), Interest::Content, "{path}");
        OsRelease.detect(&file, &Body::memory(text.as_bytes()), &Limits::default(), &mut facts);
        facts.os.map(|os| *os)
    }

    #[test]
    fn real_files() {
        let debian = read("usr/lib/os-release", include_str!("../../testdata/os_release/debian-12")).unwrap();
        assert_eq!((debian.id.as_str(), debian.version_id.as_str()), ("debian", "12"));
        assert_eq!(debian.codename.as_deref(), Some("bookworm"));
        assert_eq!(debian.pretty_name, "Debian GNU/Linux 12 (bookworm)");
        let alpine = read("etc/os-release", include_str!("../../testdata/os_release/alpine-3.20")).unwrap();
        assert_eq!((alpine.id.as_str(), alpine.version_id.as_str()), ("alpine", "3.20.3"));
        let branch = read("etc/apk/repositories", include_str!("../../testdata/os_release/repositories-3.20")).unwrap();
        assert_eq!(branch.branch.as_deref(), Some("v3.20"));
    }

    #[test]
    fn quoting() {
        let os = read("etc/os-release", "# ID=no\nID='Foo'\nVERSION_ID=\"1\\\"2\"\nNAME=a\\ b\n").unwrap();
        assert_eq!((os.id.as_str(), os.version_id.as_str(), os.pretty_name.as_str()), ("foo", "1\"2", "a b 1\"2"));
        assert_eq!(read("etc/os-release", "ID_LIKE=debian\nVERSION_ID=1\n"), None);
        assert_eq!(read("etc/os-release", ""), None);
    }

    #[test]
    fn older_files() {
        assert_eq!(read("etc/alpine-release", "3.10.9\n").unwrap().version_id, "3.10.9");
        assert_eq!(read("etc/debian_version", "12.5\n").unwrap().version_id, "12.5");
        let testing = read("etc/debian_version", "trixie/sid\n").unwrap();
        assert_eq!((testing.version_id.as_str(), testing.codename.as_deref()), ("", Some("trixie")));
        let centos = read("etc/redhat-release", "CentOS Linux release 7.9.2009 (Core)\n").unwrap();
        assert_eq!((centos.id.as_str(), centos.version_id.as_str()), ("centos", "7.9.2009"));
        let rhel = read("etc/redhat-release", "Red Hat Enterprise Linux release 8.9 (Ootpa)\n").unwrap();
        assert_eq!(rhel.id, "rhel");
    }

    #[test]
    fn branches() {
        let of = |text: &str| read("etc/apk/repositories", text).and_then(|os| os.branch);
        let host = "https://dl-cdn.alpinelinux.org/alpine";
        assert_eq!(of(&format!("{host}/v3.9/main\n{host}/v3.10/main/\n")), Some("v3.10".to_owned()));
        assert_eq!(of(&format!("{host}/v3.20/main\n@edge {host}/edge/main\n")), Some("v3.20".to_owned()));
        assert_eq!(of(&format!("{host}/v3.20/main\n{host}/edge/testing\n")), Some("v3.20".to_owned()));
        assert_eq!(of(&format!("#{host}/v3.20/main\n{host}/edge/main\n")), Some("edge".to_owned()));
        assert_eq!(of("/var/cache/local\n"), None);
    }
}
