//! Queues a new judgement of every image: after a new snapshot of advisories, and once a day for what time changes.

use lazaret_store::{Priority, Work};

use super::{Context, JobError};

pub(crate) fn run(context: &Context) -> Result<(), JobError> {
    let images = context.store.image_keys()?;
    let count = images.len();
    let work: Vec<_> = images.into_iter().map(|(repository, digest)| Work::JudgeImage { repository, digest }).collect();
    context.store.enqueue_all(&work, Priority::Background)?;
    tracing::info!(images = count, "queued a new judgement of every image");
    Ok(())
}
