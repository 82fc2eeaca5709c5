//! Normal forms of package names, the same for records and for packages.

/// The name under which records are stored and looked up. `ecosystem` is without release.
pub(crate) fn normal_name(ecosystem: &str, name: &str) -> String {
    let name = name.trim();
    match ecosystem {
        "PyPI" => pep503(name),
        // their tools compare them without case
        "Packagist" | "NuGet" => name.to_ascii_lowercase(),
        "SwiftURL" => repository(name),
        _ => name.to_owned(),
    }
}

/// A repository's address without what may differ between two spellings of it: protocol, user, `.git`, case.
fn repository(address: &str) -> String {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    // `git@github.com:apple/swift-nio.git`
    let host = host.replace(':', "/");
    let whole = if path.is_empty() { host } else { format!("{host}/{path}") };
    let whole = whole.trim_end_matches('/');
    whole.strip_suffix(".git").unwrap_or(whole).to_ascii_lowercase()
}

/// PEP 503: lower case, runs of `-`, `_` and `.` become one `-`.
fn pep503(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut gap = false;
    for c in name.chars() {
        if matches!(c, '-' | '_' | '.') {
            gap = true;
            continue;
        }
        if std::mem::take(&mut gap) {
            out.push('-');
        }
        out.extend(c.to_lowercase());
    }
    if gap {
        out.push('-');
    }
    out
}

/// The ecosystem without its release: `Debian` of `Debian:12`.
pub(crate) fn base(ecosystem: &str) -> &str {
    ecosystem.split(':').next().unwrap_or(ecosystem)
}

/// `CVE-YYYY-NNNN...`, the form of the CVE programme.
pub(crate) fn is_cve(id: &str) -> bool {
    let Some((year, number)) = id.strip_prefix("CVE-").and_then(|rest| rest.split_once('-')) else { return false };
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    year.len() == 4 && number.len() >= 4 && digits(year) && digits(number)
}

/// One line for people, at most 240 characters.
pub(crate) fn one_line(text: &str) -> String {
    let line = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or("").trim_start_matches(['#', ' ']);
    match line.char_indices().nth(240) {
        Some((end, _)) => format!("{}…", line[..end].trim_end()),
        None => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_one_form() {
        assert_eq!(normal_name("PyPI", "Zope.Interface__x"), "zope-interface-x");
        assert_eq!(normal_name("Packagist", "Acme/Bundle"), "acme/bundle");
        assert_eq!(normal_name("npm", "@Scope/Name"), "@Scope/Name");
        for swift in [
            "https://github.com/apple/swift-nio.git",
            "git@github.com:apple/swift-nio.git",
            "ssh://git@github.com/Apple/swift-nio",
            "github.com/apple/swift-nio/",
        ] {
            assert_eq!(normal_name("SwiftURL", swift), "github.com/apple/swift-nio", "{swift}");
        }
        assert_eq!(base("Debian:12"), "Debian");
    }

    #[test]
    fn cve_ids() {
        assert!(is_cve("CVE-2021-44228"));
        for bad in ["CVE_2019-2426", "CVE-????-?????", "CVE-2017-17434-1", "CVE-46838", "CVE-2021-35940.patch", "CVE"] {
            assert!(!is_cve(bad), "{bad}");
        }
    }
}
