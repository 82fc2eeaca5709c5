//! What each page shows, and to whom.

use lazaret_assess::{Judge, JudgeSettings, Policy, SigningKey, generate_key};
use lazaret_model::{Clock, ImageState, Problem, ProblemKind, Role, Severity, SnapshotInfo};
use lazaret_oci::sha256;
use serde_json::{Value, json};

use crate::{
    console_fixture::{Browser, finding, form_token, index, judge, package, shop, subject},
    support::{NoAdvisories, OCI_INDEX, Server, repository},
};

/// Everything that the page must say.
fn says(page: &str, wanted: &[&str]) {
    for text in wanted {
        assert!(page.contains(text), "the page does not say {text:?}:\n{page}");
    }
    assert!(!page.contains("{{") && !page.contains("<script"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_registry_shows_how_to_begin() {
    let server = Server::start().await;
    let ci = server.principal(Role::Contributor, "team/*");
    let page = Browser::of(&server, &ci).await.page("/").await;
    let host = server.address.to_string();
    says(&page, &["No ship in the harbour", &format!("docker login {host} -u {}", ci.id), "docker push"]);
    says(&page, &["Starter advisories only", "never clears an image", "built-in starter set"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn repositories_tags_and_a_blocked_image() {
    let server = Server::start().await;
    let ci = server.principal(Role::Contributor, "team/*");
    let reader = server.principal(Role::Reader, "team/shop");
    let (image, signed) = shop(&server, &ci).await;
    for who in [&ci, &reader] {
        let browser = Browser::of(&server, who).await;
        says(&browser.page("/").await, &["href=\"/r/team/shop\"", "badge blocked", "<code>production</code>"]);
        let tags = browser.page("/r/team/shop").await;
        says(&tags, &["href=\"/r/team/shop:1.0\"", "linux/amd64", "seg clean g40 base", "seg critical g13"]);
        says(&tags, &["Layer 2 of 2, 1.0 MB, application: 1 critical, 1 low. RUN npm install (with 1 build argument)"]);
        says(&tags, &["minimist 0.0.10: CVE-2021-44906", "title=\"1 critical\""]);
        for path in ["/r/team/shop:1.0".to_owned(), format!("/r/team/shop@{}", image.digest)] {
            let page = browser.page(&path).await;
            says(&page, &["Not fit to run", "<code>known_vulnerability</code>", "Alpine Linux v3.20", "8080/tcp"]);
            says(&page, &["root (none is named)", &image.digest.to_string(), "id=\"layer-2\"", "ADD file:0a in /"]);
            says(&page, &["minimist 0.0.10 (npm): critical, 1 finding", "musl 1.2.5 (npm): clean"]);
            says(&page, &["gone 1.0 (npm): removed or overwritten in layer 2", "94 %", "exploited", "9.9.9"]);
            says(&page, &[&format!("/decisions/{}", signed.id), "History"]);
            for secret in ["hunter2", "do-not-show-this", "docker pull"] {
                assert!(!page.contains(secret), "{secret}");
            }
        }
        let all = browser.page("/r/team/shop:1.0").await;
        assert!(all.find("CVE-2021-44906</a>").unwrap() < all.find("CVE-2020-1</a>").unwrap());
        let low = browser.page("/r/team/shop:1.0?severity=low&layer=").await;
        assert!(low.contains("CVE-2020-1</a>") && !low.contains("CVE-2021-44906</a>") && low.contains("1 of 2"));
        let none = browser.page("/r/team/shop:1.0?layer=1").await;
        says(&none, &["0 of 2", "show all"]);
        assert_eq!(browser.status("/r/team/shop:1.0?layer=zzz&severity=zzz&x=1").await, 200);
    }
}

/// A page never shows what the API lacks.
#[tokio::test(flavor = "multi_thread")]
async fn the_api_has_what_the_pages_show() {
    let server = Server::start().await;
    let ci = server.principal(Role::Contributor, "team/*");
    let (image, signed) = shop(&server, &ci).await;
    let path = format!("/api/v1/repositories/team%2Fshop/images/{}/inventory", image.digest);
    let shown: Value = server.get(&ci, &path).await.json().await.unwrap();
    assert_eq!(shown["decision"], json!(signed.id));
    assert_eq!(shown["layers"][1]["step"], "RUN npm install (with 1 build argument)");
    assert_eq!((&shown["layers"][0]["base"], &shown["layers"][0]["size"]), (&json!(true), &json!(3_000_000)));
    assert_eq!(shown["packages"].as_array().unwrap().len(), 4);
    assert_eq!(shown["facts"]["exposed_ports"], json!(["8080/tcp"]));
    assert!(!shown.to_string().contains("do-not-show-this") && !shown.to_string().contains("hunter2"));
    let waiting = server.push_image(&ci, "team/new", None, b"new").await;
    let path = format!("/api/v1/repositories/team%2Fnew/images/{}/inventory", waiting.digest);
    let shown: Value = server.get(&ci, &path).await.json().await.unwrap();
    assert_eq!(shown, json!({ "decision": null }));
    let shown: Value = server.get(&ci, "/api/v1/advisories").await.json().await.unwrap();
    assert_eq!((&shown["starter"], &shown["accept_starter"]), (&json!(true), &json!(false)));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_may_not_see_is_not_there() {
    let server = Server::start().await;
    let ci = server.principal(Role::Contributor, "*");
    let (image, signed) = shop(&server, &ci).await;
    let other = server.push_image(&ci, "secret/app", Some("1"), b"other").await;
    let lister = Browser::of(&server, &server.principal(Role::CatalogLister, "*")).await;
    let stranger = Browser::of(&server, &server.principal(Role::Reader, "elsewhere")).await;
    let deleter = Browser::of(&server, &server.principal(Role::Deleter, "*")).await;
    let reader = Browser::of(&server, &server.principal(Role::Reader, "team/shop")).await;
    let decision = format!("/r/team/shop@{}/decisions/{}", image.digest, signed.id);
    let paths = ["/r/team/shop".to_owned(), "/r/team/shop:1.0".to_owned(), decision];
    for path in &paths {
        assert_eq!(reader.status(path).await, 200, "{path}");
        for browser in [&stranger, &lister, &deleter] {
            let hidden = browser.get(path).await;
            assert_eq!(hidden.status(), 404, "{path}");
            let hidden = hidden.text().await.unwrap();
            let absent = browser.get("/r/not/there").await.text().await.unwrap();
            assert_eq!(hidden, absent);
        }
    }
    for path in ["/r/secret/app", "/r/team/shop:2", "/r/NO", "/r/team/none", "/nothing"] {
        let mut request = server.http.get(server.url(path)).header("accept", "text/html");
        request = request.header("cookie", &reader.cookie);
        assert_eq!(request.send().await.unwrap().status(), 404, "{path}");
    }
    let stolen = format!("/r/secret/app@{}/decisions/{}", other.digest, signed.id);
    assert_eq!(Browser::of(&server, &ci).await.status(&stolen).await, 404);
    assert!(!reader.page("/").await.contains("secret/app"));
    assert!(!stranger.page("/").await.contains("team/shop"));
    let names = lister.page("/").await;
    assert!(names.contains("<li>team/shop</li>") && !names.contains("href=\"/r/"));
}

#[tokio::test(flavor = "multi_thread")]
async fn waiting_pending_index_and_incomplete() {
    let server = Server::start().await;
    let ci = server.principal(Role::Contributor, "team/*");
    let browser = Browser::of(&server, &ci).await;
    let waiting = server.push_image(&ci, "team/app", Some("1"), b"one").await;
    let page = browser.page("/r/team/app:1").await;
    says(&page, &["In quarantine", "http-equiv=\"refresh\" content=\"5\"", "badge quarantined"]);
    says(&browser.page("/r/team/app").await, &["seg waiting", "not judged yet", "http-equiv=\"refresh\""]);

    let clean = subject(&waiting.digest, vec![package("musl", "1", 1, None)]);
    judge(&server, "team/app", &clean, ImageState::Approved, Vec::new(), Vec::new());
    let page = browser.page("/r/team/app:1").await;
    says(&page, &["Fit to run", "badge approved", "docker pull", "No advisory names a package"]);
    assert!(!page.contains("http-equiv=\"refresh\""));

    let newer = server.push_image(&ci, "team/app", Some("1"), b"two").await;
    let short = waiting.digest.short();
    says(&browser.page("/r/team/app").await, &["pending: readers get", short]);
    says(&browser.page("/r/team/app:1").await, &["Pending.", short, newer.digest.short()]);
    let problem = Problem::new(ProblemKind::ParseError, "app/package.json", "cut short");
    let half = subject(&newer.digest, vec![package("musl", "1", 1, None)]);
    judge(&server, "team/app", &half, ImageState::Blocked, Vec::new(), vec![problem]);
    let page = browser.page("/r/team/app:1").await;
    says(&page, &["What could not be looked at", "parse_error", "app/package.json", "seg unsure"]);
    assert!(!page.contains("musl 1 (npm): clean"));

    let manifest = index(&waiting);
    server.put_manifest(&ci, "team/app", Some("all"), OCI_INDEX, &manifest).await;
    says(&browser.page("/r/team/app:all").await, &["Platforms", "linux/amd64", "seg clean"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decision_is_verified_and_made_again() {
    let server = Server::start().await;
    let ci = server.principal(Role::Contributor, "team/*");
    let image = server.push_image(&ci, "team/app", Some("1"), b"one").await;
    let snapshot = SnapshotInfo { id: sha256(b""), created: server.clock.now(), starter: true, feeds: Vec::new() };
    let judge = Judge::over(std::sync::Arc::new(NoAdvisories(snapshot)), JudgeSettings::default());
    let subject = subject(&image.digest, vec![package("musl", "1", 1, None)]);
    let policy = Policy::named("production").unwrap();
    let judgement = judge.judge(&subject, &policy, server.clock.now()).unwrap();
    let pkcs8 = generate_key().unwrap();
    let key = SigningKey::from_pkcs8(&pkcs8).unwrap();
    server.store.first_signing_key(&pkcs8, key.public(), "test").unwrap();
    server.store.put_contents(&judgement.contents).unwrap();
    let signed = key.sign_judgement(&judgement);
    let name = repository("team/app");
    server.store.set_state(&name, &image.digest, ImageState::Blocked, Some(&signed), "lazaret", "incomplete").unwrap();

    let browser = Browser::of(&server, &ci).await;
    says(&browser.page("/r/team/app:1").await, &["Not fit to run", "root_user", "advisories_starter"]);
    let path = format!("/r/team/app@{}/decisions/{}", image.digest, signed.id);
    let page = browser.page(&path).await;
    says(&page, &[&signed.id.to_string(), key.id(), "seal good", "Replay this decision", "lazaret.decision/1"]);
    assert_eq!(browser.post(&path, &[]).await.status(), 403);
    let token = form_token(&page);
    let answer = browser.post(&path, &[("form", &token)]).await;
    assert_eq!(answer.status(), 200);
    says(&answer.text().await.unwrap(), &["The same decision", "result good"]);
    let nowhere = format!("/r/team/app@{}", image.digest);
    assert_eq!(browser.post(&nowhere, &[("form", &token)]).await.status(), 404);
    let stranger = Browser::of(&server, &server.principal(Role::Reader, "elsewhere")).await;
    let token = form_token(&stranger.page("/").await);
    assert_eq!(stranger.post(&path, &[("form", &token)]).await.status(), 404);

    let (shop_image, forged) = shop(&server, &ci).await;
    let path = format!("/r/team/shop@{}/decisions/{}", shop_image.digest, forged.id);
    let page = browser.page(&path).await;
    says(&page, &["seal bad", "the key is not known here"]);
    let answer = browser.post(&path, &[("form", &form_token(&page))]).await;
    says(&answer.text().await.unwrap(), &["Needs another engine", "result bad"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_of_very_many_packages_stays_a_page() {
    let server = Server::start().await;
    let ci = server.principal(Role::Contributor, "team/*");
    let image = server.push_image(&ci, "team/app", Some("1"), b"one").await;
    let mut packages: Vec<_> = (0..20_000).map(|n| package(&format!("p{n}"), "1", 1, None)).collect();
    packages.extend((0..100).map(|n| package(&format!("q{n}"), "1", 2, None)));
    let findings = packages.iter().take(2000).map(|p| finding("CVE-2026-1", Severity::Low, p)).collect();
    let subject = subject(&image.digest, packages);
    judge(&server, "team/app", &subject, ImageState::Blocked, findings, Vec::new());
    let page = Browser::of(&server, &ci).await.page("/r/team/app:1").await;
    says(&page, &["20000 packages", "and 14000 more", "and 80 more", "q0 1 (npm): clean", "2000 of 2000"]);
    says(&page, &["The worst 500 are shown", "and 1800 more in the decision"]);
    assert!(page.len() < 3_000_000, "{} bytes", page.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_names_are_text_and_short() {
    let server = Server::start().await;
    let ci = server.principal(Role::Contributor, "team/*");
    let image = server.push_image(&ci, "team/app", Some("1"), b"one").await;
    let long = "a".repeat(10_000);
    let script = package("<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", 1, None);
    let turned = package("abc\u{202e}cba", &long, 2, None);
    let mut evil = finding("<b>CVE</b>", Severity::High, &script);
    evil.url = Some("javascript:alert(1)".into());
    evil.fixed = Some(long.clone());
    evil.aliases = vec!["x' onmouseover='alert(1)".into(); 500];
    let mut subject = subject(&image.digest, vec![script, turned, package(&long, "1", 1, None)]);
    subject.facts.user = "<u>root</u>".into();
    subject.facts.history[0].created_by = format!("RUN </code><script>{long}");
    let problems = vec![Problem::new(ProblemKind::ParseError, "<i>path</i>", "\u{1b}[2Jx</span>")];
    let signed = judge(&server, "team/app", &subject, ImageState::Blocked, vec![evil], problems);

    let browser = Browser::of(&server, &ci).await;
    let decision = format!("/r/team/app@{}/decisions/{}", image.digest, signed.id);
    for path in ["/r/team/app", "/r/team/app:1", &decision] {
        let page = browser.page(path).await;
        for raw in ["<script", "<img src=x", "<b>CVE", "<i>path", "<u>root", "javascript:alert(1)\"", "\u{1b}"] {
            assert!(!page.contains(raw), "{path} holds {raw:?}");
        }
        if !path.contains("decisions") {
            assert!(!page.contains('\u{202e}') && !page.contains(&long), "{path}");
            assert!(page.len() < 60_000, "{path} has {} bytes", page.len());
        }
    }
    assert!(browser.page("/r/team/app:1").await.contains("&#60;script&#62;"));
}
