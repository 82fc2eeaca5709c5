//! Challenges, tokens, and how fast a right that was taken is gone.

use lazaret_model::{Prefix, Role};
use reqwest::Method;
use serde_json::Value;

use crate::support::{Server, binding, code, header};

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_challenged_everywhere() {
    let server = Server::start().await;
    let digest = lazaret_oci::sha256(b"x");
    let realm = format!("Bearer realm=\"http://{}/token\",service=\"lazaret\"", server.address);
    let mount = format!("/v2/b/blobs/uploads/?mount={digest}&from=a");
    for (method, path, scope) in [
        (Method::GET, "/v2/", ""),
        (Method::GET, "/v2/a/b/manifests/v1", "repository:a/b:pull"),
        (Method::PUT, "/v2/a/b/manifests/v1", "repository:a/b:pull,push"),
        (Method::DELETE, "/v2/a/b/manifests/v1", "repository:a/b:delete"),
        (Method::DELETE, "/v2/a/blobs/uploads/1", "repository:a:pull,push"),
        (Method::POST, &mount, "repository:b:pull,push repository:a:pull"),
        (Method::GET, "/v2/_catalog", "registry:catalog:*"),
        (Method::GET, "/v2/NOT/VALID", ""),
        (Method::GET, "/api/v1/whoami", "registry:api:*"),
    ] {
        let answer = server.http.request(method, server.url(path)).send().await.unwrap();
        assert_eq!(answer.status(), 401, "{path}");
        let wanted = if scope.is_empty() { realm.clone() } else { format!("{realm},scope=\"{scope}\"") };
        assert_eq!(header(&answer, "www-authenticate"), wanted);
        assert_eq!(code(answer).await, "UNAUTHORIZED");
    }
    let ping = server.http.get(server.url("/v2/")).send().await.unwrap();
    assert_eq!(header(&ping, "docker-distribution-api-version"), "registry/2.0");
    let evil = server.http.get(server.url("/v2/")).header("host", "a\"b").send().await.unwrap();
    assert_eq!(evil.status(), 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_by_get_and_by_post() {
    let server = Server::start().await;
    let ci = server.principal(Role::Contributor, "team/*");
    let answer = server.get(&ci, "/token?service=lazaret&scope=repository:team/app:pull,push&account=x").await;
    assert_eq!(header(&answer, "cache-control"), "no-store");
    let body: Value = answer.json().await.unwrap();
    assert_eq!(body["token"], body["access_token"]);
    assert!(body["expires_in"].as_u64().unwrap() >= 60 && body["issued_at"].as_str().unwrap().ends_with('Z'));
    assert!(body.get("refresh_token").is_none());
    let token = body["token"].as_str().unwrap();
    assert_eq!(server.bearer(token, Method::GET, "/v2/").await.status(), 200);
    assert_eq!(server.bearer(token, Method::POST, "/v2/team/app/blobs/uploads/").await.status(), 202);

    let post = |grant: &str, secret: &str| {
        let form: String = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs([("grant_type", grant), ("service", "lazaret"), ("client_id", "t"), ("username", &ci.id)])
            .extend_pairs([("password", secret), ("scope", "repository:team/a:pull,delete repository:team/b:push")])
            .finish();
        let request = server.http.post(server.url("/oauth2/token")).body(form);
        request.header("content-type", "application/x-www-form-urlencoded").send()
    };
    let body: Value = post("password", &ci.secret).await.unwrap().json().await.unwrap();
    assert_eq!(body["scope"], "repository:team/a:pull repository:team/b:push");
    let token = body["access_token"].as_str().unwrap();
    assert_eq!(server.bearer(token, Method::POST, "/v2/team/b/blobs/uploads/").await.status(), 202);
    assert_eq!(post("password", "wrong").await.unwrap().status(), 401);
    assert_eq!(post("refresh_token", &ci.secret).await.unwrap().status(), 400);
    assert_eq!(server.http.get(server.url("/token")).send().await.unwrap().status(), 401);
    let by_token = server.bearer(token, Method::GET, "/token?scope=repository:team/a:pull").await;
    assert_eq!(by_token.status(), 401, "a token begets no token");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_does_what_it_was_made_for_and_no_more() {
    let server = Server::start().await;
    let ci = server.principal(Role::Contributor, "team/*");
    let admin = server.principal(Role::Administrator, "*");
    let pull_only = server.token(&ci, &["repository:team/app:pull"]).await;
    let answer = server.bearer(&pull_only, Method::POST, "/v2/team/app/blobs/uploads/").await;
    assert_eq!(answer.status(), 401);
    let challenge = header(&answer, "www-authenticate");
    assert!(challenge.contains("scope=\"repository:team/app:pull,push\",error=\"insufficient_scope\""), "{challenge}");
    assert_eq!(server.bearer(&pull_only, Method::GET, "/v2/team/other/tags/list").await.status(), 401);
    // More than the bindings is not given, and is no error.
    let greedy = server.token(&ci, &["repository:team/app:pull,push,delete", "repository:other:pull"]).await;
    assert_eq!(server.bearer(&greedy, Method::DELETE, "/v2/team/app/manifests/v1").await.status(), 401);
    assert_eq!(server.bearer(&greedy, Method::GET, "/v2/other/tags/list").await.status(), 401);
    assert_eq!(server.bearer(&greedy, Method::POST, "/v2/team/app/blobs/uploads/").await.status(), 202);
    assert_eq!(server.bearer(&greedy, Method::GET, "/v2/_catalog").await.status(), 401);
    // Basic without the right is 403: the same secret again is of no use.
    assert_eq!(server.status(&ci, Method::GET, "/v2/other/tags/list").await, 403);
    // No image data for who administers, whatever it shows.
    let token = server.token(&admin, &["repository:team/app:pull"]).await;
    let answer = server.bearer(&token, Method::GET, "/v2/team/app/manifests/v1").await;
    assert_eq!((answer.status().as_u16(), code(answer).await), (403, "DENIED".to_owned()));
    for bad in ["x", "a.b.c", &format!("{pull_only}x")] {
        let answer = server.bearer(bad, Method::GET, "/v2/").await;
        assert_eq!(answer.status(), 401);
        assert!(header(&answer, "www-authenticate").contains("error=\"invalid_token\""));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_taken_is_gone_with_the_next_request() {
    let server = Server::start().await;
    let scopes = ["repository:app:pull,push"];
    let ping = async |token: &str| server.bearer(token, Method::GET, "/v2/").await.status().as_u16();
    let tags = "/v2/app/tags/list";
    let ci = server.principal_with(&[binding(Role::Contributor, "app"), binding(Role::Reader, "*")]);
    server.push_image(&ci, "app", Some("v1"), b"layer").await;

    let token = server.token(&ci, &scopes).await;
    assert_eq!((ping(&token).await, server.status(&ci, Method::GET, tags).await), (200, 200));
    assert!(server.store.revoke(&ci.id, Role::Contributor, &Prefix::parse("app").unwrap(), "test").unwrap());
    assert_eq!(ping(&token).await, 401, "a token from before the revocation");
    assert_eq!(server.status(&ci, Method::POST, "/v2/app/blobs/uploads/").await, 403);
    assert_eq!(server.status(&ci, Method::GET, tags).await, 200, "what is left still holds");

    let token = server.token(&ci, &scopes).await;
    let secret = server.store.rotate_secret(&ci.id, "test").unwrap();
    assert_eq!((ping(&token).await, server.status(&ci, Method::GET, "/v2/").await), (401, 401));
    let ci = crate::support::Who { id: ci.id, secret };
    let token = server.token(&ci, &scopes).await;
    server.store.disable_principal(&ci.id, "test").unwrap();
    assert_eq!((ping(&token).await, server.status(&ci, Method::GET, "/v2/").await), (401, 401));
}

#[tokio::test(flavor = "multi_thread")]
async fn time_ends_tokens_bindings_and_principals() {
    let server = Server::start().await;
    let now = lazaret_model::Clock::now(&*server.clock).as_millis();
    let after = |seconds: i64| lazaret_model::Timestamp::from_millis(now + seconds * 1000);
    let short = lazaret_model::Binding { expires: after(100), ..binding(Role::Contributor, "app") };
    let ci = server.principal_with(&[short, binding(Role::Reader, "app")]);
    let mortal = server.store.create_principal("m", &[binding(Role::Reader, "app")], after(200), "test").unwrap();
    let mortal = crate::support::Who { id: mortal.id, secret: mortal.secret };
    let token = server.token(&ci, &["repository:app:pull,push"]).await;
    let push = "/v2/app/blobs/uploads/";
    assert_eq!(server.bearer(&token, Method::POST, push).await.status(), 202);
    server.clock.advance(150);
    assert_eq!(server.bearer(&token, Method::POST, push).await.status(), 401, "the binding ended");
    assert_eq!(server.bearer(&token, Method::GET, "/v2/").await.status(), 200);
    assert_eq!(server.status(&mortal, Method::GET, "/v2/").await, 200);
    server.clock.advance(100);
    assert_eq!(server.status(&mortal, Method::GET, "/v2/").await, 401, "the principal ended");
    server.clock.advance(200);
    assert_eq!(server.bearer(&token, Method::GET, "/v2/").await.status(), 401, "the token ended");
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_outlive_a_restart() {
    let server = Server::start().await;
    let ci = server.principal(Role::Contributor, "app");
    let token = server.token(&ci, &["repository:app:pull,push"]).await;
    let server = server.restart().await;
    assert_eq!(server.bearer(&token, Method::POST, "/v2/app/blobs/uploads/").await.status(), 202);
}
