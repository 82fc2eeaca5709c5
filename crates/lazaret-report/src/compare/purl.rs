//! Package URLs as other tools write them, read leniently.

/// What a purl says: its type, the ecosystem's full name, and the version with its epoch.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Purl {
    pub(super) kind: String,
    pub(super) name: String,
    pub(super) version: String,
}

impl Purl {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let rest = text.strip_prefix("pkg:")?.trim_start_matches('/');
        let rest = rest.split_once('#').map_or(rest, |(before, _)| before);
        let (rest, qualifiers) = rest.split_once('?').unwrap_or((rest, ""));
        let (kind, path) = rest.split_once('/')?;
        let kind = kind.to_ascii_lowercase();
        // the version follows the last `@`, unless that is a scope that is not encoded
        let (path, version) = match path.rsplit_once('@') {
            Some((path, version)) if !path.is_empty() && !version.contains('/') => (path, decoded(version)),
            _ => (path, String::new()),
        };
        let path = path.trim_matches('/');
        let (namespace, name) = path.rsplit_once('/').unwrap_or(("", path));
        let (namespace, name) = (decoded(namespace), decoded(name));
        if kind.is_empty() || name.is_empty() {
            return None;
        }
        let name = match kind.as_str() {
            _ if namespace.is_empty() => name,
            "maven" => format!("{}:{name}", namespace.replace('/', ".")),
            "npm" | "golang" | "composer" | "swift" | "github" | "conan" | "huggingface" | "terraform" => {
                format!("{namespace}/{name}")
            }
            _ => name,
        };
        let epoch = qualifiers.split('&').find_map(|pair| pair.strip_prefix("epoch=")).filter(|epoch| *epoch != "0");
        let version = match epoch {
            Some(epoch) if !version.contains(':') => format!("{epoch}:{version}"),
            _ => version,
        };
        Some(Self { kind, name, version })
    }
}

/// Percent-decoded; what is no code stays as it is.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let code = after.get(..2).filter(|_| first == b'%').and_then(|code| std::str::from_utf8(code).ok());
        if let Some(byte) = code.and_then(|code| u8::from_str_radix(code, 16).ok()) {
            bytes.push(byte);
            rest = &after[2..];
        } else {
            bytes.push(first);
            rest = after;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms() {
        for (text, kind, name, version) in [
            ("pkg:npm/%40scope/x@1.0.0", "npm", "@scope/x", "1.0.0"),
            ("pkg:npm/@scope/x@1.0.0", "npm", "@scope/x", "1.0.0"),
            ("pkg:npm/@scope/x", "npm", "@scope/x", ""),
            ("pkg:maven/org.x/y@1?type=jar", "maven", "org.x:y", "1"),
            ("pkg:deb/debian/bsdutils@2.38.1-5%2Bdeb12u3?arch=amd64&epoch=1", "deb", "bsdutils", "1:2.38.1-5+deb12u3"),
            ("pkg:deb/debian/x@1%3A2?epoch=1", "deb", "x", "1:2"),
            ("pkg:rpm/redhat/bash@5.1.8-9.el9?epoch=0", "rpm", "bash", "5.1.8-9.el9"),
            ("pkg:golang/github.com/a/b/v2@v2.0.0#cmd", "golang", "github.com/a/b/v2", "v2.0.0"),
            ("pkg:pypi/django@3.2", "pypi", "django", "3.2"),
            ("pkg:generic/100%@x", "generic", "100%", "x"),
        ] {
            let expected = Purl { kind: kind.to_owned(), name: name.to_owned(), version: version.to_owned() };
            assert_eq!(Purl::parse(text), Some(expected), "{text}");
        }
        for not in ["", "npm/x@1", "pkg:npm", "pkg:npm/", "pkg:/x"] {
            assert_eq!(Purl::parse(not), None, "{not}");
        }
    }
}
