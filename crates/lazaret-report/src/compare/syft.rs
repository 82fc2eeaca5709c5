//! Syft's own JSON (<https://github.com/anchore/syft/tree/main/schema/json>), schema 16 and its neighbours.

use serde_json::Value;

use super::other::{Other, OtherPackage, list, path, text};

pub(super) fn read(json: &Value) -> Other {
    Other {
        tool: "syft",
        version: json.get("descriptor").map(|tool| text(tool, "version")).unwrap_or_default().to_owned(),
        packages: list(json, "artifacts").iter().map(artifact).collect(),
        all_packages: true,
        findings: None,
    }
}

/// A package as Syft and Grype write it.
pub(super) fn artifact(artifact: &Value) -> OtherPackage {
    let place = |location: &Value| Some(path(text(location, "path"))).filter(|path| !path.is_empty());
    let paths = list(artifact, "locations").iter().filter_map(place).collect();
    let kind = purl_type(text(artifact, "type"));
    OtherPackage::new(text(artifact, "purl"), kind, text(artifact, "name"), text(artifact, "version"), paths)
}

/// Where a package has no purl.
fn purl_type(kind: &str) -> &str {
    match kind {
        "python" => "pypi",
        "go-module" => "golang",
        "java-archive" | "jenkins-plugin" | "graalvm-native-image" => "maven",
        "rust-crate" => "cargo",
        "php-composer" => "composer",
        "php-pear" | "php-pecl" => "pear",
        "dotnet" => "nuget",
        "dart-pub" => "pub",
        "erlang-otp" => "otp",
        "lua-rocks" => "luarocks",
        "R-package" => "cran",
        "portage" => "ebuild",
        "wordpress-plugin" => "wordpress",
        "homebrew" => "brew",
        "pod" => "cocoapods",
        "binary" | "linux-kernel" | "linux-kernel-module" => "generic",
        other => other,
    }
}
