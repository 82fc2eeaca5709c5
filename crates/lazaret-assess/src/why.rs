//! A decision in words, for `lazaret why`. Plain lines, without control characters of an image's or an advisory's making.

use std::{collections::BTreeMap, fmt::Write};

use lazaret_model::{Decision, Digest, Finding, ImageFacts, Reason, Severity};

use crate::{Replay, ReplayError};

/// Verdict, reasons, findings by package with fix and layer, problems, inputs by digest, and what a replay gave.
/// `facts` name the Dockerfile step of a layer.
pub fn explain(
    id: &Digest,
    decision: &Decision,
    facts: Option<&ImageFacts>,
    replayed: &Result<Replay, ReplayError>,
) -> String {
    let mut text = String::new();
    // Writing to a String cannot fail.
    let _ = write(&mut text, id, decision, facts, replayed);
    text
}

fn write(
    out: &mut String,
    id: &Digest,
    decision: &Decision,
    facts: Option<&ImageFacts>,
    replayed: &Result<Replay, ReplayError>,
) -> std::fmt::Result {
    let Decision { image, platform, inputs, verdict, findings, problems, .. } = decision;
    writeln!(out, "image     {image} ({platform})")?;
    writeln!(out, "verdict   {}, under policy {} at {}", verdict.outcome, inputs.policy_name, inputs.clock)?;
    for (title, reasons) in
        [("reasons", &verdict.reasons), ("warnings", &verdict.warnings), ("observations", &verdict.observations)]
    {
        write_reasons(out, title, reasons)?;
    }
    write_findings(out, findings, facts)?;
    if !problems.is_empty() {
        writeln!(out, "\nproblems")?;
    }
    for problem in problems {
        let path = if problem.path.is_empty() { String::new() } else { format!("{}: ", clean(&problem.path)) };
        writeln!(out, "  {}: {path}{}", problem.kind.name(), clean(&problem.message))?;
    }
    let accepted = if inputs.advisories_starter_accepted { " (built-in starter set, accepted)" } else { "" };
    writeln!(out, "\ninputs")?;
    writeln!(out, "  decision    {id}")?;
    writeln!(out, "  engine      {}", inputs.engine)?;
    writeln!(out, "  inventory   {}", inputs.inventory)?;
    writeln!(out, "  advisories  {}", inputs.advisories)?;
    writeln!(out, "  snapshot    {}{accepted}", inputs.advisories_snapshot)?;
    writeln!(out, "  policy      {}", inputs.policy)?;
    writeln!(out, "  exceptions  {}", inputs.exceptions)?;
    writeln!(out, "  provenance  {}", inputs.provenance)?;
    writeln!(out, "\nreplay    {}", replay_line(replayed))
}

fn write_reasons(out: &mut String, title: &str, reasons: &[Reason]) -> std::fmt::Result {
    if !reasons.is_empty() {
        writeln!(out, "\n{title}")?;
    }
    for Reason { rule, message } in reasons {
        writeln!(out, "  {}: {}", clean(rule), clean(message))?;
    }
    Ok(())
}

fn write_findings(out: &mut String, findings: &[Finding], facts: Option<&ImageFacts>) -> std::fmt::Result {
    if findings.is_empty() {
        return Ok(());
    }
    let counts = Severity::ALL.into_iter().filter_map(|severity| {
        let count = findings.iter().filter(|finding| finding.severity == severity).count();
        (count > 0).then(|| format!("{count} {severity}"))
    });
    writeln!(out, "\nfindings  {}", counts.collect::<Vec<_>>().join(", "))?;
    let mut packages: Vec<Vec<&Finding>> = Vec::new();
    let mut positions: BTreeMap<&str, usize> = BTreeMap::new();
    for finding in findings {
        let position = *positions.entry(&finding.purl).or_insert(packages.len());
        match packages.get_mut(position) {
            Some(package) => package.push(finding),
            None => packages.push(vec![finding]),
        }
    }
    for package in packages {
        let Some(first) = package.first() else { continue };
        writeln!(out, "  {} {}  {}", clean(&first.package), clean(&first.version), clean(&first.purl))?;
        if let Some(layer) = layer(first, facts) {
            writeln!(out, "    {layer}")?;
        }
        for finding in package {
            write_finding(out, finding)?;
        }
    }
    Ok(())
}

fn write_finding(out: &mut String, finding: &Finding) -> std::fmt::Result {
    let Finding { id, severity, status, confidence, fixed, exploited, epss, summary, url, .. } = finding;
    let fix = fixed.as_ref().map_or_else(|| "no fix".to_owned(), |fixed| format!("fixed in {}", clean(fixed)));
    write!(out, "    {}  {severity}, {}, {fix}, confidence {}", clean(id), status.name(), confidence.name())?;
    if *exploited {
        write!(out, ", exploited")?;
    }
    if let Some(epss) = epss {
        write!(out, ", EPSS {epss}")?;
    }
    if !finding.aliases.is_empty() {
        write!(out, "  (also {})", clean(&finding.aliases.join(", ")))?;
    }
    writeln!(out)?;
    if !summary.is_empty() {
        writeln!(out, "      {}", clean(summary.lines().next().unwrap_or_default()))?;
    }
    url.as_ref().map_or(Ok(()), |url| writeln!(out, "      {}", clean(url)))
}

/// The layer that introduced the package, whose it is, and the Dockerfile step that made it.
fn layer(finding: &Finding, facts: Option<&ImageFacts>) -> Option<String> {
    let layer = finding.layer.as_ref()?;
    let owner = match finding.base {
        Some(true) => " (base image)",
        Some(false) => " (application)",
        None => "",
    };
    let history = facts.into_iter().flat_map(|facts| &facts.history);
    let step = history.filter(|entry| entry.layer.as_ref() == Some(layer)).map(|entry| step(&entry.created_by)).next();
    let step = step.filter(|step| !step.is_empty()).map(|step| format!(": {step}")).unwrap_or_default();
    Some(format!("layer {}{owner}{step}", layer.short()))
}

/// A history entry as a Dockerfile writes it, on one line.
fn step(created_by: &str) -> String {
    let text = created_by.strip_suffix("# buildkit").unwrap_or(created_by).trim();
    let text = match text.strip_prefix("/bin/sh -c ").map(str::trim_start) {
        Some(rest) => match rest.strip_prefix("#(nop)") {
            Some(instruction) => instruction.trim().to_owned(),
            None => format!("RUN {rest}"),
        },
        None => text.strip_prefix("RUN /bin/sh -c ").map_or_else(|| text.to_owned(), |rest| format!("RUN {rest}")),
    };
    let line = clean(&text.split_whitespace().collect::<Vec<_>>().join(" "));
    if line.chars().count() > 120 { line.chars().take(117).chain("...".chars()).collect() } else { line }
}

/// On one line, and nothing that steers a terminal or turns the direction of writing.
fn clean(text: &str) -> String {
    let hostile = |c: char| {
        c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars().map(|c| if hostile(c) { '\u{fffd}' } else { c }).collect()
}

fn replay_line(replayed: &Result<Replay, ReplayError>) -> String {
    match replayed {
        Ok(Replay::Same) => "the stored documents give the same bytes".to_owned(),
        Ok(Replay::Different { at }) => {
            format!("DIFFERENT: the stored documents do not give this record ({})", clean(at))
        }
        Ok(Replay::OtherEngine { wanted }) => format!("needs the engine that decided: {wanted}"),
        Err(error) => format!("not possible: {error}"),
    }
}
