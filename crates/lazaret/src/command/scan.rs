//! `lazaret scan SOURCE`: inventory, verdict, report; no store is needed.

use std::sync::Arc;

use anyhow::Context as _;
use lazaret_advisory::AdvisoryDb;
use lazaret_assess::{Judge, Judgement, Policy, Subject};
use lazaret_inventory::{DetectorSet, Extra, LayerCache, NoCache, ScannedImage, scan_images};
use lazaret_model::{Clock, Digest, Outcome, Platform, Timestamp};
use lazaret_oci::{Limits, Selection};
use lazaret_report::ImageReport;
use lazaret_worker::open_snapshot;

use super::open_image::open_image;
use crate::{
    cli::{Scan, ScanFormat},
    disk_cache::DiskCache,
    exit::{Exit, Usage},
    output,
    progress::LayerBars,
    settings::Settings,
    wire::{self, SystemClock},
};

pub(crate) fn run(settings: &Settings, args: &Scan) -> anyhow::Result<Exit> {
    let Looked { index, judged, .. } = look(settings, args)?;
    let reports: Vec<_> = judged.iter().map(Judged::report).collect();
    output::data(&match args.format {
        ScanFormat::Json => lazaret_report::scan_json(index.as_ref(), &reports),
        ScanFormat::Sarif => lazaret_report::scan_sarif(&args.source, index.as_ref(), &reports),
        ScanFormat::Table => lazaret_report::scan_table(&args.source, index.as_ref(), &reports, output::style()),
    })?;
    let outcome = worst(judged.iter().map(|j| j.judgement.decision.verdict.outcome));
    Ok(if args.exit_zero { Exit::Done } else { outcome.into() })
}

/// Every image of a source, judged; the digest is of the index that they come from, if they do.
pub(crate) struct Looked {
    pub(crate) index: Option<Digest>,
    pub(crate) judged: Vec<Judged>,
    pub(crate) judge: Judge,
}

/// Reads and judges what the arguments name.
pub(crate) fn look(settings: &Settings, args: &Scan) -> anyhow::Result<Looked> {
    let set = detectors(&args.with)?;
    let policy_name = args.policy.as_deref().unwrap_or(&settings.default_policy);
    let policy = Policy::named(policy_name)
        .ok_or_else(|| Usage(format!("--policy {policy_name}: expected production, staging or observe")))?;
    let now = match &args.clock {
        Some(text) => Timestamp::parse(text)
            .ok_or_else(|| Usage(format!("--clock {text}: expected RFC 3339, e.g. 2026-11-24T00:00:00Z")))?,
        None => SystemClock.now(),
    };
    let selection = selection(args.platform.as_deref())?;
    let limits = Limits::default();
    let source = open_image(&args.source, &limits, args.plain_http)?;
    let judge = Judge::new(Arc::new(open_db(settings, args)?), wire::judge_settings(settings));

    let bars = LayerBars::new();
    let (index, images) = scan_images(&*source, &selection, &*layer_cache(settings, args), &limits, &set, &bars)
        .with_context(|| format!("cannot open {}", source.name()))?;
    bars.finish();
    let judged =
        images.into_iter().map(|image| judge_image(&judge, image, &policy, now)).collect::<anyhow::Result<Vec<_>>>()?;
    Ok(Looked { index, judged, judge })
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

/// What earlier scans found in layers.
fn layer_cache(settings: &Settings, args: &Scan) -> Box<dyn LayerCache> {
    match wire::layers_dir(settings) {
        Some(folder) if !args.no_cache => {
            Box::new(DiskCache::new(folder, settings.cache_size, args.verify, SystemClock.now().0.into()))
        }
        _ => Box::new(NoCache),
    }
}

/// The detectors that every scan has, and those of `--with`.
fn detectors(with: &[String]) -> Result<DetectorSet, Usage> {
    let names = || Extra::ALL.map(Extra::name).join(", ");
    let named = |name: &String| {
        Extra::named(name.trim()).ok_or_else(|| Usage(format!("--with {name}: expected one of {}", names())))
    };
    Ok(DetectorSet::with(&with.iter().map(named).collect::<Result<Vec<_>, _>>()?))
}

fn selection(platform: Option<&str>) -> Result<Selection, Usage> {
    match platform {
        None | Some("all") => Ok(Selection::All),
        Some(text) => Platform::parse(text)
            .map(Selection::Platform)
            .ok_or_else(|| Usage(format!("--platform {text}: expected os/architecture, e.g. linux/arm64, or all"))),
    }
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
