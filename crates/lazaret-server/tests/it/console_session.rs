//! Signing in and out of the console, and every way in which a session ends.

use futures_util::future::join_all;
use lazaret_model::{Prefix, Role};
use lazaret_server::ServerSettings;

use crate::{
    console_fixture::{Browser, form_token},
    support::{Server, header},
};

#[tokio::test(flavor = "multi_thread")]
async fn in_by_id_and_secret_out_by_the_button() {
    let server = Server::start().await;
    let who = server.principal(Role::Reader, "*");
    let guest = Browser::new(&server);
    for path in ["/", "/r/team/shop", "/r/nonsense:1@2"] {
        let answer = guest.get(path).await;
        assert_eq!(answer.status(), 303, "{path}");
        assert!(header(&answer, "location").starts_with("/sign-in"));
    }
    let page = guest.get("/sign-in?next=%2Fr%2Fteam%2Fshop").await;
    assert_eq!(page.status(), 200);
    let policy = header(&page, "content-security-policy");
    assert!(policy.starts_with("default-src 'none'") && policy.contains("frame-ancestors 'none'"));
    assert!(!policy.contains("unsafe") && !policy.contains("script-src"));
    assert_eq!(header(&page, "x-content-type-options"), "nosniff");
    assert_eq!(header(&page, "referrer-policy"), "no-referrer");
    assert_eq!(header(&page, "cache-control"), "no-store");
    let page = page.text().await.unwrap();
    assert!(page.contains("name=\"next\" value=\"/r/team/shop\"") && !page.contains("<script"));

    let fields = [("id", who.id.as_str()), ("secret", who.secret.as_str()), ("next", "/r/team/shop")];
    let answer = guest.post("/sign-in", &fields).await;
    assert_eq!((answer.status().as_u16(), header(&answer, "location").as_str()), (303, "/r/team/shop"));
    let cookie = header(&answer, "set-cookie");
    for wanted in ["lazaret-session=", "; Path=/", "; HttpOnly", "; SameSite=Strict", "; Max-Age=28800"] {
        assert!(cookie.contains(wanted), "{cookie}");
    }
    assert!(!cookie.contains("Secure") && !cookie.contains(&who.id));
    let away = guest.post("/sign-in", &[("id", &who.id), ("secret", &who.secret), ("next", "//evil.example")]).await;
    assert_eq!(header(&away, "location"), "/");

    let browser = Browser::of(&server, &who).await;
    let page = browser.page("/").await;
    assert!(page.contains("Sign out") && !page.contains(&who.secret));
    assert_eq!(header(&browser.get("/sign-in").await, "location"), "/");
    assert_eq!(browser.post("/sign-out", &[]).await.status(), 403);
    assert_eq!(browser.post("/sign-out", &[("form", "wrong")]).await.status(), 403);
    let token = form_token(&page);
    let foreign = [("sec-fetch-site", "cross-site")];
    assert_eq!(browser.post_with("/sign-out", &[("form", &token)], &foreign).await.status(), 403);
    assert_eq!(browser.status("/").await, 200);
    let left = browser.post("/sign-out", &[("form", &token)]).await;
    assert_eq!(left.status(), 303);
    assert!(header(&left, "set-cookie").contains("Max-Age=0"));
    assert_eq!(browser.status("/").await, 303);
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_say_nothing_and_grow_slow() {
    let server = Server::start().await;
    let who = server.principal(Role::Reader, "*");
    let guest = Browser::new(&server);
    let mut texts = Vec::new();
    for fields in [
        [("id", who.id.as_str()), ("secret", "wrong")],
        [("id", "nobody"), ("secret", "wrong")],
        [("id", ""), ("secret", "")],
    ] {
        let began = std::time::Instant::now();
        let answer = guest.post("/sign-in", &fields).await;
        assert_eq!((answer.status().as_u16(), header(&answer, "set-cookie").as_str()), (401, ""));
        assert!(began.elapsed().as_millis() >= 390);
        texts.push(answer.text().await.unwrap());
    }
    assert!(texts[0].contains("Id or secret is wrong, expired or revoked"));
    assert!(texts.iter().all(|text| *text == texts[0]));
    for headers in [[("sec-fetch-site", "cross-site")], [("origin", "https://evil.example")]] {
        let fields = [("id", who.id.as_str()), ("secret", who.secret.as_str())];
        assert_eq!(guest.post_with("/sign-in", &fields, &headers).await.status(), 403);
    }
    let wrong = [("id", who.id.as_str()), ("secret", "wrong")];
    join_all((0..10).map(|_| guest.post("/sign-in", &wrong))).await;
    let fields = [("id", who.id.as_str()), ("secret", who.secret.as_str())];
    assert_eq!(guest.post("/sign-in", &fields).await.status(), 429);
    server.clock.advance(301);
    assert_eq!(guest.post("/sign-in", &fields).await.status(), 303);
    let huge = "x".repeat(100_000);
    assert_eq!(guest.post("/sign-in", &[("id", &huge)]).await.status(), 413);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_taken_from_a_principal_ends_its_sessions_at_once() {
    let server = Server::start().await;
    let role = |server: &Server| server.principal(Role::Reader, "*");
    let (disabled, rotated, revoked) = (role(&server), role(&server), role(&server));
    let mut browsers = Vec::new();
    for who in [&disabled, &rotated, &revoked] {
        browsers.push(Browser::of(&server, who).await);
    }
    for browser in &browsers {
        assert_eq!(browser.status("/").await, 200);
    }
    server.store.disable_principal(&disabled.id, "test").unwrap();
    server.store.rotate_secret(&rotated.id, "test").unwrap();
    server.store.revoke(&revoked.id, Role::Reader, &Prefix::parse("*").unwrap(), "test").unwrap();
    for browser in &browsers {
        assert_eq!(browser.status("/").await, 303);
    }
    let who = role(&server);
    let browser = Browser::of(&server, &who).await;
    server.clock.advance(8 * 3600 - 1);
    assert_eq!(browser.status("/").await, 200);
    server.clock.advance(1);
    assert_eq!(browser.status("/").await, 303);
}

#[tokio::test(flavor = "multi_thread")]
async fn over_tls_the_cookie_is_secure_and_of_this_host_alone() {
    let external_url = Some(url::Url::parse("https://registry.example").unwrap());
    let server = Server::start_with(ServerSettings { external_url, ..ServerSettings::default() }).await;
    let who = server.principal(Role::Reader, "*");
    let guest = Browser::new(&server);
    let answer = guest.post("/sign-in", &[("id", &who.id), ("secret", &who.secret)]).await;
    let cookie = header(&answer, "set-cookie");
    assert!(cookie.starts_with("__Host-lazaret-session=") && cookie.ends_with("; Secure"), "{cookie}");
    let browser = Browser::of(&server, &who).await;
    assert_eq!(browser.status("/").await, 200);
    let mut plain = Browser::new(&server);
    plain.cookie = browser.cookie.replace("__Host-", "");
    assert_eq!(plain.status("/").await, 303);
}

#[tokio::test(flavor = "multi_thread")]
async fn assets_are_kept_for_ever_under_the_name_of_their_content() {
    let server = Server::start().await;
    let guest = Browser::new(&server);
    let page = guest.page("/sign-in").await;
    let style = page
        .split("href=\"")
        .map(|rest| rest.split('"').next().unwrap())
        .find(|p| p.starts_with("/assets/lazaret-"))
        .unwrap();
    let answer = guest.get(style).await;
    assert_eq!((answer.status().as_u16(), header(&answer, "content-type").as_str()), (200, "text/css; charset=utf-8"));
    assert!(header(&answer, "cache-control").contains("immutable"));
    let style = answer.text().await.unwrap();
    assert!(!style.contains("url(") && !style.contains("@import"), "nothing comes from elsewhere");
    assert_eq!(guest.status("/assets/lazaret-000000000000.css").await, 404);
}
