//! A server on loopback with a store in a fresh directory, and clients of it.

use std::{
    net::SocketAddr,
    path::Path,
    sync::{Arc, Mutex},
};

use lazaret_assess::{Advisories, CurrentJudge, Enriched, Judge, JudgeSettings, OsSupport};
use lazaret_model::{
    AdvisoryRecord, Binding, Clock, Digest, ImageState, Prefix, Repository, Role, SnapshotInfo, Timestamp,
};
use lazaret_oci::{LayerTap, TapHandle, sha256};
use lazaret_server::{App, ServerSettings, TokenKey, serve};
use lazaret_store::{NewPrincipal, Store};
use reqwest::{Client, Method, RequestBuilder, Response};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};

pub(crate) const OCI_MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
pub(crate) const OCI_INDEX: &str = "application/vnd.oci.image.index.v1+json";
pub(crate) const OCI_CONFIG: &str = "application/vnd.oci.image.config.v1+json";
pub(crate) const OCI_LAYER: &str = "application/vnd.oci.image.layer.v1.tar";

/// A clock that tests can move.
#[derive(Default)]
pub(crate) struct HandClock(Mutex<i64>);

impl HandClock {
    pub(crate) fn advance(&self, seconds: i64) {
        *self.0.lock().unwrap() += seconds * 1000;
    }
}

impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(1_795_000_000_000 + *self.0.lock().unwrap()).unwrap()
    }
}

/// What taps were told, in order.
#[derive(Default)]
pub(crate) struct TapLog(Arc<Mutex<Vec<String>>>);

struct Tapped(Arc<Mutex<Vec<String>>>);

impl TapLog {
    pub(crate) fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

impl LayerTap for TapLog {
    fn start(&self, spool: &Path) -> Option<Box<dyn TapHandle>> {
        assert!(std::fs::metadata(spool).unwrap().len() >= 512);
        self.0.lock().unwrap().push("start".into());
        Some(Box::new(Tapped(self.0.clone())))
    }
}

impl TapHandle for Tapped {
    fn received(&mut self, total: u64) {
        self.0.lock().unwrap().push(format!("received {total}"));
    }
    fn complete(self: Box<Self>, digest: &Digest) {
        self.0.lock().unwrap().push(format!("complete {digest}"));
    }
    fn abandon(self: Box<Self>) {
        self.0.lock().unwrap().push("abandon".into());
    }
}

/// No advisory data at all; the server judges nothing.
pub(crate) struct NoAdvisories(pub SnapshotInfo);

impl Advisories for NoAdvisories {
    fn info(&self) -> &SnapshotInfo {
        &self.0
    }
    fn lookup(&self, _: &str, _: &str) -> Vec<AdvisoryRecord> {
        Vec::new()
    }
    fn feeds_for(&self, _: &str) -> Vec<String> {
        Vec::new()
    }
    fn enrich(&self, _: &str) -> Enriched {
        Enriched::default()
    }
    fn end_of_life(&self, _: &str, _: &str) -> Option<OsSupport> {
        None
    }
}

pub(crate) struct Server {
    pub store: Store,
    pub clock: Arc<HandClock>,
    pub taps: Arc<TapLog>,
    pub http: Client,
    pub address: SocketAddr,
    pub dir: Arc<TempDir>,
    stop: Option<oneshot::Sender<()>>,
    running: JoinHandle<std::io::Result<()>>,
}

impl Server {
    pub(crate) async fn start() -> Self {
        Self::start_with(ServerSettings::default()).await
    }

    pub(crate) async fn start_with(settings: ServerSettings) -> Self {
        let dir = Arc::new(tempfile::tempdir().unwrap());
        Self::start_in(dir, Arc::default(), settings).await
    }

    async fn start_in(dir: Arc<TempDir>, clock: Arc<HandClock>, settings: ServerSettings) -> Self {
        let store = Store::open(dir.path(), clock.clone()).unwrap();
        let taps = Arc::new(TapLog::default());
        let snapshot = SnapshotInfo { id: sha256(b""), created: clock.now(), starter: true, feeds: Vec::new() };
        let judge = Judge::over(Arc::new(NoAdvisories(snapshot)), JudgeSettings::default());
        let app = Arc::new(App::new(
            store.clone(),
            Arc::new(CurrentJudge::new(Arc::new(judge))),
            clock.clone(),
            Some(taps.clone()),
            settings,
            TokenKey::open(&dir.path().join("token.key")).unwrap(),
        ));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let running = tokio::spawn(serve(listener, app, async move {
            let _ = stopped.await;
        }));
        let http = Client::builder().no_proxy().pool_max_idle_per_host(0).build().unwrap();
        Self { store, clock, taps, http, address, dir, stop: Some(stop), running }
    }

    /// Stops and starts on the same data.
    pub(crate) async fn restart(mut self) -> Self {
        let (dir, clock) = (self.dir.clone(), self.clock.clone());
        self.stop().await;
        drop(self);
        Self::start_in(dir, clock, ServerSettings::default()).await
    }

    pub(crate) async fn stop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        (&mut self.running).await.unwrap().unwrap();
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// A new principal with `role` on `prefix`.
    pub(crate) fn principal(&self, role: Role, prefix: &str) -> Who {
        self.principal_with(&[binding(role, prefix)])
    }

