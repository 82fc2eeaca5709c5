//! What may take the state of its subject: evidence, and nothing that a runtime would unpack, whatever it calls itself.

use lazaret_model::{Digest, ImageState, Role};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{OCI_CONFIG, OCI_INDEX, OCI_LAYER, OCI_MANIFEST, Server, Who};

const DOCKER_MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";
const GZIP: &[u8] = &[0x1f, 0x8b, 8, 0, 1, 2, 3, 4];
const ROOTFS: &[u8] = br#"{"os":"linux","RootFS":{"type":"layers","diff_ids":[]}}"#;

struct Push<'a> {
    media_type: &'a str,
    config: (&'a str, &'a [u8]),
    layer: (&'a str, &'a [u8]),
}

/// Pushes it with `subject`; its digest and that of its layer.
async fn push(server: &Server, ci: &Who, subject: &Digest, push: &Push<'_>) -> (Digest, Digest) {
    let config = server.push_blob(ci, "app", push.config.1).await;
    let layer = server.push_blob(ci, "app", push.layer.1).await;
    let bytes = json!({
        "schemaVersion": 2,
        "mediaType": push.media_type,
        "artifactType": "application/vnd.example",
        "config": { "mediaType": push.config.0, "digest": config, "size": push.config.1.len() },
        "layers": [{ "mediaType": push.layer.0, "digest": layer, "size": push.layer.1.len() }],
        "subject": { "mediaType": OCI_MANIFEST, "digest": subject, "size": 1 },
    })
    .to_string();
    (server.put_manifest(ci, "app", None, push.media_type, &bytes).await, layer)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_that_calls_itself_evidence_stays_where_it_is() {
    let server = Server::start().await;
    let (ci, reader) = (server.principal(Role::Contributor, "app"), server.principal(Role::Reader, "app"));
    let good = server.push_image(&ci, "app", Some("v1"), b"good").await;
    server.set_state("app", &good.digest, ImageState::Approved);
    let (foo, octets) = ("application/vnd.foo+json", "application/octet-stream");
    let disguises = [
        // Docker pulls these two.
        Push { media_type: OCI_MANIFEST, config: (foo, ROOTFS), layer: (octets, GZIP) },
        Push { media_type: DOCKER_MANIFEST, config: (octets, b"{}"), layer: (octets, b"x") },
        // containerd unpacks by the type of the layer.
        Push { media_type: OCI_MANIFEST, config: (foo, b"{}"), layer: (OCI_LAYER, b"y") },
        Push { media_type: OCI_MANIFEST, config: (OCI_CONFIG, b"{\"os\":\"linux\"}"), layer: (octets, b"BZh9") },
        // No image, but files all the same.
        Push { media_type: OCI_MANIFEST, config: (foo, b"{\"a\":1}"), layer: (octets, &[0x1f, 0x8b, 9]) },
    ];
    for disguise in &disguises {
        let (digest, layer) = push(&server, &ci, &good.digest, disguise).await;
        for path in [format!("/v2/app/manifests/{digest}"), format!("/v2/app/blobs/{layer}")] {
            let got = server.status(&reader, Method::GET, &path).await;
            assert_eq!(got, 403, "{} {} {}", disguise.media_type, disguise.config.0, disguise.layer.0);
            assert_eq!(server.status(&ci, Method::GET, &path).await, 200);
        }
    }
    let body: Value = server.get(&reader, &format!("/v2/app/referrers/{}", good.digest)).await.json().await.unwrap();
    assert_eq!(body["manifests"], json!([]));
    // The positive control.
    let real = Push { media_type: OCI_MANIFEST, config: (foo, b"{}"), layer: ("application/json", b"{\"sig\":1}") };
    let (digest, layer) = push(&server, &ci, &good.digest, &real).await;
    for path in [format!("/v2/app/manifests/{digest}"), format!("/v2/app/blobs/{layer}")] {
        assert_eq!(server.status(&reader, Method::GET, &path).await, 200);
    }
    server.set_state("app", &good.digest, ImageState::Blocked);
    assert_eq!(server.status(&reader, Method::GET, &format!("/v2/app/blobs/{layer}")).await, 403);
}

/// An image's config and one JSON layer, as cosign's signatures and BuildKit's attestations have.
async fn statement(server: &Server, ci: &Who, reference: Option<&str>, text: &[u8]) -> Digest {
    let (config, layer) = (server.push_blob(ci, "app", ROOTFS).await, server.push_blob(ci, "app", text).await);
    let bytes = json!({
        "schemaVersion": 2,
        "mediaType": OCI_MANIFEST,
        "config": { "mediaType": OCI_CONFIG, "digest": config, "size": ROOTFS.len() },
        "layers": [{ "mediaType": "application/vnd.in-toto+json", "digest": layer, "size": text.len() }],
    })
    .to_string();
    server.put_manifest(ci, "app", reference, OCI_MANIFEST, &bytes).await
}

#[tokio::test(flavor = "multi_thread")]
async fn signatures_and_attestations_with_an_images_config_go_by_their_image() {
    let server = Server::start().await;
    let (ci, reader) = (server.principal(Role::Contributor, "app"), server.principal(Role::Reader, "app"));
    let image = server.push_image(&ci, "app", Some("v1"), b"good").await;
    let signature = statement(&server, &ci, Some(&format!("sha256-{}.sig", image.digest.hex())), b"{\"a\":1}").await;
    let attestation = statement(&server, &ci, None, b"{\"b\":1}").await;
    let other = statement(&server, &ci, None, b"{\"c\":1}").await;
    let index = json!({
        "schemaVersion": 2,
        "mediaType": OCI_INDEX,
        "manifests": [
            { "mediaType": OCI_MANIFEST, "digest": image.digest, "size": 1 },
            { "mediaType": OCI_MANIFEST, "digest": attestation, "size": 1, "annotations": {
                "vnd.docker.reference.type": "attestation-manifest",
                "vnd.docker.reference.digest": image.digest,
            } },
        ],
    });
    server.put_manifest(&ci, "app", Some("multi"), OCI_INDEX, &index.to_string()).await;
    for state in ImageState::ALL {
        server.set_state("app", &image.digest, state);
        for digest in [&signature, &attestation] {
            let got = server.status(&reader, Method::GET, &format!("/v2/app/manifests/{digest}")).await;
            assert_eq!(got, if state.is_served() { 200 } else { 403 }, "{state}");
        }
        assert_eq!(server.status(&reader, Method::GET, &format!("/v2/app/manifests/{other}")).await, 403);
    }
}
