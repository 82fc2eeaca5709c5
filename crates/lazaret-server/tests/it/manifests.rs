//! Manifests: what is taken, what is refused, and that bytes come back as they came.

use lazaret_model::{Algorithm, ImageState, Role};
use lazaret_oci::{Hasher, sha256};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{OCI_CONFIG, OCI_INDEX, OCI_LAYER, OCI_MANIFEST, Server, code, header};

const DOCKER_MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";

#[tokio::test(flavor = "multi_thread")]
async fn bytes_and_type_come_back_as_they_came() {
    let server = Server::start().await;
    let ci = server.principal(Role::Contributor, "app");
    let image = server.push_image(&ci, "app", Some("v1"), b"layer").await;
    // The same content as Docker schema 2, with odd white space that must survive.
    let docker = image.bytes.replace(OCI_MANIFEST, DOCKER_MANIFEST).replace("{\"", "{ \"");
    let docker_digest = server.put_manifest(&ci, "app", Some("docker"), DOCKER_MANIFEST, &docker).await;
    for (reference, media_type, bytes, digest) in [
        ("v1", OCI_MANIFEST, &image.bytes, &image.digest),
        ("docker", DOCKER_MANIFEST, &docker, &docker_digest),
        (&docker_digest.to_string(), DOCKER_MANIFEST, &docker, &docker_digest),
    ] {
        let path = format!("/v2/app/manifests/{reference}");
        for method in [Method::GET, Method::HEAD] {
            let answer = server.ask(&ci, method.clone(), &path).header("accept", "*/*").send().await.unwrap();
            assert_eq!(answer.status(), 200);
            assert_eq!(header(&answer, "content-type"), media_type);
            assert_eq!(header(&answer, "content-length"), bytes.len().to_string());
            assert_eq!(header(&answer, "docker-content-digest"), digest.to_string());
            assert_eq!(header(&answer, "cache-control"), "private, no-cache");
            assert!(header(&answer, "warning").starts_with("299 - \"quarantined"));
            if method == Method::GET {
                assert_eq!(answer.text().await.unwrap(), *bytes);
            }
        }
        let same = server.ask(&ci, Method::GET, &path).header("if-none-match", format!("\"{digest}\""));
        assert_eq!(same.send().await.unwrap().status(), 304);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused() {
    let server = Server::start().await;
    let ci = server.principal(Role::Contributor, "app");
    let image = server.push_image(&ci, "app", Some("v1"), b"layer").await;
    let missing = sha256(b"not there");
    let holes = image.bytes.replace(&image.layer.to_string(), &missing.to_string());
    let answer = server.try_put(&ci, "app", "v2", OCI_MANIFEST, holes).await;
    assert_eq!(answer.status(), 400);
    let body: Value = answer.json().await.unwrap();
    assert_eq!(body["errors"][0]["code"], "MANIFEST_BLOB_UNKNOWN");
    assert_eq!(body["errors"][0]["detail"]["missing"], json!([missing]));
    let wrong_digest = missing.to_string();
    let cases = [
        (wrong_digest.as_str(), OCI_MANIFEST, image.bytes.clone(), 400, "DIGEST_INVALID"),
        ("sha256:baddigeststring", OCI_MANIFEST, image.bytes.clone(), 400, "DIGEST_INVALID"),
        ("v2", DOCKER_MANIFEST, image.bytes.clone(), 400, "MANIFEST_INVALID"),
        ("v2", OCI_INDEX, image.bytes.clone(), 400, "MANIFEST_INVALID"),
        ("v2", "text/plain", "{}".to_owned(), 400, "MANIFEST_INVALID"),
        ("v2", OCI_MANIFEST, String::new(), 400, "MANIFEST_INVALID"),
        ("v2", OCI_MANIFEST, "[".repeat(10_000), 400, "MANIFEST_INVALID"),
        ("-bad", OCI_MANIFEST, image.bytes.clone(), 400, "MANIFEST_INVALID"),
        ("v2", OCI_MANIFEST, " ".repeat((4 << 20) + 1), 413, "SIZE_INVALID"),
    ];
    for (reference, media_type, bytes, status, wanted) in cases {
        let answer = server.try_put(&ci, "app", reference, media_type, bytes).await;
        assert_eq!((answer.status().as_u16(), code(answer).await), (status, wanted.to_owned()), "{reference}");
    }
    assert_eq!(server.status(&ci, Method::GET, "/v2/app/manifests/v2").await, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_manifest_of_nearly_4_mib_is_taken() {
    let server = Server::start().await;
    let ci = server.principal(Role::Contributor, "app");
    let image = server.push_image(&ci, "app", None, b"layer").await;
    let mut manifest: Value = serde_json::from_str(&image.bytes).unwrap();
    let notes: serde_json::Map<String, Value> =
        (0..390).map(|i| (format!("note.{i}"), json!("x".repeat(10_000)))).collect();
    manifest["annotations"] = Value::Object(notes);
    server.put_manifest(&ci, "app", Some("big"), OCI_MANIFEST, &manifest.to_string()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sha512_reference_names_its_own_digest() {
    let server = Server::start().await;
    let ci = server.principal(Role::Contributor, "app");
    let image = server.push_image(&ci, "app", None, b"layer").await;
    let mut hasher = Hasher::new(Algorithm::Sha512);
    hasher.update(image.bytes.as_bytes());
    let digest = hasher.finish().to_string();
    let answer = server.try_put(&ci, "app", &digest, OCI_MANIFEST, image.bytes.clone()).await;
    assert_eq!((answer.status().as_u16(), header(&answer, "docker-content-digest")), (201, digest.clone()));
    let back = server.get(&ci, &format!("/v2/app/manifests/{digest}")).await;
    assert_eq!(back.text().await.unwrap(), image.bytes);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_by_digest_may_set_several_tags() {
    let server = Server::start().await;
    let ci = server.principal(Role::Contributor, "app");
    let image = server.push_image(&ci, "app", None, b"layer").await;
    let reference = format!("{}?tag=a&tag=b", image.digest);
    let answer = server.try_put(&ci, "app", &reference, OCI_MANIFEST, image.bytes.clone()).await;
    assert_eq!((answer.status().as_u16(), header(&answer, "oci-tag")), (201, "a, b".to_owned()));
    for tag in ["a", "b"] {
        assert_eq!(server.status(&ci, Method::GET, &format!("/v2/app/manifests/{tag}")).await, 200);
    }
    let many = (0..20).map(|i| format!("tag=t{i}")).collect::<Vec<_>>().join("&");
    for query in ["tag=-bad", many.as_str()] {
        let reference = format!("{}?{query}", image.digest);
        assert_eq!(server.try_put(&ci, "app", &reference, OCI_MANIFEST, image.bytes.clone()).await.status(), 400);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn referrers_follow_their_subject_and_its_state() {
    let server = Server::start().await;
    let ci = server.principal(Role::Contributor, "app");
    let reader = server.principal(Role::Reader, "app");
    let image = server.push_image(&ci, "app", Some("v1"), b"layer").await;
    let empty = server.push_blob(&ci, "app", b"{}").await;
    let bom = server.push_blob(&ci, "app", b"a bill of materials").await;
    let artifact = json!({
        "schemaVersion": 2,
        "mediaType": OCI_MANIFEST,
        "artifactType": "text/spdx+json",
        "config": { "mediaType": "application/vnd.oci.empty.v1+json", "digest": empty, "size": 2 },
        "layers": [{ "mediaType": "text/spdx+json", "digest": bom, "size": 19 }],
        "subject": { "mediaType": OCI_MANIFEST, "digest": image.digest, "size": image.bytes.len() },
        "annotations": { "made": "today" },
    })
    .to_string();
    let reference = sha256(artifact.as_bytes());
    let answer = server.try_put(&ci, "app", &reference.to_string(), OCI_MANIFEST, artifact).await;
    assert_eq!((answer.status().as_u16(), header(&answer, "oci-subject")), (201, image.digest.to_string()));

    let path = format!("/v2/app/referrers/{}", image.digest);
    let count = |body: &Value| body["manifests"].as_array().unwrap().len();
    let listed: Value = server.get(&ci, &path).await.json().await.unwrap();
    let wanted = json!({
        "mediaType": OCI_MANIFEST,
        "digest": reference,
        "size": listed["manifests"][0]["size"],
        "artifactType": "text/spdx+json",
        "annotations": { "made": "today" },
    });
    assert_eq!((listed["mediaType"].as_str(), &listed["manifests"][0]), (Some(OCI_INDEX), &wanted));
    let filtered = server.get(&ci, &format!("{path}?artifactType=other/type")).await;
    assert_eq!(header(&filtered, "oci-filters-applied"), "artifactType");
    assert_eq!(count(&filtered.json().await.unwrap()), 0);
    let matching = server.get(&ci, &format!("{path}?artifactType=text%2Fspdx%2Bjson")).await;
    assert_eq!(count(&matching.json().await.unwrap()), 1);
    assert_eq!(count(&server.get(&reader, &path).await.json().await.unwrap()), 0);
    server.set_state("app", &image.digest, ImageState::Approved);
    assert_eq!(count(&server.get(&reader, &path).await.json().await.unwrap()), 1);
    assert_eq!(server.status(&reader, Method::GET, &format!("/v2/app/blobs/{bom}")).await, 200);
    let unknown = server.get(&ci, &format!("/v2/app/referrers/{}", sha256(b"?"))).await;
    assert_eq!((unknown.status().as_u16(), count(&unknown.json().await.unwrap())), (200, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_runtime_could_unpack_is_judged_whatever_it_calls_itself() {
    let server = Server::start().await;
    let ci = server.principal(Role::Contributor, "app");
    let reader = server.principal(Role::Reader, "app");
    let good = server.push_image(&ci, "app", Some("v1"), b"good layer").await;
    let bad = server.push_image(&ci, "app", None, b"bad layer").await;
    server.set_state("app", &good.digest, ImageState::Approved);
    server.set_state("app", &bad.digest, ImageState::Blocked);
    let disguise = |config: &str, layer: &str| {
        let mut manifest: Value = serde_json::from_str(&bad.bytes).unwrap();
        manifest["config"]["mediaType"] = json!(config);
        manifest["layers"][0]["mediaType"] = json!(layer);
        manifest["subject"] = json!({ "mediaType": OCI_MANIFEST, "digest": good.digest, "size": good.bytes.len() });
        manifest.to_string()
    };
    for (config, layer) in [("application/x-sbom", OCI_LAYER), (OCI_CONFIG, OCI_LAYER), (OCI_CONFIG, "text/plain")] {
        let digest = server.put_manifest(&ci, "app", None, OCI_MANIFEST, &disguise(config, layer)).await;
        assert_eq!(server.status(&reader, Method::GET, &format!("/v2/app/manifests/{digest}")).await, 403);
    }
    // A true artifact is served with its subject, but opens no layer of a blocked image.
    let digest =
        server.put_manifest(&ci, "app", None, OCI_MANIFEST, &disguise("application/x-sbom", "text/plain")).await;
    assert_eq!(server.status(&reader, Method::GET, &format!("/v2/app/manifests/{digest}")).await, 200);
    assert_eq!(server.status(&reader, Method::GET, &format!("/v2/app/blobs/{}", bad.layer)).await, 403);
    // An index that holds blobs beside an approved image is no index to the gate.
    let index = json!({
        "schemaVersion": 2,
        "mediaType": OCI_INDEX,
        "manifests": [
            { "mediaType": OCI_MANIFEST, "digest": good.digest, "size": good.bytes.len() },
            { "mediaType": OCI_LAYER, "digest": bad.layer, "size": 9 },
        ],
    });
    let digest = server.put_manifest(&ci, "app", Some("mixed"), OCI_INDEX, &index.to_string()).await;
    let row = server.store.manifest(&crate::support::repository("app"), &digest).unwrap().unwrap();
    assert_eq!(row.kind, lazaret_store::ManifestKind::Artifact);
    assert_eq!(server.status(&reader, Method::GET, "/v2/app/manifests/mixed").await, 403);
}

#[tokio::test(flavor = "multi_thread")]
async fn deletion_by_tag_and_by_digest() {
    let server = Server::start().await;
    let ci = server.principal(Role::Contributor, "app");
    let deleter = server.principal(Role::Deleter, "app");
    let image = server.push_image(&ci, "app", Some("v1"), b"layer").await;
    server.put_manifest(&ci, "app", Some("v2"), OCI_MANIFEST, &image.bytes).await;
    let by_digest = format!("/v2/app/manifests/{}", image.digest);
    assert_eq!(server.status(&ci, Method::DELETE, "/v2/app/manifests/v1").await, 403);
    assert_eq!(server.status(&deleter, Method::DELETE, "/v2/app/manifests/v1").await, 202);
    assert_eq!(server.status(&ci, Method::HEAD, "/v2/app/manifests/v1").await, 404);
    assert_eq!(server.status(&ci, Method::HEAD, &by_digest).await, 200);
    assert_eq!(server.status(&deleter, Method::DELETE, &by_digest).await, 202);
    for path in ["/v2/app/manifests/v2", by_digest.as_str()] {
        assert_eq!(server.status(&ci, Method::HEAD, path).await, 404);
        assert_eq!(server.status(&deleter, Method::DELETE, path).await, 404);
    }
}