    pub(crate) fn principal_with(&self, bindings: &[Binding]) -> Who {
        let NewPrincipal { id, secret } = self.store.create_principal("test", bindings, None, "test").unwrap();
        Who { id, secret }
    }

    pub(crate) fn ask(&self, who: &Who, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, self.url(path)).basic_auth(&who.id, Some(&who.secret))
    }

    pub(crate) async fn get(&self, who: &Who, path: &str) -> Response {
        self.ask(who, Method::GET, path).send().await.unwrap()
    }

    pub(crate) async fn status(&self, who: &Who, method: Method, path: &str) -> u16 {
        self.ask(who, method, path).send().await.unwrap().status().as_u16()
    }

    /// A blob by POST and PUT; its digest.
    pub(crate) async fn push_blob(&self, who: &Who, repository: &str, bytes: &[u8]) -> Digest {
        let digest = sha256(bytes);
        let started = self.begin(who, repository).await;
        let put = self
            .ask(who, Method::PUT, &format!("{started}?digest={digest}"))
            .body(bytes.to_vec())
            .send()
            .await
            .unwrap();
        assert_eq!(put.status(), 201, "{:?}", put.text().await);
        digest
    }

    /// A new session; its location.
    pub(crate) async fn begin(&self, who: &Who, repository: &str) -> String {
        let path = format!("/v2/{repository}/blobs/uploads/");
        let answer = self.ask(who, Method::POST, &path).send().await.unwrap();
        assert_eq!(answer.status(), 202);
        header(&answer, "location")
    }

    /// An image of one layer with these bytes, under `reference` (or its digest, when `None`).
    pub(crate) async fn push_image(&self, who: &Who, repository: &str, tag: Option<&str>, layer: &[u8]) -> Image {
        let config_bytes = json!({ "architecture": "amd64", "os": "linux", "layer": sha256(layer) }).to_string();
        let layer_digest = self.push_blob(who, repository, layer).await;
        let config = self.push_blob(who, repository, config_bytes.as_bytes()).await;
        let bytes = json!({
            "schemaVersion": 2,
            "mediaType": OCI_MANIFEST,
            "config": { "mediaType": OCI_CONFIG, "digest": config, "size": config_bytes.len() },
            "layers": [{ "mediaType": OCI_LAYER, "digest": layer_digest, "size": layer.len() }],
        })
        .to_string();
        let digest = self.put_manifest(who, repository, tag, OCI_MANIFEST, &bytes).await;
        Image { digest, config, layer: layer_digest, bytes }
    }

    pub(crate) async fn put_manifest(
        &self,
        who: &Who,
        repository: &str,
        tag: Option<&str>,
        media_type: &str,
        bytes: &str,
    ) -> Digest {
        let digest = sha256(bytes.as_bytes());
        let reference = tag.map_or_else(|| digest.to_string(), str::to_owned);
        let answer = self.try_put(who, repository, &reference, media_type, bytes.to_owned()).await;
        assert_eq!(answer.status(), 201, "{:?}", answer.text().await);
        digest
    }

    pub(crate) async fn try_put(
        &self,
        who: &Who,
        repository: &str,
        reference: &str,
        media_type: &str,
        bytes: impl Into<reqwest::Body>,
    ) -> Response {
        self.ask(who, Method::PUT, &format!("/v2/{repository}/manifests/{reference}"))
            .header("content-type", media_type)
            .body(bytes)
            .send()
            .await
            .unwrap()
    }

    pub(crate) fn set_state(&self, name: &str, digest: &Digest, state: ImageState) {
        self.store.set_state(&repository(name), digest, state, None, "test", "test").unwrap();
    }

    /// A token for these scopes.
    pub(crate) async fn token(&self, who: &Who, scopes: &[&str]) -> String {
        let query: String = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("service", "lazaret")
            .extend_pairs(scopes.iter().map(|scope| ("scope", scope)))
            .finish();
        let answer = self.get(who, &format!("/token?{query}")).await;
        assert_eq!(answer.status(), 200);
        answer.json::<Value>().await.unwrap()["token"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn bearer(&self, token: &str, method: Method, path: &str) -> Response {
        self.http.request(method, self.url(path)).bearer_auth(token).send().await.unwrap()
    }
}

/// Id and secret.
pub(crate) struct Who {
    pub id: String,
    pub secret: String,
}

pub(crate) struct Image {
    pub digest: Digest,
    pub config: Digest,
    pub layer: Digest,
    pub bytes: String,
}

pub(crate) fn binding(role: Role, prefix: &str) -> Binding {
    Binding { role, on: Prefix::parse(prefix).unwrap(), expires: None }
}

pub(crate) fn repository(name: &str) -> Repository {
    Repository::parse(name).unwrap()
}

pub(crate) fn header(response: &Response, name: &str) -> String {
    response.headers().get(name).map(|v| v.to_str().unwrap().to_owned()).unwrap_or_default()
}

/// Code of the first error.
pub(crate) async fn code(response: Response) -> String {
    let body: Value = response.json().await.unwrap();
    body["errors"][0]["code"].as_str().unwrap().to_owned()
}
