//! Package URLs as other tools write them (<https://github.com/package-url/purl-spec>): read leniently, never made.

/// The parts of a package URL, decoded.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Purl {
    /// Lower case.
    pub(super) kind: String,
    /// Joined with `/`; empty where there is none.
    pub(super) namespace: String,
    pub(super) name: String,
    pub(super) version: String,
    qualifiers: Vec<(String, String)>,
}

impl Purl {
    /// `pkg:type/namespace/name@version?key=value#subpath`; the subpath is left out.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let rest = text.strip_prefix("pkg:")?.trim_start_matches('/');
        let rest = rest.split_once('#').map_or(rest, |(rest, _)| rest);
        let (rest, qualifiers) = rest.split_once('?').unwrap_or((rest, ""));
        let (kind, rest) = rest.split_once('/')?;
        // an `@` of a scope that was not encoded stands before the last `/`
        let slash = rest.rfind('/').map_or(0, |at| at + 1);
        let (path, version) = match rest[slash..].rfind('@').filter(|at| *at > 0) {
            Some(at) => (&rest[..slash + at], &rest[slash + at + 1..]),
            None => split_version(rest),
        };
        let (namespace, name) = path.trim_matches('/').rsplit_once('/').unwrap_or(("", path.trim_matches('/')));
        let decode_all = |path: &str| path.split('/').filter(|p| !p.is_empty()).map(decode).collect::<Vec<_>>();
        let purl = Self {
            kind: kind.to_ascii_lowercase(),
            namespace: decode_all(namespace).join("/"),
            name: decode(name),
            version: decode(version),
            qualifiers: qualifiers
                .split('&')
                .filter_map(|pair| pair.split_once('='))
                .map(|(key, value)| (key.to_ascii_lowercase(), decode(value)))
                .collect(),
        };
        (!purl.kind.is_empty() && !purl.name.is_empty()).then_some(purl)
    }

    pub(super) fn qualifier(&self, key: &str) -> Option<&str> {
        let found = self.qualifiers.iter().find(|(name, _)| name == key);
        found.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }
}

/// A version with a `/` that was not encoded: it begins at the first `@` that is not a scope's.
fn split_version(rest: &str) -> (&str, &str) {
    match rest.char_indices().skip(1).find(|(at, c)| *c == '@' && rest.as_bytes()[at - 1] != b'/') {
        Some((at, _)) => (&rest[..at], &rest[at + 1..]),
        None => (rest, ""),
    }
}

/// Percent-decoded; what is no UTF-8 afterwards, or no escape, stays as it is.
fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let escape = (*byte == b'%').then(|| bytes.get(at + 1..at + 3)).flatten();
        match escape.and_then(|hex| std::str::from_utf8(hex).ok()).and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(decoded) => {
                out.push(decoded);
                at += 3;
            }
            None => {
                out.push(*byte);
                at += 1;
            }
        }
    }
    String::from_utf8(out).unwrap_or_else(|_| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_tools_write_them() {
        for (text, kind, namespace, name, version) in [
            ("pkg:npm/%40babel/core@7.1.0", "npm", "@babel", "core", "7.1.0"),
            ("pkg:npm/@babel/core@7.1.0", "npm", "@babel", "core", "7.1.0"),
            ("pkg:npm/@babel/core", "npm", "@babel", "core", ""),
            ("pkg:golang/github.com/a/b@v1.2.3#sub", "golang", "github.com/a", "b", "v1.2.3"),
            ("pkg:deb/debian/libc6@2.36-9%2Bdeb12u4?arch=amd64", "deb", "debian", "libc6", "2.36-9+deb12u4"),
            ("pkg:Generic/x", "generic", "", "x", ""),
            ("pkg:maven/org.a/b@1.0/2", "maven", "org.a", "b", "1.0/2"),
            ("pkg:cargo/%zz%", "cargo", "", "%zz%", ""),
        ] {
            let purl = Purl::parse(text).unwrap();
            let found = (&*purl.kind, &*purl.namespace, &*purl.name, &*purl.version);
            assert_eq!(found, (kind, namespace, name, version), "{text}");
        }
        for bad in ["", "pkg:", "pkg:npm", "pkg:npm/", "npm/a@1", "pkg:/a", "pkg:npm/@1"] {
            assert!(Purl::parse(bad).is_none_or(|purl| purl.name == "@1"), "{bad}");
        }
    }

    #[test]
    fn qualifiers() {
        let purl = Purl::parse("pkg:rpm/rhel/bash@5.1?epoch=1&upstream=bash-5.1.src.rpm&distro=").unwrap();
        assert_eq!(purl.qualifier("epoch"), Some("1"));
        assert_eq!(purl.qualifier("upstream"), Some("bash-5.1.src.rpm"));
        assert_eq!(purl.qualifier("distro"), None);
    }
}
