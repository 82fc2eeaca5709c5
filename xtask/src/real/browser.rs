//! The console in a real browser: sign in through the form, open every page that a link leads to, look at what is there.

use super::Stage;
use super::webdriver::Browser;
use crate::images::{Fitness, Packing, Sample};
use crate::process::until;
use crate::test::report::Report;
use anyhow::{Result, ensure};
use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

/// At most this many pages are opened; more means that links breed.
const MAX_PAGES: usize = 60;

/// How long the page after a form may take.
const PATIENCE: Duration = Duration::from_secs(10);

pub(super) fn run(report: &mut Report, stage: &Stage<'_>, pictures: &Path) {
    let Some(browser) = report.value("browser", "headless Chromium starts", || {
        std::fs::create_dir_all(pictures)?;
        Browser::start(&stage.work.join("chromium"), false)
    }) else {
        return;
    };
    let home = format!("http://{}/", stage.server.address);
    report.check("browser", "a wrong secret is refused, and the page says so", || {
        browser.open(&home)?;
        browser.picture(&pictures.join("sign-in.png"))?;
        sign_in(&browser, &home, &stage.quarantine.id, "wrong")?;
        browser.picture(&pictures.join("sign-in-refused.png"))?;
        ensure!(browser.find("input[type=password]").is_ok(), "a wrong secret signs in");
        Ok(())
    });
    let signed_in = report.value("browser", "signs in through the form, without JavaScript", || {
        let ci = stage.server.registry(&stage.ci);
        let sample = Sample::new(Fitness::Unfit, Packing::Gzip, "amd64", "browser")?;
        let digest = sample.push(&ci, "real/browser", "1")?;
        stage.server.verdict("real/browser", &digest)?;
        sign_in(&browser, &home, &stage.quarantine.id, &stage.quarantine.secret)?;
        // The click answers before the page that it leads to is there.
        let inside = || browser.url().is_ok_and(|url| !url.contains("sign-in")) && browser.text().is_ok();
        let gone = || browser.find("input[type=password]").is_err();
        ensure!(until(PATIENCE, || inside() && gone()), "still on the sign-in page: {}", browser.text()?);
        Ok(())
    });
    if signed_in.is_none() {
        return;
    }
    report.check("browser", "every page opens and says what it is about", || pages(&browser, &home, pictures));
}

fn sign_in(browser: &Browser, home: &str, id: &str, secret: &str) -> Result<()> {
    browser.open(home)?;
    browser.fill("form input:not([type=password]):not([type=hidden])", id)?;
    browser.fill("form input[type=password]", secret)?;
    browser.click("form button, form input[type=submit]")
}

/// Follows the links of our own origin, breadth first; one picture per page.
fn pages(browser: &Browser, home: &str, pictures: &Path) -> Result<()> {
    let (mut seen, mut open) = (BTreeSet::new(), vec![browser.url()?]);
    let mut all = String::new();
    while let Some(url) = open.pop() {
        let url = url.split('#').next().unwrap_or_default().to_owned();
        if !url.starts_with(home) || url.contains("sign-out") || url.contains("logout") || !seen.insert(url.clone()) {
            continue;
        }
        ensure!(seen.len() <= MAX_PAGES, "more than {MAX_PAGES} pages: {url}");
        browser.open(&url)?;
        // Downloads and JSON are no pages; Chromium shows them with a title of their address, or none.
        let (title, text) = (browser.title()?, browser.text()?);
        if url.contains("/api/") {
            continue;
        }
        ensure!(!title.is_empty() && text.len() > 20, "{url} shows nothing: {title:?} {text:?}");
        ensure!(!browser.source()?.contains("{{"), "{url} shows an unfilled template");
        browser.picture(&pictures.join(format!("{:02}-{}.png", seen.len(), file_name(&url, home))))?;
        all.push_str(&text);
        // Two repositories and their pages are enough to see each kind of page; the lists are walked whole.
        let wanted = |link: &String| ["real/browser", "real/shop-web"].iter().any(|name| link.contains(name));
        open.extend(browser.links()?.into_iter().filter(|link| !link.contains("real/") || wanted(link)));
    }
    println!("      {} pages, pictures in {}", seen.len(), pictures.display());
    ensure!(seen.len() >= 4, "only {} pages are linked: {seen:?}", seen.len());
    for wanted in ["real/browser", "blocked", "root_user", "secret_in_env", "sha256:"] {
        ensure!(all.contains(wanted), "no page says {wanted:?}");
    }
    Ok(())
}

fn file_name(url: &str, home: &str) -> String {
    let path = url.strip_prefix(home).unwrap_or(url);
    let name: String = path.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).take(60).collect();
    if name.is_empty() { "home".to_owned() } else { name }
}
