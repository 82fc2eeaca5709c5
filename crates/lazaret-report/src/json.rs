//! `lazaret.scan/1` (product.md, "Fixed points"). A field may be added, never renamed.

use lazaret_model::{
    Confidence, Digest, Finding, FindingStatus, ImageFacts, Malware, ModifiedFile, Package, PackageClass, Reason,
    Secret, Severity, Verdict,
};
use serde::Serialize;

use crate::{
    ImageReport, overall,
    platforms::{PlatformDifference, differences},
    step,
};

const SCHEMA: &str = "lazaret.scan/1";

/// One JSON document, with a newline at its end: flat for one image; with `platforms` for an index, or when there is
/// not exactly one image. `index`: digest of the index when all its platforms were asked for.
pub fn scan_json(index: Option<&Digest>, images: &[ImageReport<'_>]) -> String {
    let json = match (index, images) {
        (None, [image]) => serde_json::to_string(&Scan::new(image)),
        _ => serde_json::to_string(&ScanOfIndex::new(index, images)),
    };
    // Plain structs with text keys: nothing here can fail to be written.
    json.unwrap_or_default() + "\n"
}

#[derive(Serialize)]
struct ScanOfIndex<'a> {
    schema: &'static str,
    index: Option<&'a Digest>,
    verdict: VerdictWire<'a>,
    /// Packages whose versions differ by platform.
    differences: Vec<PlatformDifference>,
    platforms: Vec<Scan<'a>>,
}

#[derive(Serialize)]
struct Scan<'a> {
    schema: &'static str,
    image: Image<'a>,
    layers_verified: bool,
    packages: Vec<PackageWire<'a>>,
    /// What lockfiles and manifests name and is not installed.
    declared: Vec<PackageWire<'a>>,
    findings: Vec<FindingWire<'a>>,
    problems: Vec<ProblemWire<'a>>,
    identified: Option<IdentifiedWire<'a>>,
    secrets: &'a [Secret],
    malware: &'a [Malware],
    modified: &'a [ModifiedFile],
    verdict: VerdictWire<'a>,
    inputs: InputsWire<'a>,
}

#[derive(Serialize)]
struct Image<'a> {
    digest: &'a Digest,
    digest_kind: &'a str,
    platform: String,
    config: &'a Digest,
    os: Option<Os<'a>>,
    layers: Vec<Layer<'a>>,
}

#[derive(Serialize)]
struct Os<'a> {
    id: &'a str,
    version_id: &'a str,
    pretty_name: &'a str,
}

#[derive(Serialize)]
struct Layer<'a> {
    diff_id: &'a Digest,
    digest: Option<&'a Digest>,
    bytes: Option<u64>,
    base: Option<bool>,
    /// The Dockerfile step that made it; empty where the image does not say.
    history: String,
}

/// When something happened to a package.
#[derive(Serialize)]
struct StepWire<'a> {
    layer: &'a Digest,
    history: String,
}

#[derive(Serialize)]
struct PackageWire<'a> {
    purl: &'a str,
    name: &'a str,
    version: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
    class: &'static str,
    arch: Option<&'a str>,
    source: Option<SourceWire<'a>>,
    layer: Option<&'a Digest>,
    removed_in: Option<&'a Digest>,
    changed_in: &'a [Digest],
    introduced: Option<StepWire<'a>>,
    changed: Vec<StepWire<'a>>,
    removed: Option<StepWire<'a>>,
    provided_by: Option<&'a str>,
    bundled_in: Option<&'a str>,
    repository: Option<&'a str>,
    license: Option<&'a str>,
    cpe: Option<&'a str>,
    uncertain: bool,
    evidence: Vec<EvidenceWire<'a>>,
}

#[derive(Serialize)]
struct SourceWire<'a> {
    name: &'a str,
    version: &'a str,
}

#[derive(Serialize)]
struct EvidenceWire<'a> {
    path: &'a str,
    layer: Option<&'a Digest>,
}

#[derive(Serialize)]
struct FindingWire<'a> {
    id: &'a str,
    aliases: &'a [String],
    purl: &'a str,
    package: &'a str,
    version: &'a str,
    severity: &'static str,
    status: &'static str,
    confidence: &'static str,
    fixed: Option<&'a str>,
    layer: Option<&'a Digest>,
    base: Option<bool>,
    exploited: bool,
    epss: Option<&'a str>,
    summary: &'a str,
    url: Option<&'a str>,
    records: &'a [Digest],
}

#[derive(Serialize)]
struct ProblemWire<'a> {
    kind: &'static str,
    path: &'a str,
    message: &'a str,
}

#[derive(Serialize)]
struct IdentifiedWire<'a> {
    bytes: u64,
    of: u64,
    share: f64,
    unknown: Vec<UnknownWire<'a>>,
}

#[derive(Serialize)]
struct UnknownWire<'a> {
    path: &'a str,
    bytes: u64,
}

#[derive(Serialize)]
struct VerdictWire<'a> {
    outcome: &'static str,
    reasons: Vec<ReasonWire<'a>>,
    warnings: Vec<ReasonWire<'a>>,
    observations: Vec<ReasonWire<'a>>,
}

#[derive(Serialize)]
struct ReasonWire<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    platform: Option<String>,
    rule: &'a str,
    message: &'a str,
}

#[derive(Serialize)]
struct InputsWire<'a> {
    engine: &'a str,
    inventory: &'a Digest,
    advisories: &'a Digest,
    advisories_snapshot: &'a Digest,
    advisories_starter_accepted: bool,
    policy: &'a Digest,
    policy_name: &'a str,
    exceptions: &'a Digest,
    provenance: &'a Digest,
    clock: String,
}

