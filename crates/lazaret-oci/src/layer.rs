//! Layers: one pass over a layer's bytes, both digests verified on the way.

use std::{io::Read, sync::mpsc, thread};

use lazaret_model::{Algorithm, Digest, Problem, ProblemKind};

use self::{
    chunks::{Chunks, End},
    input::{Input, State},
    problems::Problems,
};
use crate::{Limits, hasher::pair::Pair};

pub mod body;
mod chunks;
mod decompress;
mod gzip;
mod inflate;
mod input;
pub(crate) mod path;
mod problems;
pub mod tap;
pub(crate) mod tar;
pub mod visitor;
pub mod whiteout;

pub use body::Body;
pub use tap::{LayerTap, TapHandle};
pub use visitor::{Entry, EntryKind, Visitor, Want};

/// What a layer should be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LayerSpec {
    /// Of the blob as stored.
    pub digest: Option<Digest>,
    /// Bytes of the blob as stored.
    pub size: Option<u64>,
    /// Of the uncompressed tar.
    pub diff_id: Option<Digest>,
    pub media_type: String,
}

/// What a layer was.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LayerSummary {
    /// Digest of the compressed bytes, when all of them were read.
    pub digest: Option<Digest>,
    /// Digest of the tar, when all of it was read.
    pub diff_id: Option<Digest>,
    /// Bytes read, compressed.
    pub compressed: u64,
    /// Bytes of tar.
    pub uncompressed: u64,
    pub entries: u64,
    /// Every digest and size of the spec matched and the stream ended cleanly.
    pub verified: bool,
    pub problems: Vec<Problem>,
}

/// Begin the messages of faults that are the machine's, not the layer's.
const NOT_KEPT: &str = "the file could not be kept in a temporary file";
const NOT_READ: &str = "the layer could not be read to its end";

/// Whether a problem of a layer says nothing about the layer, but that our disk failed or was full while it was read:
/// reading it again may go well.
pub fn is_passing(problem: &Problem) -> bool {
    let ours = |start| problem.message.starts_with(start);
    problem.kind == ProblemKind::LayerUnreadable && (ours(NOT_KEPT) || ours(NOT_READ))
}

/// Reads one layer. `progress` is told the compressed bytes read so far, from another thread. Never fails: faults are
/// problems, beside what was read before them.
///
/// Reading and inflating happen on a thread of their own; hashing, walking the tar and the visitor on the caller's. Memory is a few MiB whatever the layer's size, and up to [`Limits::body_bytes`] for a wanted file.
pub fn read_layer(
    input: &mut (dyn Read + Send),
    spec: &LayerSpec,
    limits: &Limits,
    visitor: &mut dyn Visitor,
    progress: &(dyn Fn(u64) + Sync),
) -> LayerSummary {
    let algorithm = |digest: &Option<Digest>| digest.as_ref().map_or(Algorithm::Sha256, Digest::algorithm);
    let most = spec.size.unwrap_or(u64::MAX).min(limits.layer_bytes);
    let mut problems = Problems::new(limits);
    let (full, receive) = mpsc::sync_channel(chunks::WAITING);
    let ((give_back, spare), (give_back_stored, spare_stored)) = (mpsc::channel(), mpsc::channel());
    let hash = Pair::new(algorithm(&spec.diff_id), algorithm(&spec.digest));
    let mut chunks = Chunks::new(receive, give_back, give_back_stored, hash);
    let (read, walked, digests) = thread::scope(|scope| {
        // Takes the sender: its drop ends the walk on this side.
        let reader = scope.spawn(move || {
            let mut input = Input::new(input, most, progress, &full, &spare_stored);
            let end = chunks::produce(&mut input, limits, spec.diff_id.is_none(), &full, &spare);
            let (compressed, state) = input.finish();
            (end, compressed, state)
        });
        let walked = tar::walk(&mut chunks, limits, visitor, &mut problems);
        // Also when the walk ended early: the digest is of everything.
        let digests = chunks.finish();
        (reader.join(), walked, digests)
    });
    let (end, compressed, state) = read.unwrap_or_else(|_| {
        let end = End::Fault("the reader of the layer failed".to_owned());
        (end, 0, State::Reading)
    });
    let (entries, stop) = match walked {
        Ok(entries) => (entries, None),
        Err(stop) => (stop.entries, Some(stop)),
    };
    let (tar_digest, stored_digest, uncompressed) = digests;
    tell(&mut problems, &end, stop, &state, spec.size == Some(most));
    let digest = (state == State::Ended).then_some(stored_digest);
    let diff_id = (end == End::Clean && state == State::Ended).then_some(tar_digest);
    let mut verified = end == End::Clean && state == State::Ended;
    let mut compare = |what: &str, wanted: Option<String>, actual: Option<String>| {
        if let Some(wanted) = wanted
            && actual.as_ref() != Some(&wanted)
        {
            verified = false;
            if let Some(actual) = actual {
                problems
                    .add(ProblemKind::DigestMismatch, "", || format!("the layer's {what} is {actual}, not {wanted}"));
            }
        }
    };
    let text = |digest: &Option<Digest>| digest.as_ref().map(ToString::to_string);
    let whole = state == State::Ended;
    compare("size", spec.size.map(|s| s.to_string()), whole.then(|| compressed.to_string()));
    compare("digest", text(&spec.digest), text(&digest));
    compare("diff id", text(&spec.diff_id), text(&diff_id));
    LayerSummary { digest, diff_id, compressed, uncompressed, entries, verified, problems: problems.finish() }
}

/// Turns what ended the reading into problems. A cut stream also cuts the tar: that is told once, as the cause.
fn tell(problems: &mut Problems, end: &End, stop: Option<tar::Stop>, state: &State, sized: bool) {
    let path = stop.as_ref().map(|s| s.after.clone()).unwrap_or_default();
    match (state, end) {
        (State::TooLong, _) if !sized => {
            problems.add(ProblemKind::LimitExceeded, &path, || "the layer is larger than is looked at".to_owned());
        }
        (State::TooLong, _) => {
            problems.add(ProblemKind::DigestMismatch, "", || "the layer has more bytes than its size says".to_owned());
        }
        (State::Failed(why), _) => {
            problems.add(ProblemKind::LayerUnreadable, &path, || format!("{NOT_READ}: {why}"));
        }
        (_, End::Fault(why)) => problems.add(ProblemKind::LayerUnreadable, &path, || why.clone()),
        (_, End::Limit(why)) => problems.add(ProblemKind::LimitExceeded, &path, || why.clone()),
        (_, End::Unsupported(form)) => problems.add(ProblemKind::Unsupported, "", || {
            format!("the layer is compressed with {form}, which is not supported (gzip and zstd are)")
        }),
        (_, End::Clean | End::Gone) => {
            if let Some(stop) = stop {
                problems.add(stop.kind, &stop.after, || stop.message);
            }
        }
    }
}

#[cfg(test)]
mod tests;
