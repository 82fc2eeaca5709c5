//! One judged image, made by hand, with something of everything.

use std::collections::BTreeMap;

use lazaret_model::{
    Confidence, Decision, Digest, Evidence, Finding, FindingStatus, HistoryEntry, ImageFacts, Inputs, Inventory,
    OsRelease, Outcome, Package, PackageClass, PackageType, Platform, Problem, ProblemKind, Reason, Severity,
    SourcePackage, Timestamp, Verdict,
};
use lazaret_report::ImageReport;

pub(crate) struct Sample {
    pub(crate) facts: ImageFacts,
    pub(crate) inventory: Inventory,
    pub(crate) decision: Decision,
}

impl Sample {
    pub(crate) fn report(&self) -> ImageReport<'_> {
        ImageReport { facts: &self.facts, inventory: &self.inventory, decision: &self.decision, layers_verified: true }
    }
}

pub(crate) fn digest(byte: u8) -> Digest {
    Digest::from_sha256([byte; 32])
}

fn facts() -> ImageFacts {
    ImageFacts {
        digest: digest(1),
        digest_kind: "manifest".to_owned(),
        config: digest(2),
        platform: Platform::parse("linux/amd64").unwrap(),
        user: String::new(),
        exposed_ports: Vec::new(),
        env: Vec::new(),
        entrypoint: Vec::new(),
        cmd: Vec::new(),
        labels: BTreeMap::new(),
        created: None,
        diff_ids: vec![digest(10), digest(11)],
        layers: vec![digest(20), digest(21)],
        layer_sizes: vec![100, 200],
        history: vec![HistoryEntry::default()],
        base_layers: Some(1),
    }
}

fn package(purl: &str, name: &str, version: &str, kind: PackageType, path: &str, layer: u8) -> Package {
    Package {
        purl: purl.to_owned(),
        name: name.to_owned(),
        version: version.to_owned(),
        kind,
        arch: None,
        source: None,
        module: None,
        vendor: None,
        class: PackageClass::Installed,
        license: None,
        repository: None,
        bundled_in: None,
        cpe: None,
        changed_in: Vec::new(),
        layer: Some(digest(layer)),
        removed_in: None,
        provided_by: None,
        evidence: vec![Evidence { path: path.to_owned(), layer: Some(digest(layer)) }],
        uncertain: false,
    }
}

fn finding(id: &str, package: &Package, severity: Severity, fixed: Option<&str>) -> Finding {
    Finding {
        id: id.to_owned(),
        aliases: Vec::new(),
        purl: package.purl.clone(),
        package: package.name.clone(),
        version: package.version.clone(),
        severity,
        status: FindingStatus::Affected,
        confidence: Confidence::High,
        fixed: fixed.map(str::to_owned),
        layer: package.layer.clone(),
        base: Some(package.layer == Some(digest(10))),
        summary: String::new(),
        url: None,
        exploited: false,
        epss: None,
        records: vec![digest(30)],
    }
}

fn reason(rule: &str, message: &str) -> Reason {
    Reason { rule: rule.to_owned(), message: message.to_owned() }
}

