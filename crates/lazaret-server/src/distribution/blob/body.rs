//! A file as a body: pieces read by position on threads that may block, one piece ahead of the client. No thread
//! waits for a slow client.

use std::{fs::File, io, ops::Range, os::unix::fs::FileExt, sync::Arc};

use axum::body::Body;
use bytes::Bytes;
use futures_util::stream;
use tokio::task::{JoinHandle, spawn_blocking};

/// Bytes of one piece.
const PIECE: u64 = 512 * 1024;

struct State {
    file: Arc<File>,
    rest: Range<u64>,
    next: Option<JoinHandle<io::Result<Bytes>>>,
}

/// The bytes of `part`; a file that is shorter breaks the connection instead of ending the body early.
pub(super) fn stream(file: File, part: Range<u64>) -> Body {
    let state = State { file: Arc::new(file), rest: part, next: None };
    Body::from_stream(stream::unfold(state, |mut state| async move {
        let reading = match state.next.take() {
            Some(reading) => reading,
            None => state.read()?,
        };
        let piece = reading.await.unwrap_or_else(|error| Err(io::Error::other(error)));
        if piece.is_ok() {
            state.next = state.read();
        } else {
            state.rest = 0..0;
            tracing::error!(error = ?piece.as_ref().err(), "a blob could not be read to its end");
        }
        Some((piece, state))
    }))
}

impl State {
    /// Starts to read the next piece; `None` at the end.
    fn read(&mut self) -> Option<JoinHandle<io::Result<Bytes>>> {
        if self.rest.is_empty() {
            return None;
        }
        let (file, start) = (Arc::clone(&self.file), self.rest.start);
        let length = PIECE.min(self.rest.end - start);
        self.rest.start += length;
        Some(spawn_blocking(move || {
            let mut piece = vec![0; usize::try_from(length).map_err(io::Error::other)?];
            file.read_exact_at(&mut piece, start)?;
            Ok(Bytes::from(piece))
        }))
    }
}
