//! The gate from a reader's side: by no route may what is blocked or quarantined come out, and by every route what is
//! approved. The same principal takes the same routes for both, in the same run.

use super::{Pushed, Stage, compare};
use crate::client::{Credentials, Registry, header};
use crate::images::{Fitness, INDEX, MANIFEST, Packing, Sample, descriptor};
use crate::server::{Options, Server};
use crate::test::report::{Report, skip};
use anyhow::{Context, Result, ensure};
use reqwest::Method;
use serde_json::{Value, json};

/// An image that a reader tries to get.
struct Target {
    repository: String,
    tag: String,
    digest: String,
    /// Its bytes' digests, children of an index included: (repository's manifests, blobs).
    manifests: Vec<String>,
    blobs: Vec<String>,
}

/// One route that was taken.
struct Route {
    name: String,
    status: u16,
    /// True when bytes, or the right to them, came out.
    got: bool,
}

pub(super) fn run(report: &mut Report, stage: &Stage<'_>, pushed: &[Pushed]) {
    let server = stage.server;
    let Some(thief) = report.value("gate", "a reader who pushes elsewhere", || {
        let thief = server.principal("thief", &["reader"], "real/*")?;
        server.grant(&thief, "contributor", "loot/*")?;
        Ok(thief)
    }) else {
        return;
    };
    let (approved, refused): (Vec<&Pushed>, Vec<&Pushed>) = pushed.iter().partition(|image| image.state == "approved");
    report.check("gate", "there is one to refuse and one to serve", || {
        if pushed.is_empty() {
            return Err(skip("nothing was pushed"));
        }
        ensure!(!approved.is_empty(), "no approved image: the refusals would prove nothing");
        ensure!(!refused.is_empty(), "no blocked image");
        Ok(())
    });
    for image in approved {
        report.check("gate", &format!("{} ({}) comes out by every route", image.repository, image.state), || {
            expect(stage, &thief, image, true)
        });
    }
    for image in refused {
        report.check("gate", &format!("{} ({}) comes out by no route", image.repository, image.state), || {
            expect(stage, &thief, image, false)
        });
    }
    report.check("gate", "a quarantined image comes out by no route; its pusher reads it back", || quarantined(stage));
}

/// Takes every route to `image` and checks that all or none of them lead to it.
fn expect(stage: &Stage<'_>, thief: &Credentials, image: &Pushed, served: bool) -> Result<()> {
    let scanner = stage.server.registry(&stage.quarantine);
    let target = target(&scanner, &image.repository, &image.tag, &image.digest)?;
    let reader = stage.server.registry(thief);
    let mut routes = routes(&reader, &target)?;
    routes.extend(mounts(&reader, &target)?);
    if target.manifests.len() == 1 {
        routes.extend(by_index(stage, &reader, &target)?);
    }
    judge(&routes, served)
}

fn judge(routes: &[Route], served: bool) -> Result<()> {
    ensure!(routes.len() > 8, "only {} routes were taken", routes.len());
    let wrong: Vec<String> = routes
        .iter()
        .filter(|route| route.got != served)
        .map(|route| format!("{}: {}", route.name, route.status))
        .collect();
    ensure!(wrong.is_empty(), "{} of {} routes: {}", wrong.len(), routes.len(), wrong.join(", "));
    Ok(())
}

/// What an image is made of, as one who may read it sees it.
fn target(scanner: &Registry, repository: &str, tag: &str, digest: &str) -> Result<Target> {
    let mut target = Target {
        repository: repository.to_owned(),
        tag: tag.to_owned(),
        digest: digest.to_owned(),
        manifests: Vec::new(),
        blobs: Vec::new(),
    };
    let mut open = vec![digest.to_owned()];
    while let Some(digest) = open.pop() {
        let answer = scanner.manifest(Method::GET, repository, &digest)?;
        ensure!(answer.status() == 200, "the quarantine-reader cannot read {repository}@{digest}: {}", answer.status());
        let manifest: Value = answer.json()?;
        let named = compare::references(&manifest);
        if manifest["manifests"].is_array() {
            open.extend(named);
        } else {
            target.blobs.extend(named);
        }
        target.manifests.push(digest);
    }
    Ok(target)
}

