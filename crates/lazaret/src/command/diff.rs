//! `lazaret diff A B`: both are scanned and judged by the same advisories at the same time, then laid side by side.

use lazaret_model::Clock;
use lazaret_report::SourceDiff;

use crate::{
    cli::{Diff, Format, Judging, Scan, ScanFormat},
    command::scan::{Judged, look},
    exit::Exit,
    output,
    settings::Settings,
    wire::SystemClock,
};

pub(crate) fn run(settings: &Settings, args: &Diff) -> anyhow::Result<Exit> {
    // one clock for both, so that nothing differs by the time between them
    let clock = args.judging.clock.clone().unwrap_or_else(|| SystemClock.now().to_string());
    let platform = args.platform.as_deref();
    let a = look(settings, &scan_of(&args.judging, &args.a, platform, &clock))?;
    let b = look(settings, &scan_of(&args.judging, &args.b, args.to_platform.as_deref().or(platform), &clock))?;
    let reports_a: Vec<_> = a.judged.iter().map(Judged::report).collect();
    let reports_b: Vec<_> = b.judged.iter().map(Judged::report).collect();
    let diff = SourceDiff::between(&reports_a, &reports_b);
    output::data(&match args.format {
        Format::Json => lazaret_report::diff_json(&args.a, &args.b, &diff),
        Format::Table => lazaret_report::diff_table(&args.a, &args.b, &diff, output::style()),
    })?;
    Ok(Exit::Done)
}

/// The arguments of a scan of `source`.
pub(crate) fn scan_of(judging: &Judging, source: &str, platform: Option<&str>, clock: &str) -> Scan {
    Scan {
        source: source.to_owned(),
        db: judging.db.clone(),
        data: judging.data.clone(),
        policy: judging.policy.clone(),
        clock: Some(clock.to_owned()),
        platform: platform.map(str::to_owned),
        verify: false,
        no_cache: false,
        with: Vec::new(),
        format: ScanFormat::Json,
        tree: false,
        exit_zero: false,
        plain_http: judging.plain_http,
    }
}
