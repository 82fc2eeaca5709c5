//! `lazaret compare SOURCE --with REPORT`: the image is scanned here, and what another scanner reported of it is laid
//! beside that, each difference with its cause.

use std::{fs::File, io::Read, path::Path};

use anyhow::{Context as _, bail};
use lazaret_assess::{Judge, Stance};
use lazaret_model::{Clock, Package};
use lazaret_report::compare::{Comparison, Opinion, Other};

use crate::{
    cli::{Compare, Format},
    command::{
        diff::scan_of,
        scan::{Judged, Looked, look},
    },
    exit::{Exit, Usage},
    output,
    settings::Settings,
    wire::SystemClock,
};

/// The largest report that is read.
const MAX_REPORT: u64 = 512 << 20;

pub(crate) fn run(settings: &Settings, args: &Compare) -> anyhow::Result<Exit> {
    let report = read(&args.with)?;
    let other = Other::read(&report).with_context(|| format!("cannot compare with {}", args.with.display()))?;
    drop(report);
    let clock = args.judging.clock.clone().unwrap_or_else(|| SystemClock.now().to_string());
    let Looked { judged, judge, .. } =
        look(settings, &scan_of(&args.judging, &args.source, args.platform.as_deref(), &clock))?;
    let [judged] = &judged[..] else {
        let platforms: Vec<_> = judged.iter().map(|image| image.report().facts.platform.to_string()).collect();
        let list = platforms.join(", ");
        return Err(
            Usage(format!("{} has {} images: choose one with --platform ({list})", args.source, judged.len())).into()
        );
    };
    let ours = judged.report();
    let comparison = Comparison::between(&ours, &other, &|package, ids| opinion(&judge, judged, package, ids));
    output::data(&match args.format {
        Format::Json => lazaret_report::compare_json(&args.source, &ours, &comparison),
        Format::Table => lazaret_report::compare_table(&args.source, &ours, &comparison, output::style()),
    })?;
    Ok(Exit::Done)
}

fn read(file: &Path) -> anyhow::Result<Vec<u8>> {
    let input = File::open(file).with_context(|| format!("cannot open {}", file.display()))?;
    let mut bytes = Vec::new();
    input.take(MAX_REPORT + 1).read_to_end(&mut bytes).with_context(|| format!("cannot read {}", file.display()))?;
    if bytes.len() as u64 > MAX_REPORT {
        bail!("{} has more than {} MiB, which is no report of one image", file.display(), MAX_REPORT >> 20);
    }
    Ok(bytes)
}

fn opinion(judge: &Judge, judged: &Judged, package: &Package, ids: &[String]) -> Opinion {
    match judge.stance(package, judged.report().inventory.os.as_ref(), ids) {
        Stance::Affected => Opinion::Affected,
        Stance::NoFeed => Opinion::NoFeed,
        Stance::NoRecord => Opinion::NoRecord,
        Stance::NotAffected => Opinion::NotAffected,
        Stance::UnderInvestigation => Opinion::UnderInvestigation,
        Stance::Informational => Opinion::Informational,
        Stance::OtherVersions(fixed) => Opinion::OtherVersions(fixed),
        Stance::NotJudged(why) => Opinion::NotJudged(why),
    }
}
