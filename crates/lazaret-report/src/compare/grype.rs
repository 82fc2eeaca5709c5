//! Grype's JSON (<https://github.com/anchore/grype>): matches, each with its package. It names no other package.

use serde_json::Value;

use super::{
    other::{Other, OtherFinding, list, text},
    syft::artifact,
};

pub(super) fn read(json: &Value) -> Other {
    let findings: Vec<_> = list(json, "matches").iter().map(of_match).collect();
    Other {
        tool: "grype",
        version: json.get("descriptor").map(|tool| text(tool, "version")).unwrap_or_default().to_owned(),
        packages: findings.iter().map(|finding| finding.package.clone()).collect(),
        all_packages: false,
        findings: Some(findings),
    }
}

fn of_match(found: &Value) -> OtherFinding {
    let null = Value::Null;
    let vulnerability = found.get("vulnerability").unwrap_or(&null);
    let related = list(found, "relatedVulnerabilities").iter().map(|related| text(related, "id"));
    let fix = vulnerability.get("fix").map(|fix| list(fix, "versions")).unwrap_or_default();
    OtherFinding {
        ids: std::iter::once(text(vulnerability, "id")).chain(related).map(str::to_owned).collect(),
        package: artifact(found.get("artifact").unwrap_or(&null)),
        severity: text(vulnerability, "severity").to_lowercase(),
        fixed: fix.iter().find_map(Value::as_str).map(str::to_owned),
    }
}
