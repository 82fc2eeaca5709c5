//! Blobs that are there: ranges, conditions, deletion.

use lazaret_model::Role;
use reqwest::Method;

use crate::support::{Server, header};

#[tokio::test(flavor = "multi_thread")]
async fn ranges_conditions_and_heads() {
    let server = Server::start().await;
    let ci = server.principal(Role::Contributor, "app");
    let bytes: Vec<u8> = (0..3_000).map(|i| u8::try_from(i % 256).unwrap()).collect();
    let digest = server.push_blob(&ci, "app", &bytes).await;
    let path = format!("/v2/app/blobs/{digest}");
    let cases = [
        ("bytes=500-1499", 500..1500),
        ("bytes=500-", 500..3000),
        ("bytes=-500", 2500..3000),
        ("bytes=2000-5000", 2000..3000),
    ];
    for (range, part) in cases {
        let answer = server.ask(&ci, Method::GET, &path).header("range", range).send().await.unwrap();
        assert_eq!(answer.status(), 206, "{range}");
        assert_eq!(header(&answer, "content-range"), format!("bytes {}-{}/3000", part.start, part.end - 1));
        assert_eq!(header(&answer, "content-length"), part.len().to_string());
        assert_eq!(answer.bytes().await.unwrap(), bytes[part]);
    }
    for range in ["bytes=500-0", "bytes=5000-10000"] {
        let answer = server.ask(&ci, Method::GET, &path).header("range", range).send().await.unwrap();
        assert_eq!((answer.status().as_u16(), header(&answer, "content-range")), (416, "bytes */3000".to_owned()));
    }
    let several = server.ask(&ci, Method::GET, &path).header("range", "bytes=0-1,5-6").send().await.unwrap();
    assert_eq!(several.status(), 200);
    let stale = server.ask(&ci, Method::GET, &path).header("range", "bytes=0-1").header("if-range", "\"x\"");
    assert_eq!(stale.send().await.unwrap().status(), 200);

    let head = server.ask(&ci, Method::HEAD, &path).send().await.unwrap();
    let get = server.ask(&ci, Method::GET, &path).header("accept-encoding", "zstd, gzip").send().await.unwrap();
    assert_eq!(header(&get, "content-encoding"), "");
    for answer in [&head, &get] {
        assert_eq!(answer.status(), 200);
        assert_eq!(header(answer, "content-length"), "3000");
        assert_eq!(header(answer, "docker-content-digest"), digest.to_string());
        assert_eq!(header(answer, "etag"), format!("\"{digest}\""));
        assert_eq!(header(answer, "accept-ranges"), "bytes");
        assert_eq!(header(answer, "cache-control"), "private, no-cache");
        assert_eq!(header(answer, "docker-distribution-api-version"), "registry/2.0");
    }
    for tag in [format!("\"{digest}\""), format!("\"a\", W/\"{digest}\""), "*".to_owned()] {
        let answer = server.ask(&ci, Method::GET, &path).header("if-none-match", tag).send().await.unwrap();
        assert_eq!(answer.status(), 304);
        assert_eq!(answer.bytes().await.unwrap().len(), 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_blob_comes_back_whole() {
    let server = Server::start().await;
    let ci = server.principal(Role::Contributor, "app");
    let bytes: Vec<u8> = (0_u32..1_500_000).flat_map(u32::to_le_bytes).collect();
    let digest = server.push_blob(&ci, "app", &bytes).await;
    let answer = server.get(&ci, &format!("/v2/app/blobs/{digest}")).await;
    assert_eq!(answer.bytes().await.unwrap(), bytes);
}

#[tokio::test(flavor = "multi_thread")]
async fn deletion_needs_its_role_and_no_manifest_in_the_way() {
    let server = Server::start().await;
    let ci = server.principal(Role::Contributor, "app");
    let deleter = server.principal(Role::Deleter, "app");
    let image = server.push_image(&ci, "app", Some("v1"), b"layer").await;
    let loose = server.push_blob(&ci, "app", b"loose").await;
    let path = format!("/v2/app/blobs/{loose}");
    assert_eq!(server.status(&ci, Method::DELETE, &path).await, 403);
    assert_eq!(server.status(&deleter, Method::DELETE, &path).await, 202);
    assert_eq!(server.status(&ci, Method::HEAD, &path).await, 404);
    assert_eq!(server.status(&deleter, Method::DELETE, &path).await, 404);
    assert_eq!(server.status(&deleter, Method::DELETE, &format!("/v2/app/blobs/{}", image.layer)).await, 409);
    assert_eq!(server.status(&deleter, Method::GET, &format!("/v2/app/blobs/{}", image.layer)).await, 403);
}
