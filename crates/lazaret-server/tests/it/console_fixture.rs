//! A browser without JavaScript, and images with decisions made by hand.

use std::collections::BTreeMap;

use lazaret_assess::Subject;
use lazaret_model::{
    Clock, Confidence, Decision, Digest, Evidence, Finding, FindingStatus, HistoryEntry, ImageFacts, ImageState,
    Inputs, Inventory, OsRelease, Outcome, Package, PackageClass, PackageType, Platform, Problem, Reason, Severity,
    SignedDecision, Verdict,
};
use lazaret_oci::sha256;
use reqwest::{Client, Response, redirect::Policy};
use serde_json::{Value, json};

use crate::support::{Image, Server, Who, header, repository};

/// One browser: keeps a cookie, follows nothing.
pub(crate) struct Browser {
    http: Client,
    base: String,
    pub(crate) cookie: String,
}

impl Browser {
    pub(crate) fn new(server: &Server) -> Self {
        let http = Client::builder().no_proxy().redirect(Policy::none()).build().unwrap();
        Self { http, base: server.url(""), cookie: String::new() }
    }

    /// Signed in as `who`.
    pub(crate) async fn of(server: &Server, who: &Who) -> Self {
        let mut browser = Self::new(server);
        let answer = browser.post("/sign-in", &[("id", &who.id), ("secret", &who.secret)]).await;
        assert_eq!(answer.status(), 303);
        header(&answer, "set-cookie").split(';').next().unwrap().clone_into(&mut browser.cookie);
        browser
    }

    pub(crate) async fn get(&self, path: &str) -> Response {
        self.http.get(format!("{}{path}", self.base)).header("cookie", &self.cookie).send().await.unwrap()
    }

    pub(crate) async fn status(&self, path: &str) -> u16 {
        self.get(path).await.status().as_u16()
    }

    /// The page, which must be there.
    pub(crate) async fn page(&self, path: &str) -> String {
        let answer = self.get(path).await;
        assert_eq!(answer.status(), 200, "{path}");
        answer.text().await.unwrap()
    }

    pub(crate) async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Response {
        self.post_with(path, fields, &[]).await
    }

    pub(crate) async fn post_with(&self, path: &str, fields: &[(&str, &str)], headers: &[(&str, &str)]) -> Response {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = self.http.post(format!("{}{path}", self.base)).body(body).header("cookie", &self.cookie);
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        headers.iter().fold(request, |request, (name, value)| request.header(*name, *value)).send().await.unwrap()
    }
}

/// The hidden token of the forms on a page.
pub(crate) fn form_token(page: &str) -> String {
    let (_, rest) = page.split_once("name=\"form\" value=\"").unwrap();
    rest.split('"').next().unwrap().to_owned()
}

pub(crate) fn layer(n: u8) -> Digest {
    sha256(&[n])
}

/// Two layers, the lower one of a base image.
pub(crate) fn facts(image: &Digest) -> ImageFacts {
    let step = |text: &str, n| HistoryEntry { created_by: text.into(), empty_layer: false, layer: Some(layer(n)) };
    ImageFacts {
        digest: image.clone(),
        digest_kind: "manifest".into(),
        config: sha256(b"config"),
        platform: Platform::parse("linux/amd64").unwrap(),
        user: String::new(),
        exposed_ports: vec!["8080/tcp".into()],
        env: vec!["API_KEY=do-not-show-this".into()],
        entrypoint: Vec::new(),
        cmd: Vec::new(),
        labels: BTreeMap::new(),
        created: Some("2026-11-20T08:00:00Z".into()),
        diff_ids: vec![layer(1), layer(2)],
        layers: vec![layer(11), layer(12)],
        layer_sizes: vec![3_000_000, 1_000_000],
        history: vec![
            step("/bin/sh -c #(nop) ADD file:0a in / ", 1),
            step("RUN |1 TOKEN=hunter2 /bin/sh -c npm install # buildkit", 2),
        ],
        base_layers: Some(1),
    }
}

pub(crate) fn package(name: &str, version: &str, at: u8, removed: Option<u8>) -> Package {
    Package {
        purl: format!("pkg:npm/{name}@{version}"),
        name: name.into(),
        version: version.into(),
        kind: PackageType::Npm,
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
        layer: Some(layer(at)),
        removed_in: removed.map(layer),
        provided_by: None,
        evidence: vec![Evidence { path: "app/package.json".into(), layer: Some(layer(at)) }],
        uncertain: false,
    }
}

