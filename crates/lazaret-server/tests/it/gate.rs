//! The gate by every route, with states set in the store. Each refusal has a positive control beside it: the same
//! request by who may, or the same image approved.

use lazaret_model::{Digest, ImageState, Role};
use lazaret_oci::sha256;
use lazaret_server::ServerSettings;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Image, OCI_INDEX, OCI_MANIFEST, Server, Who, header};

/// Every route that could hand out bytes or facts of the image; (method, path, range).
fn routes(image: &Image, tag: &str) -> Vec<(Method, String, bool)> {
    let manifest = format!("/v2/app/manifests/{}", image.digest);
    let by_tag = format!("/v2/app/manifests/{tag}");
    let (config, layer) = (format!("/v2/app/blobs/{}", image.config), format!("/v2/app/blobs/{}", image.layer));
    let mut all = Vec::new();
    for path in [manifest, by_tag, config, layer] {
        all.push((Method::GET, path.clone(), false));
        all.push((Method::HEAD, path.clone(), false));
        all.push((Method::GET, path, true));
    }
    all
}

/// Status of each route, `If-None-Match` included: a 304 would tell that the image is there.
async fn statuses(server: &Server, who: &Who, image: &Image, tag: &str) -> Vec<u16> {
    let mut all = Vec::new();
    for (method, path, range) in routes(image, tag) {
        let mut request = server.ask(who, method, &path);
        if range {
            request = request.header("range", "bytes=0-1");
        }
        all.push(request.send().await.unwrap().status().as_u16());
        let conditional = server.ask(who, Method::GET, &path).header("if-none-match", "*").send().await.unwrap();
        all.push(if conditional.status() == 304 { 200 } else { conditional.status().as_u16() });
    }
    all.iter().map(|s| if *s == 206 { 200 } else { *s }).collect()
}

async fn mount_status(server: &Server, who: &Who, digest: &Digest) -> u16 {
    let path = format!("/v2/elsewhere/blobs/uploads/?mount={digest}&from=app");
    server.status(who, Method::POST, &path).await
}

