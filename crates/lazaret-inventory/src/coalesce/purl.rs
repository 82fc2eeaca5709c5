//! Package URLs (<https://github.com/package-url/purl-spec>), in their canonical form.

use lazaret_model::{OsRelease, PackageType};

use crate::{detector::python::normal_name, layer::FoundPackage};

/// The purl of a package in an image of this operating system.
pub(super) fn purl(package: &FoundPackage, os: Option<&OsRelease>) -> String {
    let mut text = format!("pkg:{}/", package.kind.name());
    match package.kind {
        PackageType::Ebuild => encode_parts(&package.name, '/', &mut text),
        kind if kind.is_os() => {
            if let Some(os) = os {
                encode(&os.id, &mut text);
                text.push('/');
            }
            encode(&package.name, &mut text);
        }
        PackageType::Composer => encode_parts(&package.name.to_ascii_lowercase(), '/', &mut text),
        PackageType::Pypi => encode(&normal_name(&package.name), &mut text),
        PackageType::Maven => encode_parts(&package.name, ':', &mut text),
        PackageType::Npm
        | PackageType::Golang
        | PackageType::Swift
        | PackageType::Wordpress
        | PackageType::Terraform
        | PackageType::Pear => encode_parts(&package.name, '/', &mut text),
        _ => encode(&package.name, &mut text),
    }
    let (epoch, version) = match package.version.split_once(':') {
        Some((epoch, version)) if package.kind == PackageType::Rpm => (Some(epoch), version),
        _ => (None, package.version.as_str()),
    };
    if !version.is_empty() {
        text.push('@');
        encode(version, &mut text);
    }
    let arch = match package.kind {
        PackageType::Gem => Some("platform"),
        PackageType::Conda => Some("subdir"),
        PackageType::Bitnami | PackageType::Snap => Some("arch"),
        kind => kind.is_os().then_some("arch"),
    };
    if let Some(arch) = arch {
        let distro = os.filter(|_| package.kind.is_os()).map(distro);
        let channel = package.repository.as_deref().filter(|_| package.kind == PackageType::Conda);
        let source = package.source.as_ref().filter(|_| package.kind == PackageType::Rpm);
        let upstream = source.map(|source| format!("{}-{}.src.rpm", source.name, source.version));
        // sorted by key, as a package has them
        let qualifiers = [
            ("arch", package.arch.as_deref().filter(|_| arch == "arch")),
            ("channel", channel),
            ("distro", distro.as_deref()),
            ("epoch", epoch),
            ("platform", package.arch.as_deref().filter(|_| arch == "platform")),
            ("rpmmod", package.module.as_deref()),
            ("subdir", package.arch.as_deref().filter(|_| arch == "subdir")),
            ("upstream", upstream.as_deref()),
        ];
        let mut before = '?';
        for (key, value) in qualifiers.into_iter().filter_map(|(key, value)| Some((key, value?))) {
            text.push(before);
            text.push_str(key);
            text.push('=');
            encode(value, &mut text);
            before = '&';
        }
    }
    text
}

/// `debian-12`; `debian-trixie` where there is no number.
fn distro(os: &OsRelease) -> String {
    let version = if os.version_id.is_empty() { os.codename.as_deref().unwrap_or_default() } else { &os.version_id };
    if version.is_empty() { os.id.clone() } else { format!("{}-{version}", os.id) }
}

fn encode_parts(name: &str, separator: char, text: &mut String) {
    for (index, part) in name.split(separator).enumerate() {
        if index > 0 {
            text.push('/');
        }
        encode(part, text);
    }
}

fn encode(part: &str, text: &mut String) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    for byte in part.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~:".contains(&byte) {
            text.push(char::from(byte));
        } else {
            text.push('%');
            text.push(char::from(DIGITS[usize::from(byte >> 4)]));
            text.push(char::from(DIGITS[usize::from(byte & 15)]));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::str::FromStr;

    use super::*;

    fn of(kind: PackageType, name: &str, version: &str, os: Option<&OsRelease>) -> String {
        let package =
            FoundPackage { arch: kind.is_os().then(|| "amd64".to_owned()), ..FoundPackage::new(kind, name, version) };
        let text = purl(&package, os);
        packageurl::PackageUrl::from_str(&text).expect("a purl that others can read");
        text
    }

    #[test]
    fn forms() {
        let debian = OsRelease {
            id: "debian".to_owned(),
            version_id: "12".to_owned(),
            codename: None,
            pretty_name: String::new(),
            stream: None,
            path: String::new(),
        };
        assert_eq!(
            of(PackageType::Deb, "bsdutils", "1:2.38.1-5+deb12u3", Some(&debian)),
            "pkg:deb/debian/bsdutils@1:2.38.1-5%2Bdeb12u3?arch=amd64&distro=debian-12"
        );
        assert_eq!(of(PackageType::Apk, "musl", "1.2.5-r0", None), "pkg:apk/musl@1.2.5-r0?arch=amd64");
        assert_eq!(of(PackageType::Rpm, "bash", "5.1.8-9.el9", None), "pkg:rpm/bash@5.1.8-9.el9?arch=amd64");
        assert_eq!(of(PackageType::Rpm, "x", "0:1~a^b-1", None), "pkg:rpm/x@1~a%5Eb-1?arch=amd64&epoch=0");
        assert_eq!(of(PackageType::Npm, "@scope/x", "1.0.0", None), "pkg:npm/%40scope/x@1.0.0");
        assert_eq!(of(PackageType::Pypi, "Foo.Bar", "1.0", None), "pkg:pypi/foo-bar@1.0");
        assert_eq!(of(PackageType::Golang, "github.com/a/b/v2", "v2.0.0", None), "pkg:golang/github.com/a/b/v2@v2.0.0");
        assert_eq!(of(PackageType::Golang, "stdlib", "1.19.8", None), "pkg:golang/stdlib@1.19.8");
        assert_eq!(of(PackageType::Maven, "org.x:y", "1", None), "pkg:maven/org.x/y@1");
        assert_eq!(of(PackageType::Maven, "y", "", None), "pkg:maven/y");
        assert_eq!(of(PackageType::Gem, "rack", "2.2.22", Some(&debian)), "pkg:gem/rack@2.2.22");
        assert_eq!(
            of(PackageType::Cargo, "openssl-src", "300.0.4+3.0.1", None),
            "pkg:cargo/openssl-src@300.0.4%2B3.0.1"
        );
        assert_eq!(of(PackageType::Composer, "acme/Bundle", "v2.0.0", None), "pkg:composer/acme/bundle@v2.0.0");
        assert_eq!(of(PackageType::Nuget, "Newtonsoft.Json", "13.0.1", None), "pkg:nuget/Newtonsoft.Json@13.0.1");
        let conda = FoundPackage {
            arch: Some("linux-64".to_owned()),
            repository: Some("conda-forge".to_owned()),
            ..FoundPackage::new(PackageType::Conda, "zlib", "1.2.11")
        };
        assert_eq!(purl(&conda, Some(&debian)), "pkg:conda/zlib@1.2.11?channel=conda-forge&subdir=linux-64");
        assert_eq!(of(PackageType::Nix, "glibc", "2.34-210", Some(&debian)), "pkg:nix/glibc@2.34-210");
        let java =
            FoundPackage { arch: Some("java".to_owned()), ..FoundPackage::new(PackageType::Gem, "racc", "1.6.0") };
        assert_eq!(purl(&java, Some(&debian)), "pkg:gem/racc@1.6.0?platform=java");
    }
}
