//! Looks deeper into an image that has its first verdict, for what takes too long to let a push wait (secrets, harmful
//! files, modified files: the setting `scan.with`), and judges it again.
//!
//! The image keeps its state meanwhile. What is found makes `approved` `due`, and malware revokes for cause. From then on
//! a judgement that knows less of the image than an earlier one replaces no decision: absence never approves.

use lazaret_inventory::DetectorSet;
use lazaret_model::{Decision, Digest, Repository};
use lazaret_oci::ImageManifest;
use lazaret_store::{Priority, Work};

use super::{Context, JobError, judge_image};

/// Rules that speak only of what a deeper look finds.
const RULES: [&str; 3] = ["secret_in_file", "malware", "modified_file"];

pub(crate) fn run(context: &Context, repository: &Repository, digest: &Digest) -> Result<(), JobError> {
    judge_image::judge(context, repository, digest, true)
}

/// For later: nobody waits for it.
pub(crate) fn queue(context: &Context, repository: &Repository, digest: &Digest) -> Result<(), JobError> {
    let work = Work::InspectImage { repository: repository.clone(), digest: digest.clone() };
    Ok(context.store.enqueue(&work, Priority::Background)?)
}

/// Whether a decision has something that only a deeper look tells.
pub(crate) fn has_told(decision: &Decision) -> bool {
    let verdict = &decision.verdict;
    let told = [&verdict.reasons, &verdict.warnings, &verdict.observations];
    told.into_iter().flatten().any(|reason| RULES.contains(&reason.rule.as_str()))
}

/// Whether the detectors of the later job have looked at every layer.
pub(crate) fn have_looked(context: &Context, manifest: &ImageManifest) -> Result<bool, JobError> {
    if context.looks == DetectorSet::standard() {
        return Ok(true);
    }
    for layer in &manifest.layers {
        let known = context.layers.stored(&layer.digest)?;
        if known.is_none_or(|scan| !scan.missing(&context.looks).is_empty()) {
            return Ok(false);
        }
    }
    Ok(true)
}
