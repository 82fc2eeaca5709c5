//! Every kind of job, one per line.

use lazaret_store::Job;

use crate::job::{Context, JobError, judge_image, judge_index, rejudge_all};

/// Runs one claimed job.
pub(crate) fn run(context: &Context, job: &Job) -> Result<(), JobError> {
    match job.kind.as_str() {
        judge_image::KIND => judge_image::run(context, &job.payload),
        judge_index::KIND => judge_index::run(context, &job.payload),
        rejudge_all::KIND => rejudge_all::run(context),
        other => Err(JobError::fatal(format!("no job of kind {other:?}: made by another version of lazaret?"))),
    }
}
