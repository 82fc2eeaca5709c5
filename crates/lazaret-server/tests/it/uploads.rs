//! Every way to push a blob, and every way it can go wrong.

use std::time::Duration;

use bytes::Bytes;
use futures_util::stream;
use lazaret_model::{Clock, Repository, Role};
use lazaret_oci::sha256;
use lazaret_store::Work;
use reqwest::{Body, Method};

use crate::support::{Server, code, header};

fn pattern(length: usize) -> Vec<u8> {
    (0..length).map(|i| u8::try_from(i * 7 % 251).unwrap()).collect()
}

/// A chunked body of the pieces, with an error at the end if `cut`.
fn streamed(bytes: &[u8], piece: usize, cut: bool) -> Body {
    let mut pieces: Vec<Result<Bytes, std::io::Error>> =
        bytes.chunks(piece).map(|c| Ok(Bytes::copy_from_slice(c))).collect();
    if cut {
        pieces.push(Err(std::io::Error::other("cut")));
    }
    Body::wrap_stream(stream::iter(pieces))
}

#[tokio::test(flavor = "multi_thread")]
async fn monolithic_by_put_and_by_post() {
    let server = Server::start().await;
    let ci = server.principal(Role::Contributor, "team/*");
    let bytes = pattern(100_000);
    let digest = server.push_blob(&ci, "team/app", &bytes).await;
    let back = server.get(&ci, &format!("/v2/team/app/blobs/{digest}")).await.bytes().await.unwrap();
    assert_eq!(back, bytes);

    let other = pattern(5_000);
    let digest = sha256(&other);
    let path = format!("/v2/team/app/blobs/uploads/?digest={digest}");
    let answer = server.ask(&ci, Method::POST, &path).body(other.clone()).send().await.unwrap();
    assert_eq!(answer.status(), 201);
    assert_eq!(header(&answer, "location"), format!("/v2/team/app/blobs/{digest}"));
    assert_eq!(header(&answer, "docker-content-digest"), digest.to_string());
    let empty = server.push_blob(&ci, "team/app", b"").await;
    assert_eq!(server.status(&ci, Method::GET, &format!("/v2/team/app/blobs/{empty}")).await, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn streamed_as_docker_does() {
    let server = Server::start().await;
    let ci = server.principal(Role::Contributor, "app");
    let bytes = pattern(3_000_000);
    let digest = sha256(&bytes);
    let location = server.begin(&ci, "app").await;
    assert!(!location.contains('?'));
    let patched = server.ask(&ci, Method::PATCH, &location).body(streamed(&bytes, 70_001, false)).send().await.unwrap();
    assert_eq!(patched.status(), 202);
    assert_eq!(header(&patched, "range"), format!("0-{}", bytes.len() - 1));
    assert!(!header(&patched, "docker-upload-uuid").is_empty());
    let put = server.ask(&ci, Method::PUT, &format!("{location}?digest={digest}")).send().await.unwrap();
    assert_eq!(put.status(), 201);
    // An answer that was lost is asked for again.
    let again = server.ask(&ci, Method::PUT, &format!("{location}?digest={digest}")).send().await.unwrap();
    assert_eq!(again.status(), 201);
    let lines = server.taps.lines();
    assert_eq!(lines.first().map(String::as_str), Some("start"));
    assert_eq!(lines.last(), Some(&format!("complete {digest}")));
    assert_eq!(lines[lines.len() - 2], format!("received {}", bytes.len()));
}

#[tokio::test(flavor = "multi_thread")]
async fn chunks_in_order_and_out_of_order() {
    let server = Server::start().await;
    let ci = server.principal(Role::Contributor, "app");
    let bytes = pattern(9_000);
    let digest = sha256(&bytes);
    let location = server.begin(&ci, "app").await;
    let status = server.get(&ci, &location).await;
    assert_eq!((status.status().as_u16(), header(&status, "range")), (204, "0-0".to_owned()));
    let chunk = |from: usize, to: usize| {
        server
            .ask(&ci, Method::PATCH, &location)
            .header("content-range", format!("{from}-{}", to - 1))
            .body(bytes[from..to].to_vec())
            .send()
    };
    assert_eq!(chunk(0, 3_000).await.unwrap().status(), 202);
    for (from, to) in [(6_000, 9_000), (0, 3_000)] {
        let refused = chunk(from, to).await.unwrap();
        assert_eq!((refused.status().as_u16(), header(&refused, "range")), (416, "0-2999".to_owned()));
        assert_eq!(header(&refused, "location"), location);
        assert_eq!(code(refused).await, "BLOB_UPLOAD_INVALID");
    }
    let status = server.get(&ci, &location).await;
    assert_eq!((status.status().as_u16(), header(&status, "range")), (204, "0-2999".to_owned()));
    assert_eq!(chunk(3_000, 6_000).await.unwrap().status(), 202);
    let put = |from: usize| {
        server
            .ask(&ci, Method::PUT, &format!("{location}?digest={digest}"))
            .header("content-range", format!("{from}-{}", bytes.len() - 1))
            .body(bytes[from..].to_vec())
            .send()
    };
    assert_eq!(put(7_000).await.unwrap().status(), 416);
    assert_eq!(put(6_000).await.unwrap().status(), 201);
    assert_eq!(server.get(&ci, &format!("/v2/app/blobs/{digest}")).await.bytes().await.unwrap(), bytes);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_body_leaves_a_session_that_goes_on() {
    let server = Server::start().await;
    let ci = server.principal(Role::Contributor, "app");
    let bytes = pattern(2_000_000);
    let location = server.begin(&ci, "app").await;
    let cut = server.ask(&ci, Method::PATCH, &location).body(streamed(&bytes[..1_500_000], 50_000, true)).send().await;
    assert!(cut.is_err());
    let mut offset = 0;
    for _ in 0..100 {
        let status = server.get(&ci, &location).await;
        assert_eq!(status.status(), 204);
        let range = header(&status, "range");
        let now: usize = range.strip_prefix("0-").unwrap().parse().unwrap();
        if now > 0 && now + 1 == offset {
            break;
        }
        offset = if now == 0 { 0 } else { now + 1 };
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(offset > 0 && offset <= 1_500_000, "{offset}");
    let server = server.restart().await;
    let rest = server
        .ask(&ci, Method::PATCH, &location)
        .header("content-range", format!("{offset}-{}", bytes.len() - 1))
        .body(bytes[offset..].to_vec())
        .send()
        .await
        .unwrap();
    assert_eq!(rest.status(), 202);
    let digest = sha256(&bytes);
    let put = server.ask(&ci, Method::PUT, &format!("{location}?digest={digest}")).send().await.unwrap();
    assert_eq!(put.status(), 201);
    assert_eq!(server.get(&ci, &format!("/v2/app/blobs/{digest}")).await.bytes().await.unwrap(), bytes);
    assert!(server.taps.lines().is_empty(), "a session from before the restart is not tapped");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_digest_is_refused_on_every_way() {
    let server = Server::start().await;
    let ci = server.principal(Role::Contributor, "app");
    let (bytes, wrong) = (pattern(2_000), sha256(b"something else"));
    let post = format!("/v2/app/blobs/uploads/?digest={wrong}");
    let answer = server.ask(&ci, Method::POST, &post).body(bytes.clone()).send().await.unwrap();
    assert_eq!((answer.status().as_u16(), code(answer).await), (400, "DIGEST_INVALID".to_owned()));
    for streamed_first in [false, true] {
        let location = server.begin(&ci, "app").await;
        let mut put = server.ask(&ci, Method::PUT, &format!("{location}?digest={wrong}"));
        if streamed_first {
            server.ask(&ci, Method::PATCH, &location).body(bytes.clone()).send().await.unwrap();
        } else {
            put = put.body(bytes.clone());
        }
        let answer = put.send().await.unwrap();
        assert_eq!((answer.status().as_u16(), code(answer).await), (400, "DIGEST_INVALID".to_owned()));
        assert_eq!(server.status(&ci, Method::GET, &location).await, 404);
    }
    for bad in ["sha256:baddigeststring", "md5:00", ""] {
        let location = server.begin(&ci, "app").await;
        let answer = server.ask(&ci, Method::PUT, &format!("{location}?digest={bad}")).send().await.unwrap();
        assert_eq!((answer.status().as_u16(), code(answer).await), (400, "DIGEST_INVALID".to_owned()), "{bad}");
    }
    let location = server.begin(&ci, "app").await;
    assert_eq!(server.status(&ci, Method::PUT, &location).await, 400);
    assert_eq!(server.status(&ci, Method::GET, &format!("/v2/app/blobs/{wrong}")).await, 404);
    assert_eq!(server.status(&ci, Method::GET, &format!("/v2/app/blobs/{}", sha256(&bytes))).await, 404);
    assert_eq!(server.taps.lines().iter().filter(|l| *l == "abandon").count(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn cancelling_needs_only_push_and_ends_the_session() {
    let server = Server::start().await;
    let ci = server.principal(Role::Contributor, "app");
    let location = server.begin(&ci, "app").await;
    server.ask(&ci, Method::PATCH, &location).body(pattern(600)).send().await.unwrap();
    assert_eq!(server.status(&ci, Method::DELETE, &location).await, 204);
    assert_eq!(server.status(&ci, Method::DELETE, &location).await, 404);
    let gone = server.ask(&ci, Method::PATCH, &location).body("x").send().await.unwrap();
    assert_eq!((gone.status().as_u16(), code(gone).await), (404, "BLOB_UPLOAD_UNKNOWN".to_owned()));
    assert_eq!(server.taps.lines(), ["start", "received 600", "abandon"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_belongs_to_its_repository() {
    let server = Server::start().await;
    let ci = server.principal(Role::Contributor, "*");
    let location = server.begin(&ci, "app").await;
    let elsewhere = location.replace("/v2/app/", "/v2/other/");
    for method in [Method::GET, Method::PATCH, Method::DELETE] {
        assert_eq!(server.status(&ci, method, &elsewhere).await, 404);
    }
    assert_eq!(server.status(&ci, Method::GET, &location).await, 204);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_cannot_push() {
    let server = Server::start().await;
    let reader = server.principal(Role::Reader, "*");
    let ci = server.principal(Role::Contributor, "app");
    let location = server.begin(&ci, "app").await;
    assert_eq!(server.status(&reader, Method::POST, "/v2/app/blobs/uploads/").await, 403);
    for method in [Method::GET, Method::PATCH, Method::PUT, Method::DELETE] {
        assert_eq!(server.status(&reader, method, &location).await, 403);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_tap_followed_is_given_to_a_job() {
    let server = Server::start().await;
    let ci = server.principal(Role::Contributor, "app");
    // A session that this process did not begin, as after a restart.
    let session = server.store.begin_upload(&Repository::parse("app").unwrap(), &ci.id).unwrap();
    let bytes = pattern(5_000);
    let digest = sha256(&bytes);
    let path = format!("/v2/app/blobs/uploads/{}?digest={digest}", session.id);
    assert_eq!(server.ask(&ci, Method::PUT, &path).body(bytes).send().await.unwrap().status(), 201);
    let job = server.store.claim(server.clock.now(), Duration::from_mins(1)).unwrap().unwrap();
    assert_eq!(job.work, Work::AnalyseLayer { digest, media_type: String::new() });
    assert!(server.taps.lines().is_empty());
}
