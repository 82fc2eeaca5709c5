//! One client of the crash test: image after image until the server is gone, and then the rest of the last one.

use super::journal::{Kind, Writer};
use crate::client::{Registry, digest};
use crate::images::{MANIFEST, descriptor, gzip, tar};
use anyhow::{Result, ensure};
use rand::rngs::StdRng;
use rand::{Rng, RngCore, SeedableRng};
use reqwest::Method;
use serde_json::json;
use std::sync::atomic::{AtomicBool, Ordering};

/// Blobs have 1 KiB to 8 MiB; small ones are as frequent as each doubling of their size.
const SMALLEST: u32 = 10;
const LARGEST: u32 = 23;

/// Pushes until it is stopped.
pub(super) struct Pusher {
    registry: Registry,
    repository: String,
    round: u32,
    random: StdRng,
}

/// An image that is being pushed.
pub(super) struct Push {
    pub(super) repository: String,
    /// The tag moves with every image of this pusher.
    pub(super) tag: String,
    blobs: Vec<Vec<u8>>,
    pub(super) manifest: Vec<u8>,
    /// How many blobs were acknowledged.
    done: usize,
    /// The upload of the next blob, where one was opened.
    upload: Option<String>,
}

impl Pusher {
    pub(super) fn new(registry: Registry, number: u32, round: u32, seed: u64) -> Self {
        let repository = format!("crash/pusher-{number}");
        Self { registry, repository, round, random: StdRng::seed_from_u64(seed) }
    }

    /// Gives the push that the kill interrupted. Fails only where the server, still running, refused something.
    pub(super) fn run(mut self, stop: &AtomicBool, journal: &Writer) -> Result<Option<Push>> {
        for number in 0.. {
            let mut push = self.image(number)?;
            if let Err(error) = push.go(&self.registry, journal, &mut self.random) {
                // A refusal is an answer; a cut connection is what this test is about.
                ensure!(error.is::<reqwest::Error>(), "a push was refused: {error:#}");
                return Ok(Some(push));
            }
            if stop.load(Ordering::Relaxed) {
                break;
            }
        }
        Ok(None)
    }

    /// One to three layers, every other one a real tar, and their config and manifest.
    fn image(&mut self, number: u32) -> Result<Push> {
        let count = self.random.random_range(1..=3);
        let mut blobs = Vec::new();
        for layer in 0..count {
            let exponent = self.random.random_range(SMALLEST..LARGEST);
            let size = self.random.random_range(1_usize << exponent..=1 << (exponent + 1));
            let mut bytes = vec![0; size];
            self.random.fill_bytes(&mut bytes);
            let is_tar = self.random.random_bool(0.5);
            blobs.push(if is_tar { gzip(&tar(&[(&format!("srv/{layer}.bin"), &bytes)])?)? } else { bytes });
        }
        let layers: Vec<_> =
            blobs.iter().map(|blob| descriptor("application/vnd.oci.image.layer.v1.tar+gzip", blob)).collect();
        let config = serde_json::to_vec(&json!({
            "architecture": "amd64", "os": "linux", "config": {"User": "65532"},
            "rootfs": {"type": "layers", "diff_ids": blobs.iter().map(|blob| digest(blob)).collect::<Vec<_>>()},
        }))?;
        let manifest = serde_json::to_vec(&json!({
            "schemaVersion": 2, "mediaType": MANIFEST,
            "config": descriptor("application/vnd.oci.image.config.v1+json", &config), "layers": layers,
            "annotations": {"round": format!("{}.{number}", self.round)},
        }))?;
        blobs.push(config);
        let (repository, tag) = (self.repository.clone(), "moving".to_owned());
        Ok(Push { repository, tag, blobs, manifest, done: 0, upload: None })
    }
}

impl Push {
    /// Every digest that this push wrote or tried to write.
    pub(super) fn digests(&self) -> impl Iterator<Item = String> {
        self.blobs.iter().map(|blob| digest(blob))
    }

    /// Sends what is not acknowledged yet, by one of the ways that clients use.
    fn go(&mut self, registry: &Registry, journal: &Writer, random: &mut StdRng) -> Result<()> {
        while let Some(blob) = self.blobs.get(self.done) {
            let name = digest(blob);
            let mut upload = registry.begin(&self.repository)?;
            self.upload = Some(upload.clone());
            if random.random_bool(0.5) {
                registry.finish(&upload, &name, blob.clone())?;
            } else {
                let mut offset = 0;
                for piece in blob.chunks(random.random_range(64 << 10..=2 << 20)) {
                    upload = registry.patch(&upload, offset, piece.to_vec())?;
                    offset += piece.len() as u64;
                    self.upload = Some(upload.clone());
                }
                registry.finish(&upload, &name, Vec::new())?;
            }
            self.upload = None;
            self.done += 1;
            journal.acknowledged(Kind::Blob, &self.repository, &name, &name, blob.len())?;
        }
        self.tag(registry, journal)
    }

    fn tag(&self, registry: &Registry, journal: &Writer) -> Result<()> {
        let name = registry.push_manifest(&self.repository, &self.tag, MANIFEST, &self.manifest)?;
        journal.acknowledged(Kind::Manifest, &self.repository, &self.tag, &name, self.manifest.len())
    }

    /// Finishes an interrupted push; true when its upload was resumed and not begun anew.
    pub(super) fn finish(mut self, registry: &Registry, journal: &Writer) -> Result<bool> {
        let mut resumed = false;
        if let (Some(upload), Some(blob)) = (self.upload.take(), self.blobs.get(self.done)) {
            let name = digest(blob);
            // The answer may have been lost after the commit: then the blob is there and the upload is gone.
            let there = registry.blob(Method::HEAD, &self.repository, &name)?.status() == 200;
            let known = if there { None } else { registry.offset(&upload)? };
            if let Some(offset) = known {
                let from = usize::try_from(offset)?;
                ensure!(from <= blob.len(), "the server claims {from} bytes of {}", blob.len());
                registry.finish(&upload, &name, blob[from..].to_vec())?;
                journal.acknowledged(Kind::Blob, &self.repository, &name, &name, blob.len())?;
                self.done += 1;
                resumed = true;
            }
        }
        while let Some(blob) = self.blobs.get(self.done) {
            let name = registry.push_blob(&self.repository, blob)?;
            journal.acknowledged(Kind::Blob, &self.repository, &name, &name, blob.len())?;
            self.done += 1;
        }
        self.tag(registry, journal)?;
        Ok(resumed)
    }
}
