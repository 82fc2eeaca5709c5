//! A fault on purpose, behind the feature `sabotage`: a finished upload is answered before it is durable. The crash
//! harnesses' `--prove` builds with it and must then report lost blobs. Never part of a release.

use std::{thread, time::Duration};

use crate::{BlobRow, StoreError, Upload};

/// How long after the answer the object gets its name.
const DELAY: Duration = Duration::from_millis(300);

/// Commits the row and answers; nothing is synced, and the object appears later, unless the process is killed first.
pub(crate) fn finish(upload: Upload, blob: &BlobRow) -> Result<(), StoreError> {
    upload.record(blob)?;
    let blob = blob.clone();
    thread::spawn(move || {
        thread::sleep(DELAY);
        if let Err(error) = upload.publish(&blob) {
            tracing::warn!(error = %error, "sabotaged upload was not published");
        }
    });
    Ok(())
}
