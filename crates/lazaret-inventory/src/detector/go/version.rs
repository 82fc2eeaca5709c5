//! Versions in Go's build information that are no plain module versions.

/// `go1.19.8` is 1.19.8; vendors add to it: `go1.22.1-X:foo`, `go1.20 X:boringcrypto`, `go1.21.3+custom`,
/// `go1.21rc2`. `None` for development builds, whose content no version names.
pub(crate) fn of_toolchain(toolchain: &str) -> Option<String> {
    let numbers = toolchain.trim().strip_prefix("go")?;
    let end = numbers.find(|c: char| !c.is_ascii_alphanumeric() && c != '.').unwrap_or(numbers.len());
    let numbers = &numbers[..end];
    let (release, suffix) = match numbers.find(|c: char| c.is_ascii_alphabetic()) {
        Some(at) => numbers.split_at(at),
        None => (numbers, ""),
    };
    let whole = release.split('.').count() >= 2 && release.split('.').all(|part| part.parse::<u32>().is_ok());
    if !whole {
        return None;
    }
    if suffix.is_empty() {
        return Some(release.to_owned());
    }
    // as the Go vulnerability database writes them: go1.21rc2 is 1.21.0-rc.2
    let digits = suffix.trim_start_matches(|c: char| c.is_ascii_alphabetic());
    let word = &suffix[..suffix.len() - digits.len()];
    let zero = if release.split('.').count() == 2 { ".0" } else { "" };
    matches!(word, "rc" | "beta" | "alpha").then(|| format!("{release}{zero}-{word}.{digits}"))
}

/// Undoes Go's quoting of a build setting.
pub(crate) fn unquote(value: &str) -> String {
    if let Some(raw) = value.strip_prefix('`').and_then(|v| v.strip_suffix('`')) {
        return raw.to_owned();
    }
    let Some(inner) = value.strip_prefix('"').and_then(|v| v.strip_suffix('"')) else { return value.to_owned() };
    let mut text = String::with_capacity(inner.len());
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        text.extend(match c {
            '\\' => match chars.next() {
                Some('n') => Some('\n'),
                Some('t') => Some('\t'),
                other => other,
            },
            c => Some(c),
        });
    }
    text
}

/// The version that `-X` settings give the program, where they clearly mean its own: a variable named for a version
/// in package `main` or in a package of the main module. Settings that contradict each other say nothing.
pub(crate) fn of_linker_flags(flags: &str, module: &str) -> Option<String> {
    let mut found: Option<(bool, String)> = None;
    for setting in settings(flags) {
        let Some((variable, value)) = setting.split_once('=') else { continue };
        let Some((package, name)) = variable.rsplit_once('.') else { continue };
        let in_main = package == "main";
        let in_module = package.strip_prefix(module).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        let named = matches!(
            name.to_ascii_lowercase().as_str(),
            "version" | "buildversion" | "appversion" | "gitversion" | "releaseversion" | "semver" | "ver"
        );
        let Some(version) = module_version(value).filter(|_| named && (in_main || in_module)) else { continue };
        match &found {
            Some((known_main, known)) if *known_main == in_main && *known != version => return None,
            Some((true, _)) => {}
            _ => found = Some((in_main, version)),
        }
    }
    found.map(|(_, version)| version)
}

/// `1.2.3` or `v1.2.3-rc.1` in the form of a module version.
fn module_version(value: &str) -> Option<String> {
    let bare = value.trim().strip_prefix('v').unwrap_or(value.trim());
    let core = bare.split(['-', '+']).next().unwrap_or_default();
    let numeric = core.split('.').count() == 3 && core.split('.').all(|part| part.parse::<u64>().is_ok());
    (numeric && !bare.contains(char::is_whitespace)).then(|| format!("v{bare}"))
}

/// The arguments of `-X`, in any of the forms `-X a.b=c`, `-X=a.b=c`, `-X 'a.b=c d'`.
fn settings(flags: &str) -> Vec<String> {
    let words = words(flags);
    let mut found = Vec::new();
    let mut words = words.into_iter();
    while let Some(word) = words.next() {
        let option = word.strip_prefix("--").or_else(|| word.strip_prefix('-')).unwrap_or_default();
        if option == "X" {
            found.extend(words.next());
        } else if let Some(setting) = option.strip_prefix("X=") {
            found.push(setting.to_owned());
        }
    }
    found
}

/// Splits at white space outside quotes.
fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for c in text.chars() {
        match quote {
            Some(end) if c == end => quote = None,
            None if c == '"' || c == '\'' => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            None if c.is_whitespace() => words.extend(word.take()),
            _ => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn toolchains() {
        for (text, wanted) in [
            ("go1.19.8", Some("1.19.8")),
            ("go1.20", Some("1.20")),
            ("go1.22.1-X:foo", Some("1.22.1")),
            ("go1.20 X:boringcrypto", Some("1.20")),
            ("go1.21.3+custom", Some("1.21.3")),
            ("go1.20.12 (Red Hat 1.20.12-2.el9)", Some("1.20.12")),
            ("go1.27-custom", Some("1.27")),
            ("go1.21rc2", Some("1.21.0-rc.2")),
            ("go1.18beta1", Some("1.18.0-beta.1")),
            ("go1.20.5b7", None),
            ("devel +b7a85e0003 Mon Jan 1", None),
            ("devel go1.23-abcdef Thu", None),
            ("go", None),
            ("", None),
        ] {
            assert_eq!(of_toolchain(text).as_deref(), wanted, "{text}");
        }
    }

    #[test]
    fn linker_flags() {
        let of = |flags: &str| of_linker_flags(flags, "x.y/app");
        assert_eq!(of("-s -w -X main.version=1.2.3").as_deref(), Some("v1.2.3"));
        assert_eq!(of("-X=main.Version=v1.2.3-rc.1+b").as_deref(), Some("v1.2.3-rc.1+b"));
        assert_eq!(of("-X 'x.y/app/internal/build.Version=1.2.3' -X 'main.date=a b'").as_deref(), Some("v1.2.3"));
        assert_eq!(of("-X main.version=1.2.3 -X x.y/app/pkg.version=9.9.9").as_deref(), Some("v1.2.3"));
        assert_eq!(of("-X x.y/app/pkg.version=9.9.9 -X main.version=1.2.3").as_deref(), Some("v1.2.3"));
        assert_eq!(of("-X main.version=1.2.3 -X main.gitVersion=4.5.6"), None);
        assert_eq!(of("-X main.version=dev"), None);
        assert_eq!(of("-X main.version=abcdef0"), None);
        assert_eq!(of("-X x.y/application.version=1.2.3"), None);
        assert_eq!(of("-X k8s.io/component-base/version.gitVersion=v1.2.3"), None);
        assert_eq!(of("-X"), None);
        assert_eq!(of("-extldflags '-static -X main.version=1.2.3'"), None);
    }

    #[test]
    fn quoting() {
        assert_eq!(unquote(r#""-X \"main.version=1\"""#), r#"-X "main.version=1""#);
        assert_eq!(unquote("`a b`"), "a b");
        assert_eq!(unquote("-s"), "-s");
    }
}