pub(crate) fn finding(id: &str, severity: Severity, package: &Package) -> Finding {
    Finding {
        id: id.into(),
        aliases: vec!["GHSA-aaaa-bbbb-cccc".into()],
        purl: package.purl.clone(),
        package: package.name.clone(),
        version: package.version.clone(),
        severity,
        status: FindingStatus::Affected,
        confidence: Confidence::High,
        fixed: Some("9.9.9".into()),
        layer: package.layer.clone(),
        base: Some(false),
        summary: "it goes wrong".into(),
        url: Some("https://example.org/advisory".into()),
        exploited: severity == Severity::Critical,
        epss: Some("0.94358".into()),
        records: Vec::new(),
    }
}

pub(crate) fn subject(image: &Digest, packages: Vec<Package>) -> Subject {
    let os = OsRelease {
        id: "alpine".into(),
        version_id: "3.20.3".into(),
        codename: None,
        pretty_name: "Alpine Linux v3.20".into(),
        stream: Some("Alpine:v3.20".into()),
        path: "etc/os-release".into(),
    };
    Subject { facts: facts(image), inventory: Inventory { os: Some(os), packages, ..Inventory::default() } }
}

/// Stores the subject and a decision about it, and sets the state.
pub(crate) fn judge(
    server: &Server,
    name: &str,
    subject: &Subject,
    state: ImageState,
    findings: Vec<Finding>,
    problems: Vec<Problem>,
) -> SignedDecision {
    let mut document = serde_json::to_value(subject).unwrap();
    document["schema"] = json!("lazaret.subject/1");
    let document = document.to_string().into_bytes();
    let (inventory, other) = (sha256(&document), sha256(b"input"));
    server.store.put_contents(&[(inventory.clone(), document)]).unwrap();
    let reasons = findings.iter().map(|f| Reason {
        rule: "known_vulnerability".into(),
        message: format!("{} {}: {}", f.package, f.version, f.id),
    });
    let decision = Decision {
        schema: "lazaret.decision/1".into(),
        image: subject.facts.digest.clone(),
        platform: subject.facts.platform.clone(),
        inputs: Inputs {
            engine: "lazaret/0.0.1 matcher/0 rules/0".into(),
            inventory,
            advisories: other.clone(),
            advisories_snapshot: other.clone(),
            advisories_starter_accepted: false,
            policy: other.clone(),
            policy_name: "production".into(),
            exceptions: other.clone(),
            provenance: other,
            clock: server.clock.now(),
        },
        verdict: Verdict {
            outcome: if findings.is_empty() { Outcome::Allow } else { Outcome::Deny },
            reasons: reasons.collect(),
            warnings: Vec::new(),
            observations: Vec::new(),
        },
        findings,
        problems,
    };
    let body = serde_json::to_string(&decision).unwrap();
    let signed = SignedDecision { id: sha256(body.as_bytes()), body, key: "k".into(), signature: "s".into() };
    let digest = &subject.facts.digest;
    server.store.set_state(&repository(name), digest, state, Some(&signed), "lazaret", "judged").unwrap();
    signed
}

/// `team/shop:1.0`: blocked, one critical and one low finding, one package removed.
pub(crate) async fn shop(server: &Server, ci: &Who) -> (Image, SignedDecision) {
    let image = server.push_image(ci, "team/shop", Some("1.0"), b"layer").await;
    let (bad, odd) = (package("minimist", "0.0.10", 2, None), package("left-pad", "1.0.0", 2, None));
    let packages =
        vec![package("musl", "1.2.5", 1, None), bad.clone(), odd.clone(), package("gone", "1.0", 1, Some(2))];
    let findings =
        vec![finding("CVE-2021-44906", Severity::Critical, &bad), finding("CVE-2020-1", Severity::Low, &odd)];
    let subject = subject(&image.digest, packages);
    let signed = judge(server, "team/shop", &subject, ImageState::Blocked, findings, Vec::new());
    (image, signed)
}

/// What an index manifest of one image looks like.
pub(crate) fn index(child: &Image) -> String {
    let entry: Value = json!({
        "mediaType": crate::support::OCI_MANIFEST, "digest": child.digest, "size": child.bytes.len(),
        "platform": { "os": "linux", "architecture": "amd64" },
    });
    json!({ "schemaVersion": 2, "mediaType": crate::support::OCI_INDEX, "manifests": [entry] }).to_string()
}
