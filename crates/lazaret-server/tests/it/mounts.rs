//! Mounts without `from`: the registry finds the source itself, where the caller may read the blob, and tells nothing
//! of any other place.

use lazaret_model::{Digest, ImageState, Role};
use lazaret_oci::sha256;
use reqwest::Method;

use crate::support::{Server, Who, binding, header, repository};

async fn mount(server: &Server, who: &Who, digest: &Digest) -> u16 {
    server.status(who, Method::POST, &path(digest)).await
}

fn path(digest: &Digest) -> String {
    format!("/v2/own/app/blobs/uploads/?mount={digest}")
}

fn in_own(server: &Server, digest: &Digest) -> bool {
    server.store.repository_has_blob(&repository("own/app"), digest).unwrap()
}

/// Pushes to `own/*`, reads `roles` elsewhere.
fn pusher(server: &Server, others: &[(Role, &str)]) -> Who {
    let mut bindings = vec![binding(Role::Contributor, "own/*")];
    bindings.extend(others.iter().map(|(role, on)| binding(*role, on)));
    server.principal_with(&bindings)
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_mounted_from_where_the_caller_may_read_it() {
    let server = Server::start().await;
    let ci = server.principal(Role::Contributor, "*");
    let image = server.push_image(&ci, "team/app", Some("v1"), b"the layer").await;
    let stranger = pusher(&server, &[(Role::Reader, "teams/*"), (Role::Reader, "team"), (Role::Auditor, "*")]);
    let reader = pusher(&server, &[(Role::Reader, "team/*")]);
    let nothing = sha256(b"nowhere");
    for state in ImageState::ALL {
        server.set_state("team/app", &image.digest, state);
        for digest in [&image.layer, &image.config, &nothing] {
            assert_eq!(mount(&server, &stranger, digest).await, 202, "{state}");
            assert!(!in_own(&server, digest));
            let wanted = if state.is_served() && *digest != nothing { 201 } else { 202 };
            assert_eq!(mount(&server, &reader, digest).await, wanted, "{state}");
            assert_eq!(in_own(&server, digest), wanted == 201);
            server.store.delete_blob(&repository("own/app"), digest).unwrap();
        }
    }
    // What it is told is the same whether the blob is elsewhere or nowhere.
    server.set_state("team/app", &image.digest, ImageState::Quarantined);
    for digest in [&image.layer, &nothing] {
        let answer = server.ask(&reader, Method::POST, &path(digest)).send().await.unwrap();
        assert!(header(&answer, "location").starts_with("/v2/own/app/blobs/uploads/"));
        let names: Vec<&str> = answer.headers().keys().map(http::HeaderName::as_str).collect();
        assert!(!names.contains(&"docker-content-digest") && !names.contains(&"warning"), "{names:?}");
    }
    // Who may read what is not approved may mount it; its own readers still do not get it.
    assert_eq!(mount(&server, &pusher(&server, &[(Role::QuarantineReader, "team/app")]), &image.layer).await, 201);
    let own_reader = server.principal(Role::Reader, "own/*");
    let got = server.status(&own_reader, Method::GET, &format!("/v2/own/app/blobs/{}", image.layer)).await;
    assert!([403, 404].contains(&got), "{got}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_mounts_from_what_it_was_made_for() {
    let server = Server::start().await;
    let ci = server.principal(Role::Contributor, "*");
    let image = server.push_image(&ci, "team/app", Some("v1"), b"the layer").await;
    server.set_state("team/app", &image.digest, ImageState::Approved);
    let reader = pusher(&server, &[(Role::Reader, "team/*")]);
    let own = "repository:own/app:pull,push";
    let token = server.token(&reader, &[own]).await;
    assert_eq!(server.bearer(&token, Method::POST, &path(&image.layer)).await.status(), 202);
    let token = server.token(&reader, &[own, "repository:team/app:pull"]).await;
    assert_eq!(server.bearer(&token, Method::POST, &path(&image.layer)).await.status(), 201);
    let stranger = server.token(&pusher(&server, &[]), &[own, "repository:team/app:pull"]).await;
    assert_eq!(server.bearer(&stranger, Method::POST, &path(&image.config)).await.status(), 202);
}
