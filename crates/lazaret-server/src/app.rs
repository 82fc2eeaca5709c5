//! What every handler shares. Wired once by the binary.

use std::{sync::Arc, time::Duration};

use lazaret_assess::{CurrentJudge, Policy};
use lazaret_model::{Clock, Timestamp};
use lazaret_oci::LayerTap;
use lazaret_store::{Store, StoreError};
use tokio_util::task::TaskTracker;
use url::Url;

use crate::{ApiError, TokenKey, console::Desk, distribution::taps::Taps, reads::UnapprovedReads};

/// Settings of the server, each with a default that is right for one machine.
#[derive(Clone, Debug)]
pub struct ServerSettings {
    /// Name of the registry in challenges, and audience and issuer of its tokens.
    pub service: String,
    /// Life of a token; clients assume at least 60 s.
    pub token_ttl: Duration,
    /// Scheme and host that clients reach the server by; `None` takes the `Host` header of the request.
    pub external_url: Option<Url>,
    /// Policy of repositories that name none, as the judge has it.
    pub default_policy: String,
    /// How long a client may take to send the head of a request, idle connections included.
    pub header_timeout: Duration,
    /// How long a body may stand still before the request counts as cut.
    pub body_timeout: Duration,
    /// How long open requests may go on after the shutdown began.
    pub drain_timeout: Duration,
    /// Connections at one time; more wait in the listen queue.
    pub max_connections: usize,
    /// Largest blob that is taken, in bytes.
    pub max_blob: u64,
    /// Takes images whose layers are not all in the repository; they are incomplete until they come.
    pub accept_sparse_images: bool,
}

impl Default for ServerSettings {
    fn default() -> Self {
        Self {
            service: "lazaret".to_owned(),
            token_ttl: Duration::from_mins(5),
            external_url: None,
            default_policy: Policy::DEFAULT.to_owned(),
            header_timeout: Duration::from_secs(30),
            body_timeout: Duration::from_mins(2),
            drain_timeout: Duration::from_secs(20),
            max_connections: 4096,
            max_blob: 64 << 30,
            accept_sparse_images: false,
        }
    }
}

/// The application: store, judge, clock, tap and settings, with the state of requests in flight.
pub struct App {
    pub store: Store,
    /// Kept for the console, which says on each page which advisory data the verdicts rest on.
    pub judge: Arc<CurrentJudge>,
    pub clock: Arc<dyn Clock>,
    pub settings: ServerSettings,
    pub token_key: TokenKey,
    pub(crate) taps: Taps,
    pub(crate) reads: UnapprovedReads,
    pub(crate) desk: Desk,
    pub(crate) tasks: TaskTracker,
}

impl App {
    pub fn new(
        store: Store,
        judge: Arc<CurrentJudge>,
        clock: Arc<dyn Clock>,
        tap: Option<Arc<dyn LayerTap>>,
        settings: ServerSettings,
        token_key: TokenKey,
    ) -> Self {
        Self {
            store,
            judge,
            clock,
            settings,
            token_key,
            taps: Taps::new(tap),
            reads: UnapprovedReads::default(),
            desk: Desk::default(),
            tasks: TaskTracker::new(),
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Asks the store on a thread that may block.
    pub(crate) async fn ask<T, F>(&self, question: F) -> Result<T, ApiError>
    where
        T: Send + 'static,
        F: FnOnce(&Store) -> Result<T, StoreError> + Send + 'static,
    {
        let store = self.store.clone();
        blocking(move || question(&store)).await?.map_err(ApiError::from)
    }
}

/// Runs `work` on a thread that may block.
pub(crate) async fn blocking<T, F>(work: F) -> Result<T, ApiError>
where
    T: Send + 'static,
    F: FnOnce() -> T + Send + 'static,
{
    tokio::task::spawn_blocking(work).await.map_err(|error| ApiError::internal("a blocking task ended early", &error))
}
