//! The listener: readiness, and an end that cuts nobody off.

use std::time::Duration;

use lazaret_model::Role;
use lazaret_oci::sha256;
use reqwest::{Body, Method};

use crate::support::Server;

#[tokio::test(flavor = "multi_thread")]
async fn ready_healthy_and_nothing_else() {
    let server = Server::start().await;
    for (path, status) in [("/healthz", 200), ("/readyz", 200), ("/nothing", 404), ("/v3/", 404)] {
        assert_eq!(server.http.get(server.url(path)).send().await.unwrap().status(), status, "{path}");
    }
    assert_eq!(server.http.post(server.url("/healthz")).send().await.unwrap().status(), 405);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_in_flight_ends_well_after_the_shutdown_began() {
    let mut server = Server::start().await;
    let ci = server.principal(Role::Contributor, "app");
    let location = server.begin(&ci, "app").await;
    let digest = sha256(b"firstsecond");
    let (sender, receiver) = tokio::sync::mpsc::channel::<Result<&'static str, std::io::Error>>(1);
    let body = futures_util::stream::unfold(receiver, |mut r| async { r.recv().await.map(|piece| (piece, r)) });
    let put = server.ask(&ci, Method::PUT, &format!("{location}?digest={digest}")).body(Body::wrap_stream(body)).send();
    let put = tokio::spawn(put);
    sender.send(Ok("first")).await.unwrap();
    tokio::time::sleep(Duration::from_millis(200)).await;
    let rest = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        sender.send(Ok("second")).await.unwrap();
        drop(sender);
        put.await.unwrap().unwrap().status()
    };
    let ((), status) = tokio::join!(server.stop(), rest);
    assert_eq!(status, 201);
    assert!(server.http.get(server.url("/healthz")).send().await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn reads_of_what_is_not_approved_are_in_the_audit_log() {
    let mut server = Server::start().await;
    let ci = server.principal(Role::Contributor, "app");
    let image = server.push_image(&ci, "app", Some("v1"), b"layer").await;
    for _ in 0..3 {
        assert_eq!(server.status(&ci, Method::GET, "/v2/app/manifests/v1").await, 200);
    }
    server.stop().await;
    let rows = server.store.audit_rows(0, 1000).unwrap();
    let target = format!("app@{}", image.digest);
    let reads: Vec<_> = rows.iter().filter(|r| r.action == "read_unapproved" && r.target == target).collect();
    assert_eq!(reads.len(), 1, "one row, not one for each request");
    assert_eq!((reads[0].actor.as_str(), reads[0].detail.as_str()), (ci.id.as_str(), r#"{"requests":3}"#));
}