impl<'a> ScanOfIndex<'a> {
    fn new(index: Option<&'a Digest>, images: &[ImageReport<'a>]) -> Self {
        let gather = |part: fn(&'a Verdict) -> &'a [Reason]| {
            let of = |image: &ImageReport<'a>| {
                let platform = image.facts.platform.to_string();
                let reasons = part(&image.decision.verdict).iter();
                reasons.map(move |reason| reason_wire(reason, Some(platform.clone()))).collect::<Vec<_>>()
            };
            images.iter().flat_map(of).collect()
        };
        let verdict = VerdictWire {
            outcome: overall(images).name(),
            reasons: gather(|verdict| &verdict.reasons),
            warnings: gather(|verdict| &verdict.warnings),
            observations: gather(|verdict| &verdict.observations),
        };
        Self {
            schema: SCHEMA,
            index,
            verdict,
            differences: differences(images),
            platforms: images.iter().map(Scan::new).collect(),
        }
    }
}

impl<'a> Scan<'a> {
    fn new(report: &ImageReport<'a>) -> Self {
        let ImageReport { facts, inventory, decision, layers_verified } = *report;
        let layer = |(index, diff_id)| Layer {
            diff_id,
            digest: facts.layers.get(index),
            bytes: facts.layer_sizes.get(index).copied(),
            base: facts.base_layers.map(|base| index < base),
            history: step::of_layer(facts, diff_id),
        };
        let of_class = |wanted: fn(PackageClass) -> bool| {
            let packages = inventory.packages.iter().filter(|package| wanted(package.class));
            packages.map(|package| package_wire(package, facts)).collect()
        };
        let inputs = &decision.inputs;
        Self {
            schema: SCHEMA,
            image: Image {
                digest: &facts.digest,
                digest_kind: &facts.digest_kind,
                platform: facts.platform.to_string(),
                config: &facts.config,
                os: inventory.os.as_ref().map(|os| Os {
                    id: &os.id,
                    version_id: &os.version_id,
                    pretty_name: &os.pretty_name,
                }),
                layers: facts.diff_ids.iter().enumerate().map(layer).collect(),
            },
            layers_verified,
            packages: of_class(|class| class != PackageClass::Declared),
            declared: of_class(|class| class == PackageClass::Declared),
            findings: decision.findings.iter().map(finding_wire).collect(),
            problems: decision
                .problems
                .iter()
                .map(|p| ProblemWire { kind: p.kind.name(), path: &p.path, message: &p.message })
                .collect(),
            identified: inventory.identified.as_ref().map(|known| IdentifiedWire {
                bytes: known.bytes,
                of: known.of,
                share: known.share,
                unknown: known.unknown.iter().map(|u| UnknownWire { path: &u.path, bytes: u.bytes }).collect(),
            }),
            secrets: &inventory.secrets,
            malware: &inventory.malware,
            modified: &inventory.modified,
            verdict: VerdictWire {
                outcome: decision.verdict.outcome.name(),
                reasons: decision.verdict.reasons.iter().map(|reason| reason_wire(reason, None)).collect(),
                warnings: decision.verdict.warnings.iter().map(|reason| reason_wire(reason, None)).collect(),
                observations: decision.verdict.observations.iter().map(|reason| reason_wire(reason, None)).collect(),
            },
            inputs: InputsWire {
                engine: &inputs.engine,
                inventory: &inputs.inventory,
                advisories: &inputs.advisories,
                advisories_snapshot: &inputs.advisories_snapshot,
                advisories_starter_accepted: inputs.advisories_starter_accepted,
                policy: &inputs.policy,
                policy_name: &inputs.policy_name,
                exceptions: &inputs.exceptions,
                provenance: &inputs.provenance,
                clock: inputs.clock.to_string(),
            },
        }
    }
}

fn reason_wire(reason: &Reason, platform: Option<String>) -> ReasonWire<'_> {
    ReasonWire { platform, rule: &reason.rule, message: &reason.message }
}

fn package_wire<'a>(package: &'a Package, facts: &ImageFacts) -> PackageWire<'a> {
    let step = |layer: &'a Digest| StepWire { layer, history: step::of_layer(facts, layer) };
    PackageWire {
        purl: &package.purl,
        name: &package.name,
        version: &package.version,
        kind: package.kind.name(),
        class: package.class.name(),
        arch: package.arch.as_deref(),
        source: package.source.as_ref().map(|s| SourceWire { name: &s.name, version: &s.version }),
        layer: package.layer.as_ref(),
        removed_in: package.removed_in.as_ref(),
        changed_in: &package.changed_in,
        introduced: package.layer.as_ref().map(step),
        changed: package.changed_in.iter().map(step).collect(),
        removed: package.removed_in.as_ref().map(step),
        provided_by: package.provided_by.as_deref(),
        bundled_in: package.bundled_in.as_deref(),
        repository: package.repository.as_deref(),
        license: package.license.as_deref(),
        cpe: package.cpe.as_deref(),
        uncertain: package.uncertain,
        evidence: package.evidence.iter().map(|e| EvidenceWire { path: &e.path, layer: e.layer.as_ref() }).collect(),
    }
}

fn finding_wire(finding: &Finding) -> FindingWire<'_> {
    FindingWire {
        id: &finding.id,
        aliases: &finding.aliases,
        purl: &finding.purl,
        package: &finding.package,
        version: &finding.version,
        severity: Severity::name(finding.severity),
        status: FindingStatus::name(finding.status),
        confidence: Confidence::name(finding.confidence),
        fixed: finding.fixed.as_deref(),
        layer: finding.layer.as_ref(),
        base: finding.base,
        exploited: finding.exploited,
        epss: finding.epss.as_deref(),
        summary: &finding.summary,
        url: finding.url.as_deref(),
        records: &finding.records,
    }
}
