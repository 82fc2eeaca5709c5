//! `/api/v1`: what each role sees and may change.

use lazaret_model::{Digest, ImageState, Role, SignedDecision};
use lazaret_oci::sha256;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Server, Who, repository};

/// A decision as the worker would store it, with these reasons and one finding.
pub(crate) fn decision(image: &Digest, reasons: &[&str]) -> SignedDecision {
    let digest = sha256(b"input");
    let reasons: Vec<Value> =
        reasons.iter().map(|message| json!({ "rule": "known_vulnerability", "message": message })).collect();
    let body = json!({
        "schema": "lazaret.decision/1",
        "image": image,
        "platform": { "os": "linux", "architecture": "amd64" },
        "inputs": {
            "engine": "test", "inventory": digest, "advisories": digest, "advisories_snapshot": digest,
            "advisories_starter_accepted": false, "policy": digest, "policy_name": "production",
            "exceptions": digest, "provenance": digest, "clock": "2026-11-24T08:00:00Z",
        },
        "verdict": { "outcome": "deny", "reasons": reasons, "warnings": [], "observations": [] },
        "findings": [{
            "id": "CVE-2026-1", "aliases": [], "purl": "pkg:pypi/x@1", "package": "x", "version": "1",
            "severity": "high", "status": "affected", "confidence": "high", "fixed": "2", "layer": null,
            "base": null, "summary": "", "url": null, "exploited": false, "epss": null, "records": [],
        }],
        "problems": [],
    })
    .to_string();
    SignedDecision { id: sha256(body.as_bytes()), body, key: "k".into(), signature: "s".into() }
}

async fn read(server: &Server, who: &Who, path: &str) -> Value {
    let answer = server.get(who, path).await;
    assert_eq!(answer.status(), 200, "{path}");
    answer.json().await.unwrap()
}

