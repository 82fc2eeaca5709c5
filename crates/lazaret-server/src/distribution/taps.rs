//! Uploads that are read while they arrive. A tap is started at the first bytes of a session, kept between its
//! requests, and told how it ended. A session from before a restart is not tapped; a job reads its blob later.

use std::{
    collections::HashMap,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use lazaret_model::Digest;
use lazaret_oci::{LayerTap, TapHandle};

/// Bytes that must be there before the tap is asked: a tar shows itself in its first header of 512.
pub(crate) const FIRST_BYTES: u64 = 512;

/// A tap whose upload said nothing for so long is let go.
const IDLE: Duration = Duration::from_mins(15);

/// Sessions that are waited for or followed at one time.
const MAX_SESSIONS: usize = 1024;

/// The taps of open sessions, by session id.
pub(crate) struct Taps {
    tap: Option<Arc<dyn LayerTap>>,
    sessions: Mutex<HashMap<String, Entry>>,
}

struct Entry {
    touched: Instant,
    /// `None` until the first bytes came.
    handle: Option<Box<dyn TapHandle>>,
}

impl Taps {
    pub(crate) fn new(tap: Option<Arc<dyn LayerTap>>) -> Self {
        Self { tap, sessions: Mutex::new(HashMap::new()) }
    }

    /// A session began in this process, with no byte yet.
    pub(crate) fn expect(&self, session: &str) {
        let mut sessions = self.lock();
        if self.tap.is_some() && sessions.len() < MAX_SESSIONS {
            sessions.insert(session.to_owned(), Entry { touched: Instant::now(), handle: None });
        }
    }

    /// `total` bytes are in the spool file.
    pub(crate) fn received(&self, session: &str, spool: &Path, total: u64) {
        let Some(tap) = &self.tap else { return };
        if total < FIRST_BYTES {
            return;
        }
        let Some(mut entry) = self.lock().remove(session) else { return };
        let Some(mut handle) = entry.handle.take().or_else(|| tap.start(spool)) else { return };
        handle.received(total);
        let kept = Entry { touched: Instant::now(), handle: Some(handle) };
        self.lock().insert(session.to_owned(), kept);
    }

    /// The digest verified and the blob is committed. `false`: nobody followed it (a session from before a restart,
    /// too many at one time).
    pub(crate) fn complete(&self, session: &str, digest: &Digest) -> bool {
        let entry = self.lock().remove(session);
        let Some(handle) = entry.and_then(|e| e.handle) else { return false };
        handle.complete(digest);
        true
    }

    /// Cancelled, or its digest did not verify.
    pub(crate) fn abandon(&self, session: &str) {
        let entry = self.lock().remove(session);
        if let Some(handle) = entry.and_then(|e| e.handle) {
            handle.abandon();
        }
    }

    /// Lets go of sessions that nobody goes on with.
    pub(crate) fn drop_idle(&self) {
        let idle: Vec<Entry> = {
            let mut sessions = self.lock();
            sessions.extract_if(|_, entry| entry.touched.elapsed() > IDLE).map(|(_, entry)| entry).collect()
        };
        for handle in idle.into_iter().filter_map(|e| e.handle) {
            handle.abandon();
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, Entry>> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
