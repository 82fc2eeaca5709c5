//! Sources: layouts, archives and trees made here, and the shared images where they are.

#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "helpers of tests may panic, and say what they skip")]

mod docker_archive;
mod made;
mod oci_layout;
mod shared;
mod skopeo;
mod tree;

use lazaret_oci::{Body, Entry, LayerSpec, LayerSummary, Limits, Source, SourceImage, Visitor, Want, read_layer};

/// Keeps the paths.
#[derive(Default)]
struct Paths(Vec<String>);

impl Visitor for Paths {
    fn entry(&mut self, entry: &Entry<'_>) -> Want {
        self.0.push(entry.path.to_owned());
        Want::Skip
    }
    fn whole(&mut self, _: &Entry<'_>, _: &Body<'_>) {}
    fn chunk(&mut self, _: &[u8]) {}
    fn end(&mut self, _: &Entry<'_>) {}
}

/// Reads a layer as a scan would.
fn scan(source: &dyn Source, image: &SourceImage, index: usize) -> (LayerSummary, Vec<String>) {
    let layer = &image.layers[index];
    let spec = LayerSpec {
        digest: Some(layer.digest.clone()),
        size: Some(layer.size),
        diff_id: Some(image.facts.diff_ids[index].clone()),
        media_type: layer.media_type.clone(),
    };
    let mut paths = Paths::default();
    let mut input = source.open_layer(image, index).unwrap();
    let summary = read_layer(&mut input, &spec, &Limits::default(), &mut paths, &|_| ());
    (summary, paths.0)
}
