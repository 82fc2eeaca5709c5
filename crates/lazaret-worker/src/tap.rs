//! Analyses a layer while it uploads: a thread tails the spool file behind the writer and runs the detectors. The
//! result is kept only if the digest that the upload ends with is the digest of the bytes that were read.

use std::{
    fs::File,
    io::{self, Read},
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
};

use lazaret_inventory::{DetectorSet, LayerScan, scan_layer};
use lazaret_model::Digest;
use lazaret_oci::{LayerSpec, LayerTap, Limits, TapHandle};

use crate::layers::Layers;

/// How many uploads are analysed at once; further ones are analysed by the job that judges their image.
const MAX_TAPS: usize = 4;
/// How many first bytes decide whether this looks like a layer.
pub(crate) const MAGIC: usize = 262;

/// The tap that `wire` gives to the server.
pub struct UploadTap {
    layers: Arc<Layers>,
    limits: Limits,
    running: Arc<Mutex<usize>>,
}

impl UploadTap {
    pub fn new(layers: Arc<Layers>, limits: Limits) -> Self {
        Self { layers, limits, running: Arc::default() }
    }
}

impl LayerTap for UploadTap {
    fn start(&self, spool: &Path) -> Option<Box<dyn TapHandle>> {
        let slot = Slot::take(&self.running)?;
        let file = File::open(spool).ok()?;
        let shared = Arc::new(Shared::default());
        let (layers, limits) = (self.layers.clone(), self.limits.clone());
        let tail = Tail { file, position: 0, shared: shared.clone() };
        let spawned = thread::Builder::new().name("layer-tap".to_owned()).spawn(move || {
            let _slot = slot;
            analyse(tail, &layers, &limits);
        });
        spawned.ok().map(|_| Box::new(Handle { shared, layers: self.layers.clone() }) as Box<dyn TapHandle>)
    }
}

fn analyse(mut tail: Tail, layers: &Layers, limits: &Limits) {
    let shared = tail.shared.clone();
    let mut head = vec![0; MAGIC];
    let length = read_full(&mut tail, &mut head);
    head.truncate(length);
    if !looks_like_layer(&head) {
        shared.lock().ignored = true;
        return settle(&shared, layers, None);
    }
    let spec = LayerSpec { digest: None, size: None, diff_id: None, media_type: String::new() };
    let set = DetectorSet::standard();
    let mut input = io::Read::chain(io::Cursor::new(head), &mut tail);
    // A panic must not leave the judge waiting for this layer; the job reads it again and says what happened.
    let scanned = catch_unwind(AssertUnwindSafe(|| scan_layer(&mut input, &spec, limits, &set, &|_| {})));
    drop(input);
    // The scan may have ended before the upload did (a limit); the digest then cannot be the upload's.
    settle(&shared, layers, Some(scanned.unwrap_or_default()));
}

/// Waits for the upload's end and keeps the result if it is of the same bytes.
fn settle(shared: &Shared, layers: &Layers, scan: Option<LayerScan>) {
    let mut state = shared.lock();
    while state.end.is_none() && scan.is_some() {
        state = shared.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
    }
    let end = state.end.clone();
    drop(state);
    if let Some(End::Complete(digest)) = end {
        let kept = scan.filter(|scan| scan.layer.digest.as_ref() == Some(&digest));
        layers.finish(&digest, kept.as_ref());
    }
}

pub(crate) fn read_full(input: &mut impl Read, buffer: &mut [u8]) -> usize {
    let mut length = 0;
    while length < buffer.len() {
        match input.read(&mut buffer[length..]) {
            Ok(0) => break,
            Ok(n) => length += n,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => break,
        }
    }
    length
}

/// gzip, zstd or an uncompressed tar.
pub(crate) fn looks_like_layer(head: &[u8]) -> bool {
    head.starts_with(&[0x1f, 0x8b])
        || head.starts_with(&[0x28, 0xb5, 0x2f, 0xfd])
        || head.get(257..262).is_some_and(|magic| magic == b"ustar")
}

#[derive(Default)]
struct State {
    received: u64,
    end: Option<End>,
    ignored: bool,
}

#[derive(Clone)]
enum End {
    Complete(Digest),
    Abandoned,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn end(&self, end: End) {
        self.lock().end = Some(end);
        self.changed.notify_all();
    }
}

/// The writer's side.
struct Handle {
    shared: Arc<Shared>,
    layers: Arc<Layers>,
}

impl TapHandle for Handle {
    fn received(&mut self, total: u64) {
        self.shared.lock().received = total;
        self.shared.changed.notify_all();
    }

    fn complete(self: Box<Self>, digest: &Digest) {
        // Announced before the answer goes out, so that the judge, which comes after it, knows to wait; under the one
        // lock, so that the thread either sees the end or has said that it ignores these bytes.
        let mut state = self.shared.lock();
        if !state.ignored {
            self.layers.announce(digest);
        }
        state.end = Some(End::Complete(digest.clone()));
        drop(state);
        self.shared.changed.notify_all();
    }

    fn abandon(self: Box<Self>) {
        self.shared.end(End::Abandoned);
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        let mut state = self.shared.lock();
        if state.end.is_none() {
            state.end = Some(End::Abandoned);
        }
        drop(state);
        self.shared.changed.notify_all();
    }
}

/// The reader's side: blocks until there are bytes, or the upload has ended.
struct Tail {
    file: File,
    position: u64,
    shared: Arc<Shared>,
}

impl Read for Tail {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut state = self.shared.lock();
        let ready = loop {
            if matches!(state.end, Some(End::Abandoned)) {
                return Err(io::Error::new(io::ErrorKind::ConnectionAborted, "the upload was given up"));
            }
            if state.received > self.position {
                break state.received - self.position;
            }
            if state.end.is_some() {
                return Ok(0);
            }
            state = self.shared.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        };
        drop(state);
        let limit = usize::try_from(ready).unwrap_or(usize::MAX).min(buffer.len());
        let read = self.file.read(&mut buffer[..limit])?;
        self.position += read as u64;
        Ok(read)
    }
}

/// One of the places for a running tap; given back when the thread ends.
struct Slot(Arc<Mutex<usize>>);

impl Slot {
    fn take(running: &Arc<Mutex<usize>>) -> Option<Self> {
        let mut count = running.lock().unwrap_or_else(PoisonError::into_inner);
        (*count < MAX_TAPS).then(|| {
            *count += 1;
            Self(running.clone())
        })
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
    }
}
