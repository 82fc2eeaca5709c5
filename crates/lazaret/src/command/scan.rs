//! `lazaret scan SOURCE`: inventory, verdict, report; no store is needed.

use std::sync::Arc;

use lazaret_advisory::AdvisoryDb;
use lazaret_assess::{Judge, Judgement, Policy, Subject};
use lazaret_inventory::ScannedImage;
use lazaret_model::{Digest, Outcome, Timestamp};
use lazaret_report::{ImageReport, SbomFormat};
use lazaret_worker::open_snapshot;

use super::images::{ImageSource, Images, Wanted};
use crate::{
    cli::{Scan, ScanFormat},
    exit::{Exit, Usage},
    output,
    settings::Settings,
    wire,
};

pub(crate) fn run(settings: &Settings, args: &Scan) -> anyhow::Result<Exit> {
    let Looked { name, now, index, judged, .. } = look(settings, args)?;
    let reports: Vec<_> = judged.iter().map(Judged::report).collect();
    let bill = |format| {
        let images = judged.iter().map(|image| (&image.subject.facts, &image.subject.inventory));
        super::sbom::bill(format, &name, index.clone(), images, now)
    };
    output::data(&match args.format {
        ScanFormat::Cyclonedx => bill(SbomFormat::CycloneDx),
        ScanFormat::Spdx => bill(SbomFormat::Spdx),
        ScanFormat::Spdx3 => bill(SbomFormat::Spdx3),
        ScanFormat::Json => lazaret_report::scan_json(index.as_ref(), &reports),
        ScanFormat::Sarif => lazaret_report::scan_sarif(&args.source, index.as_ref(), &reports),
        ScanFormat::Table if args.tree => lazaret_report::scan_tree(&args.source, &reports, output::style()),
        ScanFormat::Table => lazaret_report::scan_table(&args.source, index.as_ref(), &reports, output::style()),
    })?;
    let outcome = worst(judged.iter().map(|j| j.judgement.decision.verdict.outcome));
    Ok(if args.exit_zero { Exit::Done } else { outcome.into() })
}

/// Every image of a source, judged; the digest is of the index that they come from, if they do.
pub(crate) struct Looked {
    /// What was looked at.
    name: String,
    now: Timestamp,
    pub(crate) index: Option<Digest>,
    pub(crate) judged: Vec<Judged>,
    pub(crate) judge: Judge,
}

/// Reads and judges what the arguments name.
pub(crate) fn look(settings: &Settings, args: &Scan) -> anyhow::Result<Looked> {
    let policy_name = args.policy.as_deref().unwrap_or(&settings.default_policy);
    let policy = Policy::named(policy_name)
        .ok_or_else(|| Usage(format!("--policy {policy_name}: expected production, staging or observe")))?;
    let now = wire::time(args.clock.as_deref())?;
    let wanted = Wanted {
        platform: args.platform.as_deref(),
        with: &args.with,
        plain_http: args.plain_http,
        no_cache: args.no_cache,
        verify: args.verify,
    };
    let source = ImageSource::open(settings, &args.source, &wanted)?;
    let judge = Judge::new(Arc::new(open_db(settings, args)?), wire::judge_settings(settings));

    let Images { name, index, scanned } = source.read()?;
    let judged = scanned
        .into_iter()
        .map(|image| judge_image(&judge, image, &policy, now))
        .collect::<anyhow::Result<Vec<_>>>()?;
    Ok(Looked { name, now, index, judged, judge })
}

/// One image with its verdict.
pub(crate) struct Judged {
    subject: Subject,
    judgement: Judgement,
    layers_verified: bool,
}

impl Judged {
    pub(crate) fn report(&self) -> ImageReport<'_> {
        ImageReport {
            facts: &self.subject.facts,
            inventory: &self.subject.inventory,
            decision: &self.judgement.decision,
            layers_verified: self.layers_verified,
        }
    }
}

fn judge_image(judge: &Judge, image: ScannedImage, policy: &Policy, now: Timestamp) -> anyhow::Result<Judged> {
    let subject = Subject { facts: image.facts, inventory: image.inventory };
    let judgement = judge.judge(&subject, policy, now)?;
    Ok(Judged { subject, judgement, layers_verified: image.layers_verified })
}

/// Deny before incomplete before allow; no image at all is incomplete.
fn worst(outcomes: impl Iterator<Item = Outcome>) -> Outcome {
    let all: Vec<_> = outcomes.collect();
    [Outcome::Deny, Outcome::Incomplete].into_iter().find(|o| all.contains(o)).unwrap_or(if all.is_empty() {
        Outcome::Incomplete
    } else {
        Outcome::Allow
    })
}

fn open_db(settings: &Settings, args: &Scan) -> anyhow::Result<AdvisoryDb> {
    if let Some(file) = &args.db {
        return Ok(AdvisoryDb::open(file)?);
    }
    let data = wire::data_dir(args.data.data.as_deref(), settings)?;
    Ok(open_snapshot(&wire::advisories_dir(&data))?.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_platform_decides() {
        use Outcome::{Allow, Deny, Incomplete};
        assert_eq!(worst([Allow, Incomplete, Deny].into_iter()), Deny);
        assert_eq!(worst([Allow, Incomplete].into_iter()), Incomplete);
        assert_eq!(worst([Allow].into_iter()), Allow);
        assert_eq!(worst(std::iter::empty()), Incomplete);
    }
}
