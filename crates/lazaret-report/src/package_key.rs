//! When two entries are about the same package: names as ecosystems compare them.

use lazaret_model::Package;

/// Purl type and name in the form in which the ecosystem compares names.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) struct PackageKey {
    /// As in a purl.
    pub(crate) kind: String,
    pub(crate) name: String,
}

impl PackageKey {
    pub(crate) fn of(package: &Package) -> Self {
        Self::new(package.kind.name(), &package.name)
    }

    /// `name` is the ecosystem's full name: `@scope/x`, `group:artifact`, module path.
    pub(crate) fn new(kind: &str, name: &str) -> Self {
        let name = match kind {
            "pypi" => python_name(name),
            "composer" | "nuget" | "golang" | "wordpress" | "pub" | "hex" | "luarocks" | "deb" | "apk" => {
                name.to_lowercase()
            }
            _ => name.to_owned(),
        };
        Self { kind: kind.to_owned(), name }
    }
}

/// PEP 503: runs of `-`, `_` and `.` are one `-`.
fn python_name(name: &str) -> String {
    let mut normal = String::with_capacity(name.len());
    for c in name.trim().chars() {
        if !matches!(c, '-' | '_' | '.') {
            normal.extend(c.to_lowercase());
        } else if !normal.ends_with('-') {
            normal.push('-');
        }
    }
    normal
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        assert_eq!(PackageKey::new("pypi", "Foo._Bar"), PackageKey::new("pypi", "foo-bar"));
        assert_eq!(PackageKey::new("nuget", "A.B"), PackageKey::new("nuget", "a.b"));
        assert_ne!(PackageKey::new("npm", "A"), PackageKey::new("npm", "a"));
        assert_ne!(PackageKey::new("npm", "a"), PackageKey::new("gem", "a"));
    }
}