/// Manifests by tag and digest, GET and HEAD, straight and with a token; blobs by GET, HEAD and Range.
fn routes(reader: &Registry, target: &Target) -> Result<Vec<Route>> {
    let mut routes = Vec::new();
    let mut add = |name: String, status: u16| routes.push(Route { name, status, got: (200..300).contains(&status) });
    for method in [Method::GET, Method::HEAD] {
        let answer = reader.manifest(method.clone(), &target.repository, &target.tag)?;
        add(format!("{method} tag"), answer.status().as_u16());
        for digest in &target.manifests {
            let answer = reader.manifest(method.clone(), &target.repository, digest)?;
            add(format!("{method} {digest}"), answer.status().as_u16());
        }
        for digest in &target.blobs {
            let answer = reader.blob(method.clone(), &target.repository, digest)?;
            add(format!("{method} blob {digest}"), answer.status().as_u16());
        }
    }
    for digest in &target.blobs {
        let path = format!("/v2/{}/blobs/{digest}", target.repository);
        let answer = reader.request(Method::GET, &path).header("range", "bytes=0-0").send()?;
        add(format!("Range of {digest}"), answer.status().as_u16());
    }
    let token = token(reader, &target.repository)?;
    let path = format!("/v2/{}/manifests/{}", target.repository, target.digest);
    let bare = reader.without_credentials().request(Method::GET, &path).bearer_auth(&token).send()?;
    add("GET with a token".to_owned(), bare.status().as_u16());
    let listed: Value = reader.request(Method::GET, &format!("/v2/{}/tags/list", target.repository)).send()?.json()?;
    let shown = listed["tags"].as_array().is_some_and(|tags| tags.iter().any(|tag| *tag == json!(target.tag)));
    add("tags/list".to_owned(), if shown { 200 } else { 404 });
    Ok(routes)
}

/// A token of the registry's own token endpoint, as its challenge names it.
pub(super) fn token(reader: &Registry, repository: &str) -> Result<String> {
    let answer = reader.without_credentials().request(Method::GET, "/v2/").send()?;
    ensure!(answer.status() == 401, "/v2/ without credentials answers {}", answer.status());
    let challenge = header(&answer, "www-authenticate").context("401 without a challenge")?;
    let field = |name: &str| challenge.split(&format!("{name}=\"")).nth(1).and_then(|rest| rest.split('"').next());
    let realm = field("realm").context("a challenge without a realm")?;
    let service = field("service").unwrap_or_default();
    let scope = format!("repository:{repository}:pull");
    let url = reqwest::Url::parse_with_params(realm, [("service", service), ("scope", &scope)])?;
    let answer = reader.request(Method::GET, url.as_str()).send()?;
    ensure!(answer.status() == 200, "the token endpoint answers {}", answer.status());
    let answer: Value = answer.json()?;
    answer["token"].as_str().map(str::to_owned).context("no token in the answer")
}

