//! When two tools mean the same version.

use std::borrow::Cow;

/// A version in the spelling that tools agree on: no `v` or `go` before it, no epoch of zero, PEP 440's trailing
/// zeros left out.
fn plain_version<'a>(kind: &str, version: &'a str) -> Cow<'a, str> {
    let version = version.trim();
    match kind {
        "golang" => {
            let version = version.strip_prefix("go").unwrap_or(version);
            Cow::Borrowed(version.strip_prefix('v').unwrap_or(version).trim_end_matches("+incompatible"))
        }
        "composer" => Cow::Borrowed(version.strip_prefix('v').unwrap_or(version)),
        "rpm" | "deb" => Cow::Borrowed(version.strip_prefix("0:").unwrap_or(version)),
        "pypi" => {
            let mut plain = version;
            while plain.matches('.').count() > 1 {
                let Some(shorter) = plain.strip_suffix(".0") else { break };
                plain = shorter;
            }
            Cow::Owned(plain.to_lowercase())
        }
        _ => Cow::Borrowed(version),
    }
}

/// Whether two versions are one. An epoch that only one side writes is no difference: some tools leave it to a
/// qualifier, some leave it out.
pub(super) fn same_version(kind: &str, ours: &str, theirs: &str) -> bool {
    let (ours, theirs) = (plain_version(kind, ours), plain_version(kind, theirs));
    if ours == theirs {
        return true;
    }
    let epoch = |version: &str| {
        let (epoch, rest) = version.split_once(':')?;
        epoch.bytes().all(|byte| byte.is_ascii_digit()).then(|| rest.to_owned())
    };
    match (epoch(&ours), epoch(&theirs)) {
        (Some(ours), None) => matches!(kind, "rpm" | "deb") && ours == theirs,
        (None, Some(theirs)) => matches!(kind, "rpm" | "deb") && theirs == ours,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions() {
        for (kind, ours, theirs) in [
            ("golang", "v1.2.3", "1.2.3"),
            ("golang", "1.22.1", "go1.22.1"),
            ("golang", "v2.0.0+incompatible", "v2.0.0"),
            ("rpm", "0:1.2-3", "1.2-3"),
            ("rpm", "1:1.2-3", "1.2-3"),
            ("deb", "1:2.38", "2.38"),
            ("pypi", "3.2.0", "3.2"),
            ("pypi", "1.0RC1", "1.0rc1"),
        ] {
            assert!(same_version(kind, ours, theirs), "{kind} {ours} {theirs}");
            assert!(same_version(kind, theirs, ours), "{kind} {theirs} {ours}");
        }
        for (kind, ours, theirs) in
            [("rpm", "1:1.2-3", "2:1.2-3"), ("npm", "1.0.0", "1.0"), ("npm", "1:2", "2"), ("pypi", "3.2", "3.20")]
        {
            assert!(!same_version(kind, ours, theirs), "{kind} {ours} {theirs}");
        }
    }
}
