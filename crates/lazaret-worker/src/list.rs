//! Every kind of job, one per line.

use lazaret_store::Work;

use crate::job::{Context, JobError, analyse_layer, inspect_image, judge_image, judge_index, rejudge_all};

/// Does the work of one claimed job.
pub(crate) fn run(context: &Context, work: &Work) -> Result<(), JobError> {
    match work {
        Work::AnalyseLayer { digest, media_type } => analyse_layer::run(context, digest, media_type),
        Work::JudgeImage { repository, digest } => judge_image::run(context, repository, digest),
        Work::InspectImage { repository, digest } => inspect_image::run(context, repository, digest),
        Work::JudgeIndex { repository, digest } => judge_index::run(context, repository, digest),
        Work::RejudgeAll => rejudge_all::run(context),
    }
}
