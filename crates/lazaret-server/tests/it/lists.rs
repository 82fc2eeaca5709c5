//! `tags/list` and `_catalog`.

use lazaret_model::{ImageState, Role};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Server, Who, code, header};

async fn tags(server: &Server, who: &Who, query: &str) -> (Value, String) {
    let answer = server.get(who, &format!("/v2/team/app/tags/list{query}")).await;
    assert_eq!(answer.status(), 200);
    let link = header(&answer, "link");
    (answer.json::<Value>().await.unwrap()["tags"].clone(), link)
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_tags_and_what_a_reader_sees() {
    let server = Server::start().await;
    let ci = server.principal(Role::Contributor, "team/*");
    let reader = server.principal(Role::Reader, "team/app");
    let mut digests = Vec::new();
    for tag in ["a", "b", "c", "d"] {
        digests.push(server.push_image(&ci, "team/app", Some(tag), tag.as_bytes()).await.digest);
    }
    assert_eq!(tags(&server, &ci, "").await, (json!(["a", "b", "c", "d"]), String::new()));
    let (first, link) = tags(&server, &ci, "?n=2").await;
    assert_eq!((first, link.as_str()), (json!(["a", "b"]), "</v2/team/app/tags/list?n=2&last=b>; rel=\"next\""));
    assert_eq!(tags(&server, &ci, "?n=2&last=b").await, (json!(["c", "d"]), String::new()));
    assert_eq!(tags(&server, &ci, "?n=0").await, (json!([]), String::new()));
    assert_eq!(server.status(&ci, Method::GET, "/v2/team/app/tags/list?n=x").await, 400);

    assert_eq!(tags(&server, &reader, "").await.0, json!([]));
    server.set_state("team/app", &digests[1], ImageState::Approved);
    server.set_state("team/app", &digests[2], ImageState::Due);
    server.set_state("team/app", &digests[3], ImageState::Approved);
    assert_eq!(tags(&server, &reader, "").await.0, json!(["b", "c", "d"]));
    server.set_state("team/app", &digests[1], ImageState::Revoked);
    assert_eq!(tags(&server, &reader, "").await.0, json!(["c", "d"]));
    let (first, link) = tags(&server, &reader, "?n=1").await;
    assert_eq!((first, link.contains("last=c")), (json!(["c"]), true));

    let unknown = server.get(&ci, "/v2/team/other/tags/list").await;
    assert_eq!((unknown.status().as_u16(), code(unknown).await), (404, "NAME_UNKNOWN".to_owned()));
    assert_eq!(server.status(&reader, Method::GET, "/v2/team/other/tags/list").await, 403);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_catalog_shows_what_may_be_pulled() {
    let server = Server::start().await;
    let ci = server.principal(Role::Contributor, "*");
    let reader = server.principal(Role::Reader, "team/*");
    let lister = server.principal(Role::CatalogLister, "*");
    let nobody = server.principal(Role::Deleter, "*");
    for name in ["a", "team/x", "team/y"] {
        server.push_blob(&ci, name, b"blob").await;
        server.push_image(&ci, name, None, b"layer").await;
    }
    for (who, wanted) in [
        (&ci, json!(["a", "team/x", "team/y"])),
        (&lister, json!(["a", "team/x", "team/y"])),
        (&reader, json!(["team/x", "team/y"])),
        (&nobody, json!([])),
    ] {
        let body: Value = server.get(who, "/v2/_catalog").await.json().await.unwrap();
        assert_eq!(body["repositories"], wanted);
    }
    let page = server.get(&lister, "/v2/_catalog?n=1&last=a").await;
    assert_eq!(header(&page, "link"), "</v2/_catalog?n=1&last=team%2Fx>; rel=\"next\"");
    assert_eq!(page.json::<Value>().await.unwrap()["repositories"], json!(["team/x"]));
    // A token for one repository tells of no other.
    let token = server.token(&reader, &["repository:team/x:pull"]).await;
    let refused = server.bearer(&token, Method::GET, "/v2/_catalog").await;
    assert_eq!(refused.status(), 401);
    assert!(header(&refused, "www-authenticate").contains("scope=\"registry:catalog:*\""));
    let token = server.token(&reader, &["registry:catalog:*"]).await;
    let body: Value = server.bearer(&token, Method::GET, "/v2/_catalog").await.json().await.unwrap();
    assert_eq!(body["repositories"], json!(["team/x", "team/y"]));
    // A lister sees names, no image.
    assert_eq!(server.status(&lister, Method::GET, "/v2/a/tags/list").await, 403);
}
