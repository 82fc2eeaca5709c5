//! A body into a session: frames are gathered while the frames before them are written and hashed on a thread that
//! may block. At most two batches are in memory, and no thread waits for a slow client.
//!
//! The work is a task of its own: when the client goes away and hyper drops the handler, the task still sees the
//! body break off, saves the state of the hash, and gives the session free.

use std::sync::Arc;

use axum::body::Body;
use bytes::Bytes;
use http_body_util::BodyExt;
use lazaret_store::{StoreError, Upload};
use tokio::task::{JoinHandle, spawn_blocking};

use super::session;
use crate::{ApiError, App, call::Call, error::Code};

/// Bytes that are gathered while a batch is being written.
const BATCH: usize = 1 << 20;

/// A session with its tap, on its way between threads.
struct Writer {
    app: Arc<App>,
    upload: Upload,
}

/// How the body ended.
enum End {
    Whole,
    Cut,
    TooLarge,
}

/// Writes the body of `call` to the session and saves its state. An error leaves the session as far as it came.
pub(super) async fn receive(call: &mut Call, upload: Upload) -> Result<Upload, ApiError> {
    let body = call.take_body();
    let announced = call.content_length();
    let app = Arc::clone(&call.app);
    let left = app.settings.max_blob.saturating_sub(upload.offset());
    if announced.is_some_and(|length| length > left) {
        return Err(ApiError::too_large(app.settings.max_blob));
    }
    let task = app.tasks.spawn(run(Writer { app: Arc::clone(&app), upload }, body, announced, left));
    task.await.map_err(|error| ApiError::internal("an upload ended early", &error))?
}

async fn run(writer: Writer, body: Body, announced: Option<u64>, left: u64) -> Result<Upload, ApiError> {
    let max_blob = writer.app.settings.max_blob;
    let (writer, end) = pump(writer, body, announced, left).await?;
    let Writer { mut upload, .. } = writer;
    let saved = spawn_blocking(move || upload.checkpoint().map(|()| upload)).await;
    let saved = saved.map_err(|error| ApiError::internal("an upload ended early", &error))?;
    let upload = saved.map_err(session::refusal)?;
    match end {
        End::Whole => Ok(upload),
        End::Cut => Err(ApiError::bad_request(Code::BlobUploadInvalid, "the body ended early; the upload can go on")),
        End::TooLarge => Err(ApiError::too_large(max_blob)),
    }
}

async fn pump(
    writer: Writer,
    mut body: Body,
    announced: Option<u64>,
    mut left: u64,
) -> Result<(Writer, End), ApiError> {
    let patience = writer.app.settings.body_timeout;
    let mut idle = Some(writer);
    let mut writing: Option<JoinHandle<Result<Writer, StoreError>>> = None;
    let (mut batch, mut gathered, mut received) = (Vec::new(), 0, 0_u64);
    let mut end = None;
    loop {
        if let Some(writer) = idle.take() {
            if !batch.is_empty() {
                let frames = std::mem::take(&mut batch);
                gathered = 0;
                writing = Some(spawn_blocking(move || writer.write(&frames)));
            } else if let Some(end) = end {
                return Ok((writer, end));
            } else {
                idle = Some(writer);
            }
        }
        tokio::select! {
            biased;
            done = next(&mut writing), if writing.is_some() => {
                writing = None;
                idle = Some(done?);
            }
            frame = tokio::time::timeout(patience, body.frame()), if end.is_none() && gathered < BATCH => {
                match frame {
                    Ok(Some(Ok(frame))) => {
                        let Ok(data) = frame.into_data() else { continue };
                        let length = u64::try_from(data.len()).unwrap_or(u64::MAX);
                        if length > left {
                            end = Some(End::TooLarge);
                            continue;
                        }
                        left -= length;
                        received += length;
                        gathered += data.len();
                        if !data.is_empty() {
                            batch.push(data);
                        }
                    }
                    Ok(None) if announced.is_none_or(|length| length == received) => end = Some(End::Whole),
                    Ok(None | Some(Err(_))) | Err(_) => end = Some(End::Cut),
                }
            }
        }
    }
}

async fn next(writing: &mut Option<JoinHandle<Result<Writer, StoreError>>>) -> Result<Writer, ApiError> {
    let Some(job) = writing else { return std::future::pending().await };
    let written = job.await.map_err(|error| ApiError::internal("an upload ended early", &error))?;
    written.map_err(session::refusal)
}

impl Writer {
    fn write(mut self, frames: &[Bytes]) -> Result<Self, StoreError> {
        for frame in frames {
            self.upload.write(frame)?;
        }
        let Self { app, upload } = &self;
        app.taps.received(upload.id(), upload.spool_path(), upload.offset());
        Ok(self)
    }
}