/// Mounting into a repository of one's own, and naming the bytes in a manifest there.
fn mounts(reader: &Registry, target: &Target) -> Result<Vec<Route>> {
    let own = format!("loot/{}", &target.digest[7..19]);
    let mut routes = Vec::new();
    for digest in &target.blobs {
        let path = format!("/v2/{own}/blobs/uploads/?mount={digest}&from={}", target.repository);
        let status = reader.request(Method::POST, &path).send()?.status().as_u16();
        routes.push(Route { name: format!("mount {digest}"), status, got: status == 201 });
        let status = reader.blob(Method::GET, &own, digest)?.status().as_u16();
        routes.push(Route { name: format!("GET mounted {digest}"), status, got: status == 200 });
    }
    let blob = target.blobs.first().context("an image without a blob")?;
    let config = reader.push_blob(&own, b"{}")?;
    let manifest = serde_json::to_vec(&json!({
        "schemaVersion": 2, "mediaType": MANIFEST, "artifactType": "application/vnd.lazaret.test",
        "config": {"mediaType": "application/vnd.oci.empty.v1+json", "digest": config, "size": 2},
        "layers": [{"mediaType": "application/octet-stream", "digest": blob, "size": 1}],
    }))?;
    let status = reader.put_manifest(&own, "named", MANIFEST, &manifest)?.status().as_u16();
    // The approved one was mounted above, so that naming it is allowed; a wrong size may still be refused.
    if routes.iter().all(|route| !route.got) {
        routes.push(Route {
            name: "a manifest of one's own that names the blob".to_owned(),
            status,
            got: status == 201,
        });
    }
    Ok(routes)
}

/// An index that contains it, pushed by the CI: neither it nor its child may come out while the child is refused.
fn by_index(stage: &Stage<'_>, reader: &Registry, target: &Target) -> Result<Vec<Route>> {
    let ci = stage.server.registry(&stage.ci);
    let scanner = stage.server.registry(&stage.quarantine);
    let child = scanner.manifest(Method::GET, &target.repository, &target.digest)?;
    let kind = header(&child, "content-type").unwrap_or_else(|| MANIFEST.to_owned());
    let mut entry = descriptor(&kind, &child.bytes()?);
    entry["platform"] = json!({"architecture": "amd64", "os": "linux"});
    let index = serde_json::to_vec(&json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": [entry]}))?;
    let digest = ci.push_manifest(&target.repository, "wrapped", INDEX, &index)?;
    stage.server.verdict(&target.repository, &digest)?;
    let mut routes = Vec::new();
    for (name, reference) in
        [("index by tag", "wrapped"), ("index by digest", &digest), ("child of it", &target.digest)]
    {
        for method in [Method::GET, Method::HEAD] {
            let status = reader.manifest(method.clone(), &target.repository, reference)?.status().as_u16();
            routes.push(Route { name: format!("{method} {name}"), status, got: status == 200 });
        }
    }
    Ok(routes)
}

/// A server without a worker never reaches a verdict: a fit image stays quarantined there.
fn quarantined(stage: &Stage<'_>) -> Result<()> {
    let mut options = Options::offline(stage.binary, &stage.work.join("no-worker"));
    options.args.push("--no-worker".to_owned());
    let server = Server::start(options)?;
    let ci = server.principal("ci", &["contributor"], "real/*")?;
    let thief = server.principal("thief", &["reader"], "real/*")?;
    server.grant(&thief, "contributor", "loot/*")?;
    let ci = server.registry(&ci);
    let sample = Sample::new(Fitness::Fit, Packing::Gzip, "amd64", "quarantined")?;
    let digest = sample.push(&ci, "real/waiting", "1")?;
    ensure!(server.state("real/waiting", &digest)?.name == "quarantined", "it is not quarantined");
    let target = target(&ci, "real/waiting", "1", &digest)?;
    let mine = ci.manifest(Method::GET, "real/waiting", "1")?;
    ensure!(header(&mine, "warning").is_some_and(|text| text.starts_with("299")), "its pusher gets no Warning: 299");
    let reader = server.registry(&thief);
    let refused = reader.manifest(Method::GET, "real/waiting", &digest)?;
    ensure!(refused.status() == 403, "a quarantined manifest answers {}", refused.status());
    let body: Value = refused.json()?;
    ensure!(body["errors"][0]["code"] == "DENIED", "the refusal says {body}");
    let mut routes = routes(&reader, &target)?;
    routes.extend(mounts(&reader, &target)?);
    judge(&routes, false)?;
    server.stop()
}
