//! Where layer inventories are found: in the store, being made by a tap, or in the blob itself.

use std::{
    collections::HashSet,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use lazaret_inventory::{DetectorSet, LayerInventory, LayerScan, form, scan_layer};
use lazaret_model::{Digest, ProblemKind};
use lazaret_oci::{LayerSpec, Limits};
use lazaret_store::{Store, StoreError};

/// How long a judge waits for a tap before it reads the blob itself.
const TAP_WAIT: Duration = Duration::from_mins(2);

/// Layer inventories by verified digest.
pub struct Layers {
    store: Store,
    limits: Limits,
    in_flight: Mutex<HashSet<Digest>>,
    settled: Condvar,
}

impl Layers {
    pub fn new(store: Store, limits: Limits) -> Self {
        Self { store, limits, in_flight: Mutex::default(), settled: Condvar::new() }
    }

    /// What is stored of a layer, whichever detectors looked.
    pub fn stored(&self, digest: &Digest) -> Result<Option<LayerScan>, StoreError> {
        let bytes = self.store.layer_inventory(digest, &form())?;
        Ok(bytes.and_then(|b| serde_json::from_slice(&b).ok()))
    }

    /// What is in a layer: stored, or as the tap makes it, or read from the blob now, by those detectors of `set`
    /// that have not looked yet. `None`: no such blob. Bytes that do not have the digest any more are reported to the
    /// store, which serves them to nobody.
    pub fn scan(&self, layer: &Digest, media_type: &str, set: &DetectorSet) -> Result<Option<LayerScan>, StoreError> {
        self.wait_for_tap(layer);
        let stored = self.stored(layer)?;
        let missing = stored.as_ref().map_or_else(|| set.clone(), |scan| scan.missing(set));
        let stored = match stored {
            Some(found) if missing.is_empty() => return Ok(Some(found)),
            stored => stored,
        };
        let Some(scan) = self.look(layer, media_type, &missing)? else { return Ok(None) };
        let scan = match stored {
            Some(mut known) if is_worth_keeping(&scan) => {
                known.absorb(scan);
                known
            }
            None => scan,
            // the bytes are not what they were: what was seen of them before counts no more
            Some(_) => match self.look(layer, media_type, set)? {
                Some(scan) => scan,
                None => return Ok(None),
            },
        };
        if is_worth_keeping(&scan) {
            self.keep(layer, &scan)?;
        }
        Ok(Some(scan))
    }

    /// The same, as the detectors of `set` see the layer.
    pub fn inventory(
        &self,
        layer: &Digest,
        media_type: &str,
        set: &DetectorSet,
    ) -> Result<Option<LayerInventory>, StoreError> {
        Ok(self.scan(layer, media_type, set)?.map(|scan| scan.into_layer(set)))
    }

    /// Reads the blob.
    fn look(&self, layer: &Digest, media_type: &str, set: &DetectorSet) -> Result<Option<LayerScan>, StoreError> {
        let Some((mut file, size)) = self.store.open_blob(layer)? else { return Ok(None) };
        let spec = LayerSpec {
            digest: Some(layer.clone()),
            size: Some(size),
            diff_id: None,
            media_type: media_type.to_owned(),
        };
        let scan = scan_layer(&mut file, &spec, &self.limits, set, &|_| {});
        if scan.layer.digest.as_ref().is_some_and(|read| read != layer) {
            self.store.blob_damaged(layer)?;
        }
        Ok(Some(scan))
    }

    pub(crate) fn announce(&self, digest: &Digest) {
        self.lock().insert(digest.clone());
    }

    /// The tap is done; `None` when it has nothing worth keeping.
    pub(crate) fn finish(&self, digest: &Digest, scan: Option<&LayerScan>) {
        if let Some(scan) = scan.filter(|scan| is_worth_keeping(scan))
            && let Err(error) = self.keep(digest, scan)
        {
            tracing::warn!(layer.digest = %digest, %error, "cannot keep a layer inventory; the layer will be read again");
        }
        self.lock().remove(digest);
        self.settled.notify_all();
    }

    fn keep(&self, digest: &Digest, scan: &LayerScan) -> Result<(), StoreError> {
        match serde_json::to_vec(scan) {
            Ok(bytes) => self.store.put_layer_inventory(digest, &form(), &bytes),
            Err(error) => {
                tracing::error!(layer.digest = %digest, %error, "a layer inventory cannot be written as JSON");
                Ok(())
            }
        }
    }

    fn wait_for_tap(&self, digest: &Digest) {
        let waiting = self.lock();
        let waited = self.settled.wait_timeout_while(waiting, TAP_WAIT, |set| set.contains(digest));
        drop(waited);
    }

    fn lock(&self) -> MutexGuard<'_, HashSet<Digest>> {
        self.in_flight.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Of bytes that verified, and read to their end: what could not be read once may be readable the next time (a full
/// disk, say), so the next judgement looks again.
fn is_worth_keeping(scan: &LayerScan) -> bool {
    scan.layer.verified && scan.layer.problems.iter().all(|problem| problem.kind != ProblemKind::LayerUnreadable)
}
