//! Reads every layer of an OCI layout directory with a visitor that wants nothing, two layers at a time, and prints
//! seconds: what the rest of a scan is built on, to be held against the floor. `read_layout DIR`.
#![expect(clippy::print_stdout, reason = "a tool for measuring prints")]

use std::{path::PathBuf, sync::Mutex, thread, time::Instant};

use lazaret_oci::{
    Body, Entry, LayerSpec, Limits, LocalKind, Selection, SourceImage, Visitor, Want, open_local, read_layer,
};

struct Nothing;

impl Visitor for Nothing {
    fn entry(&mut self, _: &Entry<'_>) -> Want {
        Want::Skip
    }
    fn whole(&mut self, _: &Entry<'_>, _: &Body<'_>) {}
    fn chunk(&mut self, _: &[u8]) {}
    fn end(&mut self, _: &Entry<'_>) {}
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = PathBuf::from(std::env::args().nth(1).ok_or("usage: read_layout DIR")?);
    let limits = Limits::default();
    let start = Instant::now();
    let source = open_local(LocalKind::OciDir, &path, None, &limits)?;
    let found = source.images(&Selection::Default)?;
    let mut work: Vec<(&SourceImage, usize)> =
        found.images.iter().flat_map(|i| (0..i.layers.len()).map(move |n| (i, n))).collect();
    work.sort_by_key(|(image, index)| image.layers[*index].size);
    let (queue, totals) = (Mutex::new(work), Mutex::new((0_u64, 0_u64, true)));
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some((image, index)) = queue.lock().ok().and_then(|mut q| q.pop()) {
                    let layer = &image.layers[index];
                    let spec = LayerSpec {
                        digest: Some(layer.digest.clone()),
                        size: Some(layer.size),
                        diff_id: Some(image.facts.diff_ids[index].clone()),
                        media_type: layer.media_type.clone(),
                    };
                    let Ok(mut input) = source.open_layer(image, index) else { break };
                    let summary = read_layer(&mut input, &spec, &limits, &mut Nothing, &|_| ());
                    if let Ok(mut totals) = totals.lock() {
                        totals.0 += summary.uncompressed;
                        totals.1 += summary.entries;
                        totals.2 &= summary.verified;
                    }
                }
            });
        }
    });
    let (bytes, entries, verified) = totals.into_inner().unwrap_or_default();
    let seconds = start.elapsed().as_secs_f64();
    println!("{seconds:.3} s, {} MB, {entries} entries, verified {verified}", bytes / 1_000_000);
    Ok(())
}
