//! All images of a source, each distinct layer read once.

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use lazaret_model::{Digest, ImageFacts, Inventory, Problem, ProblemKind};
use lazaret_oci::{Descriptor, LayerSpec, Limits, Selection, Source, SourceError, SourceImage};

use crate::{DetectorSet, Held, LayerInventory, LayerScan, coalesce, scan_layer};

/// What was found in layers, by layer digest. Implementations key by [`crate::form`] too. Only layers whose digest
/// verified are put.
pub trait LayerCache: Send + Sync {
    fn get(&self, layer: &Digest) -> Option<LayerScan>;
    fn put(&self, layer: &Digest, scan: &LayerScan);
}

/// Keeps nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoCache;

impl LayerCache for NoCache {
    fn get(&self, _layer: &Digest) -> Option<LayerScan> {
        None
    }

    fn put(&self, _layer: &Digest, _scan: &LayerScan) {}
}

/// Is told how far a scan is. `index` counts distinct layers from 0, over all platforms.
pub trait Progress: Sync {
    fn layer_started(&self, _index: usize, _of: usize, _bytes: u64) {}
    /// `bytes`: compressed bytes of this layer read so far.
    fn layer_advanced(&self, _index: usize, _bytes: u64) {}
    fn layer_done(&self, _index: usize) {}
}

/// Says nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Progress for Silent {}

/// One image with its packages.
#[derive(Clone, PartialEq, Debug)]
pub struct ScannedImage {
    pub facts: ImageFacts,
    pub inventory: Inventory,
    /// Every layer was read in this scan, and its digest and diff id verified.
    pub layers_verified: bool,
}

/// Layers that are read at the same time: the machine that this is made for has two cores.
const WORKERS: usize = 2;

/// Scans every selected image; the digest is of the index that they come from, if they do. A layer that cannot be
/// opened is a problem of the images that it is in.
pub fn scan_images(
    source: &dyn Source,
    selection: &Selection,
    cache: &dyn LayerCache,
    limits: &Limits,
    set: &DetectorSet,
    progress: &dyn Progress,
) -> Result<(Option<Digest>, Vec<ScannedImage>), SourceError> {
    let found = source.images(selection)?;
    let jobs = distinct_layers(&found.images);
    let next = AtomicUsize::new(0);
    let done: Mutex<HashMap<Digest, Read>> = Mutex::new(HashMap::with_capacity(jobs.len()));
    let held = Held::default();
    let work = || {
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(job) = jobs.get(index) else { return };
            progress.layer_started(index, jobs.len(), job.size);
            let advanced = |bytes| progress.layer_advanced(index, bytes);
            let read = hold(&held, read(source, job, cache, limits, set, &advanced));
            done.lock().unwrap_or_else(PoisonError::into_inner).insert(job.digest.clone(), read);
            progress.layer_done(index);
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..WORKERS.min(jobs.len()) {
            scope.spawn(work);
        }
        work();
    });
    let done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    let scanned = found.images.iter().map(|image| scanned(image, &done, set, &found.problems)).collect();
    Ok((found.index, scanned))
}

/// A layer to be read, as the first image has it.
struct Job<'a> {
    image: &'a SourceImage,
    index: usize,
    digest: &'a Digest,
    size: u64,
}

struct Read {
    inventory: Arc<LayerInventory>,
    cached: bool,
}

/// Every layer once, the biggest first, so that the last one to be read is a small one.
fn distinct_layers(images: &[SourceImage]) -> Vec<Job<'_>> {
    let mut seen = HashSet::new();
    let mut jobs = Vec::new();
    for image in images {
        for (index, layer) in image.layers.iter().enumerate() {
            if seen.insert(&layer.digest) {
                jobs.push(Job { image, index, digest: &layer.digest, size: layer.size });
            }
        }
    }
    jobs.sort_by_key(|job| std::cmp::Reverse(job.size));
    jobs
}

fn read(
    source: &dyn Source,
    job: &Job<'_>,
    cache: &dyn LayerCache,
    limits: &Limits,
    set: &DetectorSet,
    progress: &(dyn Fn(u64) + Sync),
) -> Read {
    // what the configuration says of the tar is another image's word each time
    let diff_id = job.image.facts.diff_ids.get(job.index);
    let agrees = |scan: &LayerScan| diff_id.is_none() || scan.layer.diff_id.as_ref() == diff_id;
    let cached = cache.get(job.digest).filter(|scan| scan.layer.verified && agrees(scan));
    let missing = cached.as_ref().map_or_else(|| set.clone(), |scan| scan.missing(set));
    let cached = match cached {
        Some(scan) if missing.is_empty() => return Read { inventory: Arc::new(scan.into_layer(set)), cached: true },
        cached => cached,
    };
    let layer = &job.image.layers[job.index];
    let spec = LayerSpec {
        digest: Some(layer.digest.clone()),
        size: Some(layer.size),
        diff_id: diff_id.cloned(),
        media_type: layer.media_type.clone(),
    };
    let look = |set: &DetectorSet| match source.open_layer(job.image, job.index) {
        Ok(mut input) => scan_layer(&mut *input, &spec, limits, set, progress),
        Err(error) => LayerScan::unread(unreadable(layer, &error)),
    };
    let scan = look(&missing);
    // of other bytes than those that were looked at before, that says nothing
    let scan = match cached.filter(|_| scan.layer.verified) {
        Some(mut known) => {
            known.absorb(scan);
            known
        }
        None if missing == *set => scan,
        None => look(set),
    };
    // a full disk may be why a file was not looked at: that is not the layer's nature, so it is not kept
    let passing = scan.layer.problems.iter().any(|problem| problem.kind == ProblemKind::LayerUnreadable);
    if scan.layer.verified && !passing {
        cache.put(job.digest, &scan);
    }
    Read { inventory: Arc::new(scan.into_layer(set)), cached: false }
}

/// The layer, if there is room for it beside the others of this scan.
fn hold(held: &Held, read: Read) -> Read {
    let inventory = Arc::unwrap_or_clone(read.inventory);
    Read { inventory: Arc::new(held.admit(inventory)), ..read }
}

fn unreadable(layer: &Descriptor, error: &SourceError) -> LayerInventory {
    let kind = match error {
        SourceError::Missing { .. } | SourceError::NotFound { .. } => ProblemKind::BlobMissing,
        _ => ProblemKind::LayerUnreadable,
    };
    let mut message = format!("layer {} cannot be opened: {error}", layer.digest);
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        message = format!("{message}: {error}");
        cause = error.source();
    }
    LayerInventory { problems: vec![Problem::new(kind, "", message)], ..LayerInventory::default() }
}

fn scanned(image: &SourceImage, done: &HashMap<Digest, Read>, set: &DetectorSet, problems: &[Problem]) -> ScannedImage {
    let read: Vec<_> = image.layers.iter().filter_map(|layer| done.get(&layer.digest)).collect();
    let layers: Vec<_> = read.iter().map(|read| Arc::clone(&read.inventory)).collect();
    let mut inventory = coalesce(&image.facts, &layers, set);
    inventory.problems.extend(problems.iter().cloned());
    inventory.problems.sort();
    inventory.problems.dedup();
    ScannedImage {
        facts: image.facts.clone(),
        inventory,
        layers_verified: read.iter().all(|read| !read.cached && read.inventory.verified),
    }
}
