//! A registry as a source, against a fake one with fault switches.
#![expect(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod containerd;
mod daemon;
mod fake;

use lazaret_model::{Platform, Reference};
use lazaret_oci::{
    Body, Entry, LayerSpec, LayerSummary, Limits, Selection, Source, SourceError, SourceImage, Visitor, Want,
    media_type, read_layer,
};
use lazaret_source::{RegistryOptions, RegistrySource};
use serde_json::json;

use fake::{Auth, Fake};

struct Nothing;

impl Visitor for Nothing {
    fn entry(&mut self, _: &Entry<'_>) -> Want {
        Want::Skip
    }
    fn whole(&mut self, _: &Entry<'_>, _: &Body<'_>) {}
    fn chunk(&mut self, _: &[u8]) {}
    fn end(&mut self, _: &Entry<'_>) {}
}

fn open_as(fake: &Fake, name: &str, credentials: Option<(&str, &str)>) -> Result<RegistrySource, SourceError> {
    let reference = Reference::parse(&format!("{}/team/app{name}", fake.address)).unwrap();
    let options = RegistryOptions {
        credentials: credentials.map(|(id, secret)| (id.to_owned(), secret.to_owned())),
        plain_http: false,
        limits: Limits::default(),
        client: reqwest::blocking::Client::builder().no_proxy().build().unwrap(),
    };
    RegistrySource::open(&reference, options)
}

fn open(fake: &Fake, name: &str) -> RegistrySource {
    open_as(fake, name, None).unwrap()
}

fn scan(source: &RegistrySource, image: &SourceImage) -> LayerSummary {
    let layer = &image.layers[0];
    let spec = LayerSpec {
        digest: Some(layer.digest.clone()),
        size: Some(layer.size),
        diff_id: Some(image.facts.diff_ids[0].clone()),
        media_type: layer.media_type.clone(),
    };
    let mut input = source.open_layer(image, 0).unwrap();
    read_layer(&mut input, &spec, &Limits::default(), &mut Nothing, &|_| ())
}

fn only(source: &RegistrySource) -> SourceImage {
    source.images(&Selection::Default).unwrap().images.remove(0)
}

#[test]
fn by_tag_and_by_digest() {
    let fake = Fake::start();
    let manifest = fake.image("1.0", "amd64", 5000);
    let digest = manifest["digest"].as_str().unwrap();
    for name in [":1.0".to_owned(), format!("@{digest}"), format!(":other@{digest}")] {
        let source = open(&fake, &name);
        let image = only(&source);
        assert_eq!((image.facts.digest.to_string().as_str(), image.facts.digest_kind.as_str()), (digest, "manifest"));
        let summary = scan(&source, &image);
        assert!(summary.verified && summary.problems.is_empty(), "{summary:?}");
        assert_eq!(source.name(), format!("{}/team/app{name}", fake.address));
    }
    let fetched = fake.log().iter().filter(|(line, _)| line.contains("/manifests/")).count();
    assert_eq!(fetched, 3, "each manifest once");
}

#[test]
fn an_index_and_its_platforms() {
    let fake = Fake::start();
    let on = |architecture: &str| {
        let mut child = fake.image(architecture, architecture, 5000);
        child["platform"] = json!({ "os": "linux", "architecture": architecture });
        child
    };
    let mut attestation = fake.image("attestation", "unknown", 5);
    attestation["platform"] = json!({ "os": "unknown", "architecture": "unknown" });
    let index = json!({ "schemaVersion": 2, "manifests": [on("mips"), on("amd64"), attestation] });
    fake.manifest("multi", media_type::DOCKER_LIST, &index);
    let source = open(&fake, ":multi");
    let all = source.images(&Selection::All).unwrap();
    assert_eq!((all.images.len(), all.index.is_some()), (2, true));
    let wanted = Selection::Platform(Platform::parse("linux/mips").unwrap());
    assert_eq!(source.images(&wanted).unwrap().images[0].facts.platform.to_string(), "linux/mips");
    let none = Selection::Platform(Platform::parse("linux/z80").unwrap());
    assert!(matches!(source.images(&none), Err(SourceError::NoPlatform { .. })));
}

#[test]
fn basic_and_bearer() {
    let fake = Fake::start();
    fake.image("1.0", "amd64", 5000);
    fake.set(|s| s.auth = Auth::Basic);
    let source = open_as(&fake, ":1.0", Some(("id", "secret"))).unwrap();
    assert!(scan(&source, &only(&source)).verified);
    let error = open_as(&fake, ":1.0", Some(("id", "wrong"))).unwrap().images(&Selection::Default).unwrap_err();
    assert!(error.to_string().contains("UNAUTHORIZED: who are you"), "{error}");
    let error = open(&fake, ":1.0").images(&Selection::Default).unwrap_err();
    assert!(error.to_string().contains("wants an id and a secret"), "{error}");

    fake.set(|s| (s.auth, s.log) = (Auth::Bearer, Vec::new()));
    let source = open_as(&fake, ":1.0", Some(("id", "secret"))).unwrap();
    let image = only(&source);
    assert!(scan(&source, &image).verified);
    let log = fake.log();
    let tokens: Vec<_> = log.iter().filter(|(line, _)| line.contains("/token")).collect();
    assert_eq!(tokens.len(), 1, "one token for all requests: {log:?}");
    assert_eq!(tokens[0].0, "GET /token?service=fake&scope=repository%3Ateam%2Fapp%3Apull");
    assert_eq!(tokens[0].1, "Basic aWQ6c2VjcmV0");
    // The token ends; the next request gets another.
    fake.set(|s| s.tokens += 1);
    assert!(scan(&source, &image).verified);
    assert!(open(&fake, ":1.0").images(&Selection::Default).is_ok(), "an anonymous token");
}

#[test]
fn wrong_digests_are_refused() {
    let fake = Fake::start();
    let manifest = fake.image("1.0", "amd64", 5000);
    let digest = manifest["digest"].as_str().unwrap().to_owned();
    fake.set(|s| s.announce = Some(format!("sha256:{}", "00".repeat(32))));
    let error = open(&fake, ":1.0").images(&Selection::Default).unwrap_err();
    assert!(matches!(error, SourceError::DigestMismatch { .. }), "{error}");
    // Whatever it announces: by digest, the bytes count.
    fake.set(|s| {
        let other = s.manifests["1.0"].1.iter().copied().chain(*b" ").collect();
        s.manifests.get_mut(&digest).unwrap().1 = other;
        s.announce = Some(digest.clone());
    });
    let error = open(&fake, &format!("@{digest}")).images(&Selection::Default).unwrap_err();
    assert!(matches!(error, SourceError::DigestMismatch { .. }), "{error}");
    fake.set(|s| s.announce = None);
    let image = only(&open(&fake, ":1.0"));
    let config = image.facts.config.to_string();
    fake.set(|s| s.blobs.get_mut(&config).unwrap().push(b' '));
    let error = open(&fake, ":1.0").images(&Selection::Default).unwrap_err();
    assert!(error.to_string().contains("configuration"), "{error}");
    let layer = image.layers[0].digest.to_string();
    fake.set(|s| s.blobs.get_mut(&layer).unwrap()[20] ^= 1);
    assert!(!scan(&open(&fake, ":1.0"), &image).verified);
}

#[test]
fn a_cut_blob_is_taken_up_again() {
    let fake = Fake::start();
    fake.image("1.0", "amd64", 3 << 20);
    let source = open(&fake, ":1.0");
    let image = only(&source);
    let size = image.layers[0].size;
    for (ignore_range, cuts) in [(false, 4), (true, 1)] {
        fake.set(|s| (s.cut, s.ignore_range, s.log) = (Some((700_000, cuts)), ignore_range, Vec::new()));
        let summary = scan(&source, &image);
        assert!(summary.verified && summary.compressed == size, "{summary:?}");
        assert_eq!(fake.log().len(), cuts + 1);
    }
    fake.set(|s| (s.cut, s.ignore_range, s.wrong_range) = (Some((700_000, 1)), false, true));
    let summary = scan(&source, &image);
    assert!(!summary.verified && summary.problems[0].message.contains("not from byte"), "{summary:?}");
    fake.set(|s| (s.cut, s.wrong_range, s.log) = (Some((10, 99)), false, Vec::new()));
    let summary = scan(&source, &image);
    assert!(!summary.verified && summary.problems[0].message.contains("gave up at byte"), "{summary:?}");
    assert_eq!(fake.log().len(), 6);
}

#[test]
fn a_redirect_to_another_host_gets_no_authorization() {
    let (fake, storage) = (Fake::start(), Fake::start());
    fake.image("1.0", "amd64", 5000);
    let source = open_as(&fake, ":1.0", Some(("id", "secret"))).unwrap();
    fake.set(|s| s.auth = Auth::Basic);
    let image = only(&source);
    let blobs = fake.state.lock().unwrap().blobs.clone();
    storage.set(|s| s.blobs = blobs);
    // `localhost` and `127.0.0.1` are different hosts to a client.
    let base = format!("http://{}", storage.address.replace("127.0.0.1", "localhost"));
    fake.set(|s| s.redirect = Some(base));
    assert!(scan(&source, &image).verified);
    assert!(storage.log().iter().all(|(_, authorization)| authorization.is_empty()), "{:?}", storage.log());
    assert_eq!(storage.log().len(), 1);
}

#[test]
fn a_busy_registry_is_asked_again() {
    let fake = Fake::start();
    fake.image("1.0", "amd64", 5000);
    let source = open(&fake, ":1.0");
    fake.set(|s| s.busy = 3);
    assert!(scan(&source, &only(&source)).verified);
    fake.set(|s| s.busy = 4);
    let error = source.images(&Selection::Default).unwrap_err().to_string();
    assert!(error.contains("429"), "{error}");
}

#[test]
fn refusals_are_told() {
    let fake = Fake::start();
    fake.image("1.0", "amd64", 5000);
    let error = open(&fake, ":2.0").images(&Selection::Default).unwrap_err().to_string();
    assert!(error.contains("manifest 2.0 of") && error.contains("is not in"), "{error}");
    let reasons = json!({ "errors": [{ "code": "DENIED", "message": "blocked",
        "detail": { "reasons": [{ "rule": "root_user", "message": "runs as root" }] } }] });
    fake.set(|s| s.refuse = Some((403, reasons.to_string())));
    let error = open(&fake, ":1.0").images(&Selection::Default).unwrap_err().to_string();
    assert!(error.contains("DENIED: blocked (root_user: runs as root) (403 "), "{error}");
    fake.set(|s| s.refuse = Some((200, "[".repeat(10_000))));
    assert!(matches!(open(&fake, ":1.0").images(&Selection::Default), Err(SourceError::Manifest { .. })));
    fake.set(|s| s.refuse = Some((200, " ".repeat(5 << 20))));
    assert!(matches!(open(&fake, ":1.0").images(&Selection::Default), Err(SourceError::TooLarge { .. })));
    let gone = Fake { address: "127.0.0.1:1".to_owned(), ..fake };
    let error = open_as(&gone, ":1.0", None).unwrap_err().to_string();
    assert!(error.starts_with("cannot reach 127.0.0.1:1: "), "{error}");
}
