//! Queues a new judgement of every image: after a new snapshot of advisories, and once a day for what time changes.

use super::{Context, JobError};

pub(crate) const KIND: &str = "rejudge_all";

pub(crate) fn run(context: &Context) -> Result<(), JobError> {
    let images = context.store.images()?;
    let count = images.len();
    for (repository, digest) in images {
        context.store.enqueue_judge_image(&repository, &digest)?;
    }
    tracing::info!(images = count, "queued a new judgement of every image");
    Ok(())
}
