//! SARIF 2.1.0 (OASIS, "Static Analysis Results Interchange Format"), for code hosts and editors.

use std::collections::BTreeMap;

use lazaret_model::{Confidence, Digest, Finding, Reason, Severity};
use serde_json::{Value, json};

use crate::{ImageReport, overall};

const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// One run: a result per finding, located at the package's evidence, and one per other fault, located at the image.
/// `name`: what was scanned, as the user wrote it.
pub fn scan_sarif(name: &str, index: Option<&Digest>, images: &[ImageReport<'_>]) -> String {
    let mut rules = Rules::default();
    let results: Vec<Value> = images.iter().flat_map(|image| results(name, image, &mut rules)).collect();
    let notifications: Vec<Value> =
        images.iter().flat_map(|image| &image.decision.problems).map(notification).collect();
    let document = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "Lazaret",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules.list,
            }},
            "invocations": [{
                "executionSuccessful": true,
                "toolExecutionNotifications": notifications,
            }],
            "results": results,
            "columnKind": "utf16CodeUnits",
            "properties": {
                "source": name,
                "index": index,
                "outcome": overall(images).name(),
                "images": images.iter().map(|image| json!({
                    "digest": image.facts.digest,
                    "platform": image.facts.platform.to_string(),
                    "outcome": image.decision.verdict.outcome.name(),
                })).collect::<Vec<_>>(),
            },
        }],
    });
    format!("{document:#}\n")
}

/// The descriptors of the rules that results refer to, each once.
#[derive(Default)]
struct Rules {
    list: Vec<Value>,
    index: BTreeMap<String, usize>,
}

impl Rules {
    /// Position of a rule, which `describe` makes when it is new.
    fn position(&mut self, id: &str, describe: impl FnOnce() -> Value) -> usize {
        if let Some(index) = self.index.get(id) {
            return *index;
        }
        self.list.push(describe());
        self.index.insert(id.to_owned(), self.list.len() - 1);
        self.list.len() - 1
    }
}

fn results(name: &str, image: &ImageReport<'_>, rules: &mut Rules) -> Vec<Value> {
    let mut results: Vec<_> = image.decision.findings.iter().map(|finding| of_finding(finding, image, rules)).collect();
    let verdict = &image.decision.verdict;
    for (level, reasons) in
        [("error", &verdict.reasons), ("warning", &verdict.warnings), ("note", &verdict.observations)]
    {
        // Known vulnerabilities are there already, one by one.
        let other = reasons.iter().filter(|reason| reason.rule != "known_vulnerability");
        results.extend(other.map(|reason| of_reason(name, reason, level, image, rules)));
    }
    results
}

fn of_finding(finding: &Finding, image: &ImageReport<'_>, rules: &mut Rules) -> Value {
    let rule = rules.position(&finding.id, || vulnerability(finding));
    let package = image.inventory.packages.iter().find(|package| package.is_live() && package.purl == finding.purl);
    let evidence = package.map(|package| package.evidence.as_slice()).unwrap_or_default();
    let mut locations: Vec<_> = evidence.iter().map(|evidence| location(&evidence.path, &finding.purl)).collect();
    if locations.is_empty() {
        locations.push(location("", &finding.purl));
    }
    let fix = finding.fixed.as_ref().map_or_else(|| "no fix yet".to_owned(), |fixed| format!("fixed in {fixed}"));
    let text = format!("{} {}: {} ({}), {fix}", finding.package, finding.version, finding.id, finding.severity);
    let level = if finding.confidence == Confidence::Low { "note" } else { level(finding.severity) };
    json!({
        "ruleId": finding.id,
        "ruleIndex": rule,
        "level": level,
        "message": { "text": text },
        "locations": locations,
        "partialFingerprints": { "finding/v1": format!("{}|{}", finding.purl, finding.id) },
        "properties": {
            "purl": finding.purl,
            "severity": finding.severity.name(),
            "status": finding.status.name(),
            "confidence": finding.confidence.name(),
            "fixed": finding.fixed,
            "layer": finding.layer,
            "base": finding.base,
            "exploited": finding.exploited,
            "platform": image.facts.platform.to_string(),
        },
    })
}

fn vulnerability(finding: &Finding) -> Value {
    let summary = if finding.summary.is_empty() { &finding.id } else { &finding.summary };
    let mut properties = json!({ "tags": ["security", "vulnerability", finding.severity.name()] });
    if let Some(score) = score(finding.severity) {
        properties["security-severity"] = json!(score);
    }
    let mut rule = json!({
        "id": finding.id,
        "shortDescription": { "text": summary },
        "defaultConfiguration": { "level": level(finding.severity) },
        "properties": properties,
    });
    if let Some(url) = finding.url.as_ref().filter(|url| url.starts_with("https://") || url.starts_with("http://")) {
        rule["helpUri"] = json!(url);
    }
    rule
}

fn of_reason(name: &str, reason: &Reason, level: &str, image: &ImageReport<'_>, rules: &mut Rules) -> Value {
    let rule = rules.position(&reason.rule, || {
        json!({
            "id": reason.rule,
            "shortDescription": { "text": reason.rule.replace('_', " ") },
            "properties": { "tags": ["policy"] },
        })
    });
    json!({
        "ruleId": reason.rule,
        "ruleIndex": rule,
        "level": level,
        "message": { "text": reason.message },
        "locations": [location("", name)],
        "partialFingerprints": { "fault/v1": format!("{}|{}|{}", image.facts.digest, reason.rule, reason.message) },
        "properties": { "platform": image.facts.platform.to_string() },
    })
}

fn notification(problem: &lazaret_model::Problem) -> Value {
    let path = if problem.path.is_empty() { String::new() } else { format!("{}: ", problem.path) };
    json!({
        "level": "warning",
        "message": { "text": format!("{}: {path}{}", problem.kind.name(), problem.message) },
    })
}

/// A file of the image, or the image as a whole where `path` is empty.
fn location(path: &str, within: &str) -> Value {
    let uri = if path.is_empty() { encode(within) } else { encode(path) };
    json!({
        "physicalLocation": {
            "artifactLocation": { "uri": uri },
            "region": { "startLine": 1, "startColumn": 1, "endLine": 1, "endColumn": 1 },
        },
        "logicalLocations": [{ "fullyQualifiedName": within }],
    })
}

/// A relative URI reference (RFC 3986): a colon would read as a scheme, so it is encoded too.
fn encode(path: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/.-_~@+!".contains(&byte);
    let written = |byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    path.bytes().map(written).collect()
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Negligible | Severity::Unknown => "note",
    }
}

/// A number in the band that code hosts read as this severity; `None` where it is not known.
fn score(severity: Severity) -> Option<&'static str> {
    match severity {
        Severity::Critical => Some("9.5"),
        Severity::High => Some("8.0"),
        Severity::Medium => Some("5.5"),
        Severity::Low => Some("2.5"),
        Severity::Negligible => Some("0.5"),
        Severity::Unknown => None,
    }
}
