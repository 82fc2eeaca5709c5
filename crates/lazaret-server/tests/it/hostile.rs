//! Requests that are not meant well: each gets a clear answer, and the server goes on.

use std::io::{Read, Write};

use lazaret_model::Role;
use reqwest::Method;
use serde_json::Value;

use crate::support::{OCI_MANIFEST, Server};

#[tokio::test(flavor = "multi_thread")]
async fn bad_names_and_methods() {
    let server = Server::start().await;
    let ci = server.principal(Role::Contributor, "*");
    for (path, status) in [
        ("/v2/UPPER/tags/list", 400),
        ("/v2/a%2F..%2Fb/tags/list", 400),
        ("/v2/a%00b/tags/list", 400),
        ("/v2/a%zzb/tags/list", 400),
        ("/v2/a/blobs/sha256:short", 400),
        ("/v2/a/blobs/md5:00", 400),
        ("/v2/a/unknown/x", 404),
        ("/v2/a", 404),
    ] {
        let answer = server.get(&ci, path).await;
        assert_eq!(answer.status(), status, "{path}");
        let body: Value = answer.json().await.unwrap();
        assert!(body["errors"][0]["message"].is_string());
    }
    let long = format!("/v2/{}/tags/list", "a/".repeat(400));
    assert_eq!(server.status(&ci, Method::GET, &long).await, 400);
    for (method, path) in [
        (Method::POST, "/v2/"),
        (Method::PUT, "/v2/_catalog"),
        (Method::PATCH, "/v2/a/manifests/v1"),
        (Method::GET, "/v2/a/blobs/uploads/"),
        (Method::DELETE, "/v2/a/tags/list"),
    ] {
        let answer = server.ask(&ci, method, path).send().await.unwrap();
        assert_eq!((answer.status().as_u16(), answer.headers().contains_key("allow")), (405, true), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn deep_and_ambiguous_json() {
    let server = Server::start().await;
    let ci = server.principal(Role::Contributor, "*");
    let deep = format!("{{\"schemaVersion\":2,\"x\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
    let doubled = r#"{"schemaVersion":2,"config":{},"config":{},"layers":[]}"#.to_owned();
    let both = r#"{"schemaVersion":2,"config":{},"layers":[],"manifests":[]}"#.to_owned();
    for body in [deep, doubled, both, "\u{0}".repeat(1000), "null".to_owned()] {
        assert_eq!(server.try_put(&ci, "app", "v1", OCI_MANIFEST, body).await.status(), 400);
    }
    let deep = format!("{}{}", "[".repeat(20_000), "]".repeat(20_000));
    let admin = server.principal(Role::Administrator, "*");
    let answer = server.ask(&admin, Method::POST, "/api/v1/principals").body(deep).send().await.unwrap();
    assert_eq!(answer.status(), 400);
    let large = " ".repeat(1 << 20);
    let answer = server.ask(&admin, Method::POST, "/api/v1/principals").body(large).send().await.unwrap();
    assert_eq!(answer.status(), 413);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_blob_above_the_limit_is_refused_in_both_forms() {
    let settings = lazaret_server::ServerSettings { max_blob: 1000, ..Default::default() };
    let server = Server::start_with(settings).await;
    let ci = server.principal(Role::Contributor, "app");
    let location = server.begin(&ci, "app").await;
    let announced = server.ask(&ci, Method::PATCH, &location).body(vec![0; 1001]).send().await.unwrap();
    assert_eq!(announced.status(), 413);
    let pieces = futures_util::stream::iter((0..3).map(|_| Ok::<_, std::io::Error>(vec![0; 400])));
    let streamed = server.ask(&ci, Method::PATCH, &location).body(reqwest::Body::wrap_stream(pieces));
    assert_eq!(streamed.send().await.unwrap().status(), 413);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_that_never_ends_is_let_go() {
    let timeout = std::time::Duration::from_millis(300);
    let settings = lazaret_server::ServerSettings { header_timeout: timeout, ..Default::default() };
    let server = Server::start_with(settings).await;
    let address = server.address;
    let waited = tokio::task::spawn_blocking(move || {
        let mut stream = std::net::TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(std::time::Duration::from_secs(10))).unwrap();
        stream.write_all(b"GET / HTTP/1.1\r\nHost: a\r\nX-Slow: ").unwrap();
        let mut rest = Vec::new();
        stream.read_to_end(&mut rest).map(|_| ())
    });
    waited.await.unwrap().unwrap();
    assert_eq!(server.http.get(server.url("/healthz")).send().await.unwrap().status(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_stands_still_gives_the_session_free() {
    let timeout = std::time::Duration::from_millis(300);
    let settings = lazaret_server::ServerSettings { body_timeout: timeout, ..Default::default() };
    let server = Server::start_with(settings).await;
    let ci = server.principal(Role::Contributor, "app");
    let location = server.begin(&ci, "app").await;
    let stalled = futures_util::stream::pending::<Result<&str, std::io::Error>>();
    let started = futures_util::stream::iter([Ok("abc")]);
    let body = reqwest::Body::wrap_stream(futures_util::StreamExt::chain(started, stalled));
    let answer = server.ask(&ci, Method::PATCH, &location).body(body).send().await.unwrap();
    assert_eq!(answer.status(), 400);
    let status = server.get(&ci, &location).await;
    assert_eq!(crate::support::header(&status, "range"), "0-2");
}

#[tokio::test(flavor = "multi_thread")]
async fn malformed_proofs_are_no_proofs() {
    let server = Server::start().await;
    for value in ["Basic", "Basic !!!", "Basic YQ==", "Bearer", "Bearer ", "Digest x", "", &"Bearer x".repeat(4000)] {
        let answer = server.http.get(server.url("/v2/")).header("authorization", value).send().await.unwrap();
        assert!(matches!(answer.status().as_u16(), 401 | 431), "{value}: {}", answer.status());
    }
}