async fn send(server: &Server, who: &Who, method: Method, path: &str, body: Value) -> (u16, Value) {
    let answer = server.ask(who, method, path).body(body.to_string()).send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn images_with_their_decisions() {
    let server = Server::start().await;
    let ci = server.principal(Role::Contributor, "team/*");
    let reader = server.principal(Role::Reader, "team/app");
    let auditor = server.principal(Role::Auditor, "*");
    let image = server.push_image(&ci, "team/app", Some("v1"), b"layer").await;
    let signed = decision(&image.digest, &["a reason"]);
    let name = repository("team/app");
    server.store.set_state(&name, &image.digest, ImageState::Blocked, Some(&signed), "worker", "deny").unwrap();

    let base = "/api/v1/repositories/team%2Fapp";
    for who in [&ci, &reader, &auditor] {
        let shown = read(&server, who, &format!("{base}/images/{}", image.digest)).await;
        assert_eq!((&shown["state"], &shown["decision"]), (&json!("blocked"), &json!(signed.id)));
        assert_eq!(shown["verdict"]["reasons"][0]["message"], "a reason");
        assert_eq!((&shown["findings"]["total"], &shown["findings"]["high"]), (&json!(1), &json!(1)));
        assert_eq!((&shown["kind"], &shown["tags"]), (&json!("image"), &json!(["v1"])));
        let findings = read(&server, who, &format!("{base}/images/{}/findings", image.digest)).await;
        assert_eq!(findings["findings"][0]["id"], "CVE-2026-1");
        let record = read(&server, who, &format!("{base}/images/{}/decisions/{}", image.digest, signed.id)).await;
        assert_eq!(record["body"], json!(signed.body));
        let history = read(&server, who, &format!("{base}/images/{}/history", image.digest)).await;
        assert_eq!((&history[0]["state"], &history[0]["previous"]), (&json!("blocked"), &json!("quarantined")));
    }
    let tags = read(&server, &reader, &format!("{base}/tags")).await;
    let wanted = json!({ "digest": image.digest, "state": "blocked" });
    assert_eq!((&tags[0]["newest"], &tags[0]["served"]), (&wanted, &Value::Null));
    let images = read(&server, &reader, &format!("{base}/images")).await;
    assert_eq!(images[0]["digest"], json!(image.digest));
    let shown = read(&server, &reader, base).await;
    assert_eq!((&shown["policy"], &shown["states"]), (&json!("production"), &json!({ "blocked": 1 })));
    assert_eq!(read(&server, &reader, "/api/v1/repositories").await.as_array().unwrap().len(), 1);

    // By id alone only for who audits everything; under another image it is not there.
    let alone = format!("/api/v1/decisions/{}", signed.id);
    assert_eq!(server.status(&reader, Method::GET, &alone).await, 403);
    assert_eq!(server.status(&auditor, Method::GET, &alone).await, 200);
    let other = server.push_image(&ci, "team/other", None, b"other").await;
    let stolen = format!("/api/v1/repositories/team%2Fother/images/{}/decisions/{}", other.digest, signed.id);
    assert_eq!(server.status(&ci, Method::GET, &stolen).await, 404);
    for (path, status) in [
        (format!("{base}/images/{}", sha256(b"?")), 404),
        (format!("{base}/images/nonsense"), 400),
        ("/api/v1/repositories/team%2Fnone/tags".to_owned(), 404),
        ("/api/v1/repositories/NO/tags".to_owned(), 400),
        ("/api/v1/nothing".to_owned(), 404),
    ] {
        assert_eq!(server.status(&ci, Method::GET, &path).await, status, "{path}");
    }
    let stranger = server.principal(Role::Reader, "elsewhere");
    assert_eq!(server.status(&stranger, Method::GET, base).await, 403);
    assert_eq!(server.status(&stranger, Method::GET, "/api/v1/repositories/team%2Fnone").await, 403);
    assert_eq!(read(&server, &stranger, "/api/v1/repositories").await, json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn principals_are_made_changed_and_ended() {
    let server = Server::start().await;
    let admin = server.principal(Role::Administrator, "*");
    let owner = server.principal(Role::Owner, "team/*");
    let body = json!({ "name": "ci", "bindings": [{ "role": "contributor", "on": "team/*", "expires": null }] });
    let (status, new) = send(&server, &owner, Method::POST, "/api/v1/principals", body).await;
    assert_eq!(status, 201);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let ci = Who { id: text(&new["id"]), secret: text(&new["secret"]) };
    let who = read(&server, &ci, "/api/v1/whoami").await;
    assert_eq!((&who["name"], &who["bindings"][0]["role"]), (&json!("ci"), &json!("contributor")));
    assert_eq!(server.status(&ci, Method::POST, "/v2/team/app/blobs/uploads/").await, 202);
    assert_eq!(server.status(&ci, Method::POST, "/api/v1/principals").await, 403);

    let path = format!("/api/v1/principals/{}", ci.id);
    let deleter = json!({ "role": "deleter", "on": "team/app", "expires": null });
    assert_eq!(send(&server, &owner, Method::POST, &format!("{path}/grant"), deleter.clone()).await.0, 200);
    assert_eq!(read(&server, &ci, "/api/v1/whoami").await["bindings"].as_array().unwrap().len(), 2);
    let taken = json!({ "role": "deleter", "on": "team/app" });
    assert_eq!(send(&server, &owner, Method::POST, &format!("{path}/revoke"), taken.clone()).await.0, 200);
    assert_eq!(send(&server, &owner, Method::POST, &format!("{path}/revoke"), taken).await.0, 404);
    for (role, on) in [("reader", "*"), ("releaser", "team/app"), ("reader", "other")] {
        let more = json!({ "role": role, "on": on, "expires": null });
        assert_eq!(send(&server, &owner, Method::POST, &format!("{path}/grant"), more).await.0, 403, "{role} {on}");
    }
    let (status, rotated) = send(&server, &owner, Method::POST, &format!("{path}/rotate"), json!(null)).await;
    assert_eq!((status, server.status(&ci, Method::GET, "/v2/").await), (200, 401));
    let ci = Who { id: ci.id, secret: text(&rotated["secret"]) };
    assert_eq!(server.status(&ci, Method::GET, "/v2/").await, 200);
    // An owner does not rule over who holds more than it can give.
    for verb in ["disable", "rotate"] {
        let above = format!("/api/v1/principals/{}/{verb}", admin.id);
        assert_eq!(send(&server, &owner, Method::POST, &above, json!(null)).await.0, 403);
    }
    assert_eq!(send(&server, &admin, Method::POST, &format!("{path}/disable"), json!(null)).await.0, 200);
    assert_eq!(server.status(&ci, Method::GET, "/v2/").await, 401);
    assert_eq!(server.status(&owner, Method::GET, "/api/v1/principals").await, 403);
    let all = read(&server, &admin, "/api/v1/principals").await;
    assert!(all.as_array().unwrap().iter().any(|p| p["id"] == json!(ci.id) && !p["disabled"].is_null()));
    assert!(!all.to_string().contains(&ci.secret));
    for bad in [json!({}), json!({ "name": "x", "bindings": [] }), json!({ "name": "x", "bindings": [], "more": 1 })] {
        assert_eq!(send(&server, &admin, Method::POST, "/api/v1/principals", bad).await.0, 400);
    }
    let nobody = "/api/v1/principals/nobody/disable";
    assert_eq!(send(&server, &admin, Method::POST, nobody, json!(null)).await.0, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_is_set_and_what_is_there_judged_again() {
    let server = Server::start().await;
    let owner = server.principal(Role::Owner, "app");
    let ci = server.principal(Role::Contributor, "app");
    server.push_image(&ci, "app", Some("v1"), b"layer").await;
    let path = "/api/v1/repositories/app/policy";
    assert_eq!(send(&server, &ci, Method::PUT, path, json!({ "policy": "observe" })).await.0, 403);
    assert_eq!(send(&server, &owner, Method::PUT, path, json!({ "policy": "lax" })).await.0, 400);
    // Who can push there cannot let images out by a laxer policy.
    assert_eq!(send(&server, &owner, Method::PUT, path, json!({ "policy": "staging" })).await.0, 403);
    let admin = server.principal(Role::Administrator, "*");
    let (status, body) = send(&server, &admin, Method::PUT, path, json!({ "policy": "staging" })).await;
    assert_eq!((status, &body["policy"]), (200, &json!("staging")));
    assert!(server.store.open_jobs().unwrap() > 0);
    let (_, body) = send(&server, &owner, Method::PUT, path, json!({ "policy": null })).await;
    assert_eq!(body["policy"], "production");
    let gone = "/api/v1/repositories/none/policy";
    assert_eq!(send(&server, &admin, Method::PUT, gone, json!({ "policy": null })).await.0, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_for_the_api_opens_no_image() {
    let server = Server::start().await;
    let owner = server.principal(Role::Owner, "app");
    server.push_image(&owner, "app", Some("v1"), b"layer").await;
    let token = server.token(&owner, &["registry:api:*"]).await;
    assert_eq!(server.bearer(&token, Method::GET, "/api/v1/whoami").await.status(), 200);
    assert_eq!(server.bearer(&token, Method::GET, "/api/v1/repositories/app").await.status(), 200);
    assert_eq!(server.bearer(&token, Method::GET, "/v2/app/manifests/v1").await.status(), 401);
    let pull = server.token(&owner, &["repository:app:pull"]).await;
    assert_eq!(server.bearer(&pull, Method::GET, "/api/v1/repositories/app").await.status(), 200);
    assert_eq!(server.bearer(&pull, Method::PUT, "/api/v1/repositories/app/policy").await.status(), 401);
    let keys: Value = server.bearer(&token, Method::GET, "/api/v1/signing-keys").await.json().await.unwrap();
    assert!(keys.is_array());
}
