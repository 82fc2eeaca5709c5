//! Trivy's report, `SchemaVersion` 2 (<https://trivy.dev/latest/docs/configuration/reporting/#json>).

use serde_json::Value;

use super::other::{Other, OtherFinding, OtherPackage, list, path, text};

pub(super) fn read(json: &Value) -> Other {
    let mut other = Other {
        tool: "trivy",
        version: json.get("Trivy").map(|trivy| text(trivy, "Version")).unwrap_or_default().to_owned(),
        ..Other::default()
    };
    let mut findings = Vec::new();
    for result in list(json, "Results") {
        let kind = purl_type(text(result, "Type"), text(result, "Class"));
        let packages = list(result, "Packages");
        other.all_packages |= !packages.is_empty();
        other.packages.extend(packages.iter().map(|package| of_package(package, kind, text(result, "Target"))));
        findings.extend(list(result, "Vulnerabilities").iter().map(|found| of_finding(found, kind)));
    }
    if !other.all_packages {
        other.packages = findings.iter().map(|finding| finding.package.clone()).collect();
    }
    other.findings = (!findings.is_empty()).then_some(findings);
    other
}

fn of_package(package: &Value, kind: &str, target: &str) -> OtherPackage {
    let purl = package.get("Identifier").map(|identifier| text(identifier, "PURL")).unwrap_or_default();
    let version = match (text(package, "Version"), text(package, "Release")) {
        (version, "") => version.to_owned(),
        (version, release) => format!("{version}-{release}"),
    };
    let version = match package.get("Epoch").and_then(Value::as_u64) {
        Some(epoch) if epoch > 0 => format!("{epoch}:{version}"),
        _ => version,
    };
    let place = match text(package, "FilePath") {
        // a single program or lockfile is the target itself
        "" if target.contains('/') && !target.contains(" (") => target,
        place => place,
    };
    OtherPackage::new(purl, kind, text(package, "Name"), &version, one(place))
}

fn of_finding(found: &Value, kind: &str) -> OtherFinding {
    let purl = found.get("PkgIdentifier").map(|identifier| text(identifier, "PURL")).unwrap_or_default();
    let (name, version) = (text(found, "PkgName"), text(found, "InstalledVersion"));
    let mut ids = vec![text(found, "VulnerabilityID").to_owned()];
    ids.extend(list(found, "VendorIDs").iter().filter_map(Value::as_str).map(str::to_owned));
    OtherFinding {
        ids,
        package: OtherPackage::new(purl, kind, name, version, one(text(found, "PkgPath"))),
        severity: text(found, "Severity").to_lowercase(),
        fixed: Some(text(found, "FixedVersion")).filter(|fixed| !fixed.is_empty()).map(str::to_owned),
    }
}

fn one(place: &str) -> Vec<String> {
    if place.is_empty() { Vec::new() } else { vec![path(place)] }
}

/// Where a package has no purl.
fn purl_type<'a>(kind: &'a str, class: &str) -> &'a str {
    match kind {
        "debian" | "ubuntu" | "echo" => "deb",
        "alpine" | "wolfi" | "chainguard" | "minimos" => "apk",
        _ if class == "os-pkgs" => "rpm",
        "node-pkg" | "npm" | "yarn" | "pnpm" | "bun" => "npm",
        "python-pkg" | "pip" | "pipenv" | "poetry" | "uv" | "pylock" => "pypi",
        "gobinary" | "gomod" => "golang",
        "jar" | "pom" | "gradle" | "sbt" => "maven",
        "gemspec" | "bundler" => "gem",
        "rustbinary" | "cargo" => "cargo",
        "composer" | "composer-vendor" => "composer",
        "dotnet-core" | "nuget" | "packages-props" => "nuget",
        "conda-pkg" | "conda-environment" => "conda",
        other => other,
    }
}
