//! The little of W3C WebDriver that a test of pages needs, spoken to Debian's chromedriver over plain HTTP.

use crate::process::{Background, find, until};
use crate::server::free_port;
use crate::test::report::skip;
use anyhow::{Context, Result, ensure};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::Method;
use reqwest::blocking::Client;
use serde_json::{Value, json};
use std::path::Path;
use std::time::Duration;

/// The key under which WebDriver names an element (W3C WebDriver, 12.1).
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// A headless Chromium with one window. It ends when it is dropped.
pub(super) struct Browser {
    http: Client,
    /// `http://127.0.0.1:PORT/session/ID`.
    session: String,
    driver: Background,
}

impl Browser {
    /// Starts one whose profile lies in `folder`. With `script` off no page runs JavaScript.
    pub(super) fn start(folder: &Path, script: bool) -> Result<Self> {
        let Some(driver) = find("chromedriver") else { return Err(skip("chromedriver is not installed")) };
        let Some(chromium) = find("chromium") else { return Err(skip("chromium is not installed")) };
        std::fs::create_dir_all(folder)?;
        let port = free_port()?;
        let log = folder.join("chromedriver.log");
        // Nothing that it starts may reach further than loopback.
        let args = [format!("--port={port}"), "--allowed-ips=127.0.0.1".to_owned()];
        let driver = Background::start(None, &driver, &args, &[], &log)?.with_grace(Duration::from_secs(10));
        let http = Client::builder().timeout(Duration::from_mins(1)).no_proxy().build()?;
        let base = format!("http://127.0.0.1:{port}");
        let up = until(Duration::from_secs(30), || http.get(format!("{base}/status")).send().is_ok());
        ensure!(up, "chromedriver does not answer: {}", driver.tail());

        let mut flags = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
            "--window-size=1280,1000",
        ]
        .map(str::to_owned)
        .to_vec();
        flags.push(format!("--user-data-dir={}", folder.join("profile").display()));
        let preferences =
            if script { json!({}) } else { json!({"profile.managed_default_content_settings.javascript": 2}) };
        let wanted = json!({"capabilities": {"alwaysMatch": {
            "browserName": "chrome",
            "goog:chromeOptions": {"binary": chromium, "args": flags, "prefs": preferences},
        }}});
        let mut browser = Self { http, session: format!("{base}/session"), driver };
        let session = browser.call(&Method::POST, "", &wanted)?;
        let id = session["sessionId"].as_str().context("chromedriver gives no session")?;
        browser.session = format!("{base}/session/{id}");
        Ok(browser)
    }

    /// One command; gives its `value`.
    fn call(&self, method: &Method, path: &str, body: &Value) -> Result<Value> {
        let request = self.http.request(method.clone(), format!("{}{path}", self.session));
        let request = if *method == Method::POST { request.json(body) } else { request };
        let answer = request.send().with_context(|| format!("chromedriver is gone: {}", self.driver.tail()))?;
        let status = answer.status();
        let mut answer: Value = answer.json()?;
        let value = answer["value"].take();
        ensure!(status.is_success(), "WebDriver {path}: {}", value["message"].as_str().unwrap_or("no message"));
        Ok(value)
    }

    pub(super) fn open(&self, url: &str) -> Result<()> {
        self.call(&Method::POST, "/url", &json!({"url": url})).map(drop)
    }

    pub(super) fn url(&self) -> Result<String> {
        Ok(self.call(&Method::GET, "/url", &Value::Null)?.as_str().unwrap_or_default().to_owned())
    }

    pub(super) fn title(&self) -> Result<String> {
        Ok(self.call(&Method::GET, "/title", &Value::Null)?.as_str().unwrap_or_default().to_owned())
    }

    /// The page as it stands in the browser.
    pub(super) fn source(&self) -> Result<String> {
        Ok(self.call(&Method::GET, "/source", &Value::Null)?.as_str().unwrap_or_default().to_owned())
    }

    /// The text that a reader sees.
    pub(super) fn text(&self) -> Result<String> {
        let body = self.find("body")?;
        Ok(self
            .call(&Method::GET, &format!("/element/{body}/text"), &Value::Null)?
            .as_str()
            .unwrap_or_default()
            .to_owned())
    }

    /// The first element of a CSS selector.
    pub(super) fn find(&self, selector: &str) -> Result<String> {
        let found = self.call(&Method::POST, "/element", &json!({"using": "css selector", "value": selector}))?;
        found[ELEMENT].as_str().map(str::to_owned).with_context(|| format!("no element for {selector}"))
    }

    /// The `href` of every link, as absolute addresses.
    pub(super) fn links(&self) -> Result<Vec<String>> {
        let found = self.call(&Method::POST, "/elements", &json!({"using": "css selector", "value": "a[href]"}))?;
        let mut links = Vec::new();
        for element in found.as_array().into_iter().flatten().filter_map(|element| element[ELEMENT].as_str()) {
            let link = self.call(&Method::GET, &format!("/element/{element}/property/href"), &Value::Null)?;
            links.extend(link.as_str().map(str::to_owned));
        }
        Ok(links)
    }

    pub(super) fn fill(&self, selector: &str, text: &str) -> Result<()> {
        let field = self.find(selector)?;
        self.call(&Method::POST, &format!("/element/{field}/value"), &json!({"text": text})).map(drop)
    }

    pub(super) fn click(&self, selector: &str) -> Result<()> {
        let button = self.find(selector)?;
        self.call(&Method::POST, &format!("/element/{button}/click"), &json!({})).map(drop)
    }

    /// Saves what the window shows as a PNG.
    pub(super) fn picture(&self, path: &Path) -> Result<()> {
        let png = self.call(&Method::GET, "/screenshot", &Value::Null)?;
        let png = STANDARD.decode(png.as_str().context("no screenshot")?)?;
        ensure!(png.len() > 2_000, "a screenshot of {} bytes shows nothing", png.len());
        Ok(std::fs::write(path, png)?)
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        self.call(&Method::DELETE, "", &Value::Null).ok();
    }
}