#[tokio::test(flavor = "multi_thread")]
async fn every_state_by_every_route_for_every_role() {
    let server = Server::start().await;
    let ci = server.principal(Role::Contributor, "app");
    let image = server.push_image(&ci, "app", Some("v1"), b"the layer").await;
    for state in ImageState::ALL {
        server.set_state("app", &image.digest, state);
        for role in Role::ALL {
            let who = server.principal(role, "app");
            let wanted = match role {
                Role::Reader if !state.is_served() => 403,
                Role::Reader | Role::Contributor | Role::QuarantineReader | Role::Owner => 200,
                _ => 403,
            };
            let got = statuses(&server, &who, &image, "v1").await;
            assert!(got.iter().all(|s| *s == wanted), "{state} {role}: {got:?}");
        }
        // A mount reads: who may push elsewhere but not read here gets a session, not the blob.
        let mover = server.principal_with(&[
            crate::support::binding(Role::Reader, "app"),
            crate::support::binding(Role::Contributor, "elsewhere"),
        ]);
        for digest in [&image.layer, &image.config] {
            let got = mount_status(&server, &mover, digest).await;
            assert_eq!(got, if state.is_served() { 201 } else { 202 }, "{state}");
            server.store.delete_blob(&crate::support::repository("elsewhere"), digest).unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mount_needs_both_ends() {
    let server = Server::start().await;
    let ci = server.principal(Role::Contributor, "app");
    let image = server.push_image(&ci, "app", Some("v1"), b"the layer").await;
    server.set_state("app", &image.digest, ImageState::Approved);
    let blind = server.principal(Role::Contributor, "elsewhere");
    assert_eq!(mount_status(&server, &blind, &image.layer).await, 202);
    let both = server.principal(Role::Contributor, "*");
    // A token for the target alone does not read the source; the challenge says what would.
    let token = server.token(&both, &["repository:elsewhere:pull,push"]).await;
    let path = format!("/v2/elsewhere/blobs/uploads/?mount={}&from=app", image.layer);
    let answer = server.bearer(&token, Method::POST, &path).await;
    assert_eq!(answer.status(), 401);
    let both_scopes = "scope=\"repository:elsewhere:pull,push repository:app:pull\",error=\"insufficient_scope\"";
    assert!(header(&answer, "www-authenticate").contains(both_scopes));
    let path_blind = "/v2/elsewhere/blobs/uploads/?mount=sha256:00&from=app";
    let answer = server.bearer(&token, Method::POST, path_blind).await;
    assert_eq!(answer.status(), 202);
    let location = header(&answer, "location");
    assert_eq!(server.bearer(&token, Method::DELETE, &location).await.status(), 204, "as skopeo does");
    let token = server.token(&both, &["repository:elsewhere:pull,push", "repository:app:pull"]).await;
    let answer = server.bearer(&token, Method::POST, &path).await;
    assert_eq!(answer.status(), 201);
    assert_eq!(header(&answer, "location"), format!("/v2/elsewhere/blobs/{}", image.layer));
    // Of what is not there.
    assert_eq!(mount_status(&server, &both, &sha256(b"?")).await, 202);
    // Mounted is not released: the blob is in no manifest there.
    let reader = server.principal(Role::Reader, "elsewhere");
    assert_eq!(server.status(&reader, Method::GET, &format!("/v2/elsewhere/blobs/{}", image.layer)).await, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_denial_says_why() {
    let server = Server::start().await;
    let ci = server.principal(Role::Contributor, "app");
    let reader = server.principal(Role::Reader, "app");
    let image = server.push_image(&ci, "app", Some("v1"), b"the layer").await;
    let answer = server.get(&reader, "/v2/app/manifests/v1").await;
    assert_eq!((answer.status().as_u16(), header(&answer, "retry-after")), (403, "5".to_owned()));
    let body: Value = answer.json().await.unwrap();
    let error = &body["errors"][0];
    assert_eq!(error["code"], "DENIED");
    assert_eq!(error["detail"]["state"], "quarantined");
    assert_eq!(error["detail"]["digest"], json!(image.digest));
    assert_eq!(error["detail"]["retry_after"], 5);
    let message = error["message"].as_str().unwrap();
    assert!(message.contains("not judged yet") && message.contains("lazaret why app@sha256:"), "{message}");
    assert_eq!(error["detail"]["verdict_url"], server.url(&format!("/r/app@{}", image.digest)));
    let verdict = error["detail"]["verdict_api"].as_str().unwrap();
    let path = verdict.strip_prefix(&format!("http://{}", server.address)).unwrap();
    assert_eq!(server.status(&reader, Method::GET, path).await, 200);

    let decision = crate::api::decision(&image.digest, &["first reason", "second", "third", "fourth"]);
    let app = crate::support::repository("app");
    server.store.set_state(&app, &image.digest, ImageState::Blocked, Some(&decision), "test", "test").unwrap();
    let answer = server.get(&reader, "/v2/app/manifests/v1").await;
    assert_eq!(header(&answer, "retry-after"), "");
    let body: Value = answer.json().await.unwrap();
    let error = &body["errors"][0];
    assert!(error["message"].as_str().unwrap().contains("is blocked: first reason"));
    let reasons = error["detail"]["reasons"].as_array().unwrap();
    assert_eq!((reasons.len(), &reasons[0]["rule"]), (3, &json!("known_vulnerability")));
    let blob: Value = server.get(&reader, &format!("/v2/app/blobs/{}", image.layer)).await.json().await.unwrap();
    assert_eq!(blob["errors"][0]["code"], "DENIED");
    assert_eq!(blob["errors"][0]["detail"]["verdict_url"], server.url("/r/app"));
    // A person's word comes first.
    server.store.set_state(&app, &image.digest, ImageState::Revoked, None, "test", "it was stolen").unwrap();
    let body: Value = server.get(&reader, "/v2/app/manifests/v1").await.json().await.unwrap();
    let first = &body["errors"][0]["detail"]["reasons"][0];
    assert_eq!((&first["rule"], &first["message"]), (&json!("revoked"), &json!("it was revoked: it was stolen")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tag_serves_its_last_approved_push() {
    let server = Server::start().await;
    let ci = server.principal(Role::Contributor, "app");
    let reader = server.principal(Role::Reader, "app");
    let first = server.push_image(&ci, "app", Some("v1"), b"first").await;
    assert_eq!(server.status(&reader, Method::GET, "/v2/app/manifests/v1").await, 403);
    server.set_state("app", &first.digest, ImageState::Approved);
    let second = server.push_image(&ci, "app", Some("v1"), b"second").await;
    for state in [ImageState::Quarantined, ImageState::Blocked] {
        server.set_state("app", &second.digest, state);
        let answer = server.get(&reader, "/v2/app/manifests/v1").await;
        assert_eq!(answer.status(), 200);
        assert_eq!(header(&answer, "docker-content-digest"), first.digest.to_string());
        assert_eq!(header(&answer, "lazaret-pending"), second.digest.to_string());
        assert!(header(&answer, "warning").contains("not approved yet"));
        assert_eq!(answer.text().await.unwrap(), first.bytes);
        let newest = server.get(&ci, "/v2/app/manifests/v1").await;
        assert_eq!(header(&newest, "docker-content-digest"), second.digest.to_string());
        let by_digest = format!("/v2/app/manifests/{}", second.digest);
        assert_eq!(server.status(&reader, Method::GET, &by_digest).await, 403);
    }
    server.set_state("app", &second.digest, ImageState::Approved);
    let answer = server.get(&reader, "/v2/app/manifests/v1").await;
    assert_eq!(header(&answer, "docker-content-digest"), second.digest.to_string());
    assert_eq!((header(&answer, "lazaret-pending"), header(&answer, "warning")), (String::new(), String::new()));
    server.set_state("app", &second.digest, ImageState::Due);
    let answer = server.get(&reader, "/v2/app/manifests/v1").await;
    assert!(header(&answer, "warning").starts_with("299 - \"due"));
    // Never back to an older push.
    server.set_state("app", &second.digest, ImageState::Revoked);
    assert_eq!(server.status(&reader, Method::GET, "/v2/app/manifests/v1").await, 403);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_index_goes_by_its_own_state_and_its_children_by_theirs() {
    let server = Server::start().await;
    let ci = server.principal(Role::Contributor, "app");
    let reader = server.principal(Role::Reader, "app");
    let good = server.push_image(&ci, "app", None, b"good").await;
    let bad = server.push_image(&ci, "app", None, b"bad").await;
    let child = |image: &Image, architecture: &str| {
        json!({
            "mediaType": OCI_MANIFEST,
            "digest": image.digest,
            "size": image.bytes.len(),
            "platform": { "os": "linux", "architecture": architecture },
        })
    };
    let index = json!({
        "schemaVersion": 2,
        "mediaType": OCI_INDEX,
        "manifests": [child(&good, "amd64"), child(&bad, "arm64")],
    })
    .to_string();
    let digest = server.put_manifest(&ci, "app", Some("multi"), OCI_INDEX, &index).await;
    server.set_state("app", &good.digest, ImageState::Approved);
    let decision = crate::api::decision(&bad.digest, &["too old"]);
    let app = crate::support::repository("app");
    server.store.set_state(&app, &bad.digest, ImageState::Blocked, Some(&decision), "test", "test").unwrap();
    server.set_state("app", &digest, ImageState::Blocked);
    let body: Value = server.get(&reader, "/v2/app/manifests/multi").await.json().await.unwrap();
    let reasons = json!([{ "rule": "known_vulnerability", "message": "linux/arm64: too old" }]);
    assert_eq!(body["errors"][0]["detail"]["reasons"], reasons);
    let shown = server.get(&reader, &format!("/api/v1/repositories/app/images/{digest}")).await;
    assert_eq!(shown.json::<Value>().await.unwrap()["reasons"], reasons);
    let of = |digest: &Digest| format!("/v2/app/manifests/{digest}");
    assert_eq!(server.status(&reader, Method::GET, "/v2/app/manifests/multi").await, 403);
    assert_eq!(server.status(&reader, Method::GET, &of(&good.digest)).await, 200);
    // Were the index let out, the blocked child still would not be.
    server.set_state("app", &digest, ImageState::Approved);
    assert_eq!(server.status(&reader, Method::GET, "/v2/app/manifests/multi").await, 200);
    assert_eq!(server.status(&reader, Method::GET, &of(&bad.digest)).await, 403);
    assert_eq!(server.status(&reader, Method::GET, &format!("/v2/app/blobs/{}", bad.layer)).await, 403);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sparse_index_is_its_writers_until_it_is_approved() {
    let server = Server::start().await;
    let ci = server.principal(Role::Contributor, "*");
    let reader = server.principal(Role::Reader, "app");
    let here = server.push_image(&ci, "app", None, b"here").await;
    server.set_state("app", &here.digest, ImageState::Approved);
    // It is in another repository, approved there: that is not here.
    let absent = server.push_image(&ci, "other", None, b"absent").await;
    server.set_state("other", &absent.digest, ImageState::Approved);
    let child = |image: &Image| json!({"mediaType": OCI_MANIFEST, "digest": image.digest, "size": image.bytes.len()});
    let index = json!({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [child(&here), child(&absent)]});
    let digest = server.put_manifest(&ci, "app", Some("sparse"), OCI_INDEX, &index.to_string()).await;
    let (by_tag, by_digest) = ("/v2/app/manifests/sparse".to_owned(), format!("/v2/app/manifests/{digest}"));
    let of_absent = format!("/v2/app/manifests/{}", absent.digest);
    for path in [&by_tag, &by_digest] {
        assert_eq!(server.status(&reader, Method::GET, path).await, 403);
        assert_eq!(server.status(&ci, Method::GET, path).await, 200);
    }
    let denial: Value = server.get(&reader, &by_digest).await.json().await.unwrap();
    assert_eq!(denial["errors"][0]["detail"]["state"], "quarantined");
    assert!(denial.to_string().contains("not in the repository"), "{denial}");
    for who in [&reader, &ci] {
        assert_eq!(server.status(who, Method::GET, &of_absent).await, 404);
    }
    let tags: Value = server.get(&reader, "/v2/app/tags/list").await.json().await.unwrap();
    assert!(!tags.to_string().contains("sparse"), "{tags}");
    // The child comes: it is judged on its own, and the index by its own state.
    let layer = server.push_image(&ci, "app", None, b"absent").await;
    assert_eq!(layer.digest, absent.digest);
    for path in [&by_tag, &by_digest, &of_absent] {
        assert_eq!(server.status(&reader, Method::GET, path).await, 403);
    }
    server.set_state("app", &absent.digest, ImageState::Approved);
    server.set_state("app", &digest, ImageState::Approved);
    for path in [&by_tag, &by_digest, &of_absent] {
        assert_eq!(server.status(&reader, Method::GET, path).await, 200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sparse_image_is_taken_where_the_setting_says_so() {
    let settings = ServerSettings { accept_sparse_images: true, ..ServerSettings::default() };
    let server = Server::start_with(settings).await;
    let ci = server.principal(Role::Contributor, "*");
    let reader = server.principal(Role::Reader, "app");
    let whole = server.push_image(&ci, "other", None, b"layer").await;
    server.set_state("other", &whole.digest, ImageState::Approved);
    let refused = server.try_put(&ci, "app", "v1", OCI_MANIFEST, whole.bytes.clone()).await;
    assert_eq!(refused.status(), 400, "the config is missing");
    let config = json!({ "architecture": "amd64", "os": "linux", "layer": whole.layer }).to_string();
    assert_eq!(server.push_blob(&ci, "app", config.as_bytes()).await, whole.config);
    assert_eq!(server.put_manifest(&ci, "app", Some("v1"), OCI_MANIFEST, &whole.bytes).await, whole.digest);
    assert_eq!(server.status(&ci, Method::GET, "/v2/app/manifests/v1").await, 200);
    assert_eq!(server.status(&reader, Method::GET, "/v2/app/manifests/v1").await, 403);
    let layer = format!("/v2/app/blobs/{}", whole.layer);
    for who in [&ci, &reader] {
        assert_eq!(server.status(who, Method::GET, &layer).await, 404, "it is elsewhere only");
    }
    server.push_blob(&ci, "app", b"layer").await;
    assert_eq!(server.status(&reader, Method::GET, &layer).await, 403);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approval_elsewhere_opens_nothing_here() {
    let server = Server::start().await;
    let ci = server.principal(Role::Contributor, "*");
    let reader = server.principal(Role::Reader, "app");
    let here = server.push_image(&ci, "app", Some("v1"), b"same layer").await;
    let there = server.push_image(&ci, "other", Some("v1"), b"same layer").await;
    assert_eq!(here.digest, there.digest);
    server.set_state("other", &there.digest, ImageState::Approved);
    let got = statuses(&server, &reader, &here, "v1").await;
    assert!(got.iter().all(|s| *s == 403), "{got:?}");
    server.set_state("app", &here.digest, ImageState::Approved);
    let got = statuses(&server, &reader, &here, "v1").await;
    assert!(got.iter().all(|s| *s == 200), "{got:?}");
    // What is not in the repository is not there, whoever else has it.
    let loose = server.push_blob(&ci, "other", b"loose").await;
    assert_eq!(server.status(&ci, Method::GET, &format!("/v2/app/blobs/{loose}")).await, 404);
}