/// An image with one of each: base and app findings, a doubtful one, a removed package, a problem.
pub(crate) fn bad() -> Sample {
    let mut openssl = package(
        "pkg:apk/alpine/libssl1.1@1.1.1k-r0?arch=x86_64",
        "libssl1.1",
        "1.1.1k-r0",
        PackageType::Apk,
        "lib/apk/db/installed",
        10,
    );
    openssl.arch = Some("x86_64".to_owned());
    openssl.source = Some(SourcePackage { name: "openssl".to_owned(), version: "1.1.1k-r0".to_owned() });
    let lodash_path = "app/node_modules/lodash/package.json";
    let lodash = package("pkg:npm/lodash@4.17.11", "lodash", "4.17.11", PackageType::Npm, lodash_path, 11);
    let app =
        package("pkg:golang/example.com/app@v1.0.0", "example.com/app", "v1.0.0", PackageType::Golang, "app/a b", 11);
    let mut gone = package("pkg:npm/left-pad@1.0.0", "left-pad", "1.0.0", PackageType::Npm, "x/package.json", 10);
    gone.removed_in = Some(digest(11));

    let mut worst = finding("CVE-2021-3711", &openssl, Severity::Critical, Some("1.1.1l-r0"));
    worst.exploited = true;
    worst.epss = Some("0.02".to_owned());
    let mut prototype = finding("CVE-2021-23337", &lodash, Severity::High, Some("4.17.21"));
    prototype.aliases = vec!["GHSA-35jh-r3h4-6jhm".to_owned()];
    "Command Injection in lodash".clone_into(&mut prototype.summary);
    prototype.url = Some("https://github.com/advisories/GHSA-35jh-r3h4-6jhm".to_owned());
    let mut doubtful = finding("GO-2024-0001", &app, Severity::Unknown, None);
    doubtful.confidence = Confidence::Low;

    let os = OsRelease {
        id: "alpine".to_owned(),
        version_id: "3.13.5".to_owned(),
        codename: None,
        pretty_name: "Alpine Linux v3.13".to_owned(),
        stream: Some("Alpine:v3.13".to_owned()),
        path: "etc/os-release".to_owned(),
    };
    let problem = Problem::new(ProblemKind::ParseError, "app/bad.jar", "not a zip archive\u{1b}[31m");
    Sample {
        facts: facts(),
        inventory: Inventory {
            os: Some(os),
            os_packages: true,
            packages: vec![openssl, app, gone, lodash],
            problems: vec![problem.clone()],
            ..Inventory::default()
        },
        decision: decision(
            Verdict {
                outcome: Outcome::Deny,
                reasons: vec![
                    reason(
                        "known_vulnerability",
                        "libssl1.1 1.1.1k-r0: CVE-2021-3711 (critical, exploited), fixed in 1.1.1l-r0",
                    ),
                    reason("known_vulnerability", "lodash 4.17.11: CVE-2021-23337 (high), fixed in 4.17.21"),
                    reason("incomplete_scan", "parse_error: app/bad.jar: not a zip archive"),
                ],
                warnings: vec![reason(
                    "known_vulnerability",
                    "example.com/app v1.0.0: GO-2024-0001 (unknown, not certain), no fix yet",
                )],
                observations: Vec::new(),
            },
            vec![worst, prototype, doubtful],
            vec![problem],
        ),
    }
}

/// An image without any package.
pub(crate) fn clean() -> Sample {
    let mut facts = facts();
    facts.digest = digest(3);
    facts.platform = Platform::parse("linux/arm64/v8").unwrap();
    let verdict =
        Verdict { outcome: Outcome::Allow, reasons: Vec::new(), warnings: Vec::new(), observations: Vec::new() };
    let mut decision = decision(verdict, Vec::new(), Vec::new());
    decision.image = facts.digest.clone();
    decision.platform = facts.platform.clone();
    Sample { facts, inventory: Inventory::default(), decision }
}

fn decision(verdict: Verdict, findings: Vec<Finding>, problems: Vec<Problem>) -> Decision {
    Decision {
        schema: "lazaret.decision/1".to_owned(),
        image: digest(1),
        platform: Platform::parse("linux/amd64").unwrap(),
        inputs: Inputs {
            engine: "lazaret/0.1.0 matcher/1 rules/1".to_owned(),
            inventory: digest(40),
            advisories: digest(41),
            advisories_snapshot: digest(42),
            advisories_starter_accepted: false,
            policy: digest(43),
            policy_name: "production".to_owned(),
            exceptions: digest(44),
            provenance: digest(45),
            clock: Timestamp::parse("2026-11-24T08:00:00Z").unwrap(),
        },
        verdict,
        findings,
        problems,
    }
}
