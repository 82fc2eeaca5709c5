//! The floor of a cold scan: read, inflate and hash (compressed and uncompressed) every gzip layer of an OCI layout folder,
//! two layers at a time, hashing of the output on a thread of its own. As the test bed has it; nothing else is done.

use anyhow::{Context, Result, anyhow};
use flate2::bufread::MultiGzDecoder;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError, mpsc};
use std::thread;
use std::time::Instant;

/// Bytes per read and per hashed piece.
const PIECE: usize = 1 << 20;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// An OCI layout folder.
    layout: PathBuf,
}

/// Prints seconds and bytes.
pub(crate) fn run(args: &Args) -> Result<()> {
    let layers = layers(&args.layout)?;
    let start = Instant::now();
    let queue = Mutex::new(layers);
    let total = thread::scope(|scope| {
        let workers: Vec<_> = (0..2).map(|_| scope.spawn(|| drain(&queue))).collect();
        workers.into_iter().map(|worker| worker.join().map_err(|_| anyhow!("a worker panicked"))?).sum::<Result<u64>>()
    })?;
    println!("{:.3} s, {} MB", start.elapsed().as_secs_f64(), total / 1_000_000);
    Ok(())
}

/// The layers of the first manifest, the biggest last.
fn layers(root: &Path) -> Result<Vec<(u64, PathBuf)>> {
    let json = |path: PathBuf| -> Result<Value> {
        let file = File::open(&path).with_context(|| format!("cannot open {}", path.display()))?;
        Ok(serde_json::from_reader(BufReader::new(file))?)
    };
    let blob = |digest: &str| root.join("blobs").join(digest.replace(':', "/"));
    let index = json(root.join("index.json"))?;
    let manifest = json(blob(index["manifests"][0]["digest"].as_str().context("an index without a manifest")?))?;
    let named = manifest["layers"].as_array().context("a manifest without layers")?;
    let mut layers: Vec<(u64, PathBuf)> =
        named.iter().filter_map(|layer| Some((layer["size"].as_u64()?, blob(layer["digest"].as_str()?)))).collect();
    layers.sort();
    Ok(layers)
}

fn drain(queue: &Mutex<Vec<(u64, PathBuf)>>) -> Result<u64> {
    let mut total = 0;
    loop {
        let next = queue.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let Some((_, path)) = next else { return Ok(total) };
        total += layer(&path)?;
    }
}

/// A reader that hashes what passes.
struct Hashing<R> {
    inner: R,
    hash: Sha256,
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.hash.update(&buffer[..count]);
        Ok(count)
    }
}

fn layer(path: &Path) -> Result<u64> {
    let file = Hashing { inner: File::open(path)?, hash: Sha256::new() };
    let mut inflate = MultiGzDecoder::new(BufReader::with_capacity(PIECE, file));
    let (send, receive) = mpsc::sync_channel::<(Vec<u8>, usize)>(4);
    let (back, spare) = mpsc::channel::<Vec<u8>>();
    let hasher = thread::spawn(move || {
        let mut hash = Sha256::new();
        for (buffer, count) in receive {
            hash.update(&buffer[..count]);
            back.send(buffer).ok();
        }
        hash.finalize()
    });
    let mut total = 0;
    loop {
        let mut buffer = spare.try_recv().unwrap_or_else(|_| vec![0; PIECE]);
        let mut count = 0;
        while count < buffer.len() {
            match inflate.read(&mut buffer[count..])? {
                0 => break,
                more => count += more,
            }
        }
        if count == 0 {
            break;
        }
        total += count as u64;
        send.send((buffer, count)).context("the hasher is gone")?;
    }
    drop(send);
    hasher.join().map_err(|_| anyhow!("the hasher panicked"))?;
    Ok(total)
}
