//! Text for people: who the image is, what was found (worst first), what could not be judged, and the verdict.

use std::fmt::Write;

use comfy_table::{Cell, ContentArrangement, Table, presets};
use lazaret_model::{
    Confidence, Digest, Finding, Identified, Outcome, Package, PackageClass, Reason, Severity, Timestamp,
};

use crate::{
    ImageReport, overall,
    platforms::differences,
    text::{Color, clean, counted, paint},
    tree::bytes,
};

/// How a table may look.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct TableStyle {
    /// Columns of the terminal; `None`: as wide as needed.
    pub width: Option<u16>,
    /// ANSI colours; only where the output is a terminal.
    pub color: bool,
}

/// How many known vulnerabilities the verdict repeats below the table of findings.
const REPEATED: usize = 3;

/// Summary, findings, problems and verdict of each image. `name`: what was scanned, as the user wrote it.
pub fn scan_table(name: &str, index: Option<&Digest>, images: &[ImageReport<'_>], style: TableStyle) -> String {
    let mut out = String::new();
    // Writing to a String cannot fail.
    let _ = write_all(&mut out, name, index, images, style);
    out
}

fn write_all(
    out: &mut String,
    name: &str,
    index: Option<&Digest>,
    images: &[ImageReport<'_>],
    style: TableStyle,
) -> std::fmt::Result {
    if let Some(index) = index {
        writeln!(out, "{}  index {index}, {}\n", bold(&clean(name), style), counted(images.len(), "platform"))?;
    }
    for image in images {
        write_image(out, name, image, style)?;
    }
    if images.len() != 1 {
        write_differences(out, images)?;
        let outcome = overall(images);
        writeln!(out, "{}  over {}", outcome_word(outcome, style), counted(images.len(), "platform"))?;
    }
    Ok(())
}

/// Packages that the platforms do not have alike.
fn write_differences(out: &mut String, images: &[ImageReport<'_>]) -> std::fmt::Result {
    let found = differences(images);
    if found.is_empty() {
        return Ok(());
    }
    writeln!(out, "Different by platform")?;
    for difference in &found {
        let versions = difference.versions.iter().map(|(platform, versions)| {
            let versions: Vec<_> = versions.iter().map(|version| clean(version)).collect();
            let versions = if versions.is_empty() { "none".to_owned() } else { versions.join(", ") };
            format!("{} {versions}", clean(platform))
        });
        let versions = versions.collect::<Vec<_>>().join("; ");
        writeln!(out, "  {:<8} {}  {versions}", difference.kind, clean(&difference.name))?;
    }
    writeln!(out)
}

fn write_image(out: &mut String, name: &str, image: &ImageReport<'_>, style: TableStyle) -> std::fmt::Result {
    let ImageReport { facts, inventory, decision, layers_verified } = *image;
    let os = inventory.os.as_ref().map_or("no operating system", |os| &os.pretty_name);
    let title = format!("{}  {}  {}", clean(name), clean(&facts.platform.to_string()), clean(os));
    writeln!(out, "{}", bold(&title, style))?;
    writeln!(out, "{}", paint(&facts.digest.to_string(), Color::Dim, style.color))?;
    let installed = |package: &&Package| package.class != PackageClass::Declared;
    let (live, removed): (Vec<_>, Vec<_>) =
        inventory.packages.iter().filter(installed).partition(|package| package.is_live());
    let (live, removed) = (live.len(), removed.len());
    let removed = if removed == 0 { String::new() } else { format!(" ({removed} more removed by later layers)") };
    let verified = if layers_verified { "" } else { ", not all verified" };
    let layers = counted(facts.diff_ids.len(), "layer");
    writeln!(out, "{}{removed} in {layers}{verified}; {}", counted(live, "package"), summary(decision, style))?;
    let declared = inventory.packages.iter().filter(|package| !installed(package) && package.is_live()).count();
    if declared > 0 {
        let named = counted(declared, "more package");
        writeln!(out, "{named} only named by lockfiles and manifests: not installed, not judged")?;
    }
    if let Some(identified) = &inventory.identified {
        writeln!(out, "{}", share(identified))?;
    }
    if !decision.findings.is_empty() {
        writeln!(out, "\n{}", findings(image, style))?;
        if decision.findings.iter().any(|finding| finding.confidence == Confidence::Low) {
            writeln!(out, "? = low confidence: warns, never denies")?;
        }
    }
    if !decision.problems.is_empty() {
        writeln!(out, "\n{}", bold("Problems", style))?;
    }
    for problem in &decision.problems {
        let path = if problem.path.is_empty() { String::new() } else { format!("{}: ", clean(&problem.path)) };
        writeln!(out, "  {}  {path}{}", problem.kind.name(), clean(&problem.message))?;
    }
    let verdict = &decision.verdict;
    let (word, policy) = (outcome_word(verdict.outcome, style), clean(&decision.inputs.policy_name));
    let starter = if decision.inputs.advisories_starter_accepted { ", on the built-in starter advisories" } else { "" };
    writeln!(out, "\n{word}  by policy {policy} at {}{starter}", seconds(decision.inputs.clock))?;
    for (title, reasons) in
        [("", &verdict.reasons), ("Warnings", &verdict.warnings), ("Observations", &verdict.observations)]
    {
        write_reasons(out, title, reasons, style)?;
    }
    writeln!(out)
}

/// `99.1 % of 12.3 MB that can execute is of known components; not: opt/tool (109.0 kB)`.
fn share(identified: &Identified) -> String {
    const NAMED: usize = 3;
    // rounded down: what is not all is never shown as 100
    let tenths = (u128::from(identified.bytes) * 1000).checked_div(u128::from(identified.of)).unwrap_or(1000);
    let of = bytes(identified.of);
    let known = format!("{}.{} % of {of} that can execute is of known components", tenths / 10, tenths % 10);
    let named =
        identified.unknown.iter().take(NAMED).map(|file| format!("{} ({})", clean(&file.path), bytes(file.bytes)));
    let named = named.collect::<Vec<_>>().join(", ");
    let more = identified.unknown.len().saturating_sub(NAMED);
    let more = if more == 0 { String::new() } else { format!(" and {}", counted(more, "more file")) };
    if named.is_empty() { known } else { format!("{known}; not: {named}{more}") }
}

/// `5 findings: 1 critical, 4 high`.
fn summary(decision: &lazaret_model::Decision, style: TableStyle) -> String {
    let count = |severity| decision.findings.iter().filter(|finding| finding.severity == severity).count();
    let words: Vec<_> = Severity::ALL
        .into_iter()
        .map(|severity| (severity, count(severity)))
        .filter(|(_, count)| *count > 0)
        .map(|(severity, count)| paint(&format!("{count} {severity}"), Color::of(severity), style.color))
        .collect();
    if words.is_empty() {
        return paint("no known vulnerability", Color::Green, style.color);
    }
    format!("{}: {}", counted(decision.findings.len(), "finding"), words.join(", "))
}

fn findings(image: &ImageReport<'_>, style: TableStyle) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    if style.color {
        table.enforce_styling();
    } else {
        table.force_no_tty();
    }
    match style.width {
        Some(width) => {
            table.set_content_arrangement(ContentArrangement::Dynamic);
            table.set_width(width.max(40));
        }
        None => {
            table.set_content_arrangement(ContentArrangement::Disabled);
        }
    }
    table.set_header(["SEVERITY", "PACKAGE", "VERSION", "VULNERABILITY", "FIXED IN", "LAYER"]);
    for finding in &image.decision.findings {
        table.add_row(row(finding, image, style));
    }
    table.lines().map(|line| line.trim_end().to_owned()).collect::<Vec<_>>().join("\n")
}

fn row(finding: &Finding, image: &ImageReport<'_>, style: TableStyle) -> [Cell; 6] {
    let doubt = if finding.confidence == Confidence::Low { "?" } else { "" };
    let exploited = if finding.exploited { " (exploited)" } else { "" };
    let package = image.inventory.packages.iter().find(|package| package.purl == finding.purl);
    let bundled = package.and_then(|package| package.bundled_in.as_deref());
    let bundled = bundled.map(|by| format!(" (in {})", clean(by))).unwrap_or_default();
    let severity = Cell::new(format!("{}{doubt}", finding.severity));
    let severity = if style.color { severity.fg(cell_color(finding.severity)) } else { severity };
    let fixed = finding.fixed.as_deref().map_or_else(|| format!("- ({})", finding.status.name()), clean);
    [
        severity,
        Cell::new(format!("{}{bundled}", clean(&finding.package))),
        Cell::new(clean(&finding.version)),
        Cell::new(format!("{}{exploited}", clean(&finding.id))),
        Cell::new(fixed),
        Cell::new(layer(finding, image)),
    ]
}

fn cell_color(severity: Severity) -> comfy_table::Color {
    match Color::of(severity) {
        Color::Red => comfy_table::Color::Red,
        Color::Orange => comfy_table::Color::AnsiValue(208),
        _ => comfy_table::Color::DarkYellow,
    }
}

/// `2/5 base`: which layer, counted from the lowest, and whose it is.
fn layer(finding: &Finding, image: &ImageReport<'_>) -> String {
    let Some(layer) = &finding.layer else { return "-".to_owned() };
    let diff_ids = &image.facts.diff_ids;
    let owner = match finding.base {
        Some(true) => " base",
        Some(false) => " app",
        None => "",
    };
    match diff_ids.iter().position(|diff_id| diff_id == layer) {
        Some(index) => format!("{}/{}{owner}", index + 1, diff_ids.len()),
        None => format!("{}{owner}", layer.short()),
    }
}

fn write_reasons(out: &mut String, title: &str, reasons: &[Reason], style: TableStyle) -> std::fmt::Result {
    if !title.is_empty() && !reasons.is_empty() {
        writeln!(out, "{}", bold(title, style))?;
    }
    let line = |reason: &Reason| format!("  {}: {}", clean(&reason.rule), clean(&reason.message));
    let (known, other): (Vec<_>, Vec<_>) = reasons.iter().partition(|reason| reason.rule == "known_vulnerability");
    let mut lines: Vec<_> = known.iter().take(REPEATED).map(|reason| line(reason)).collect();
    if known.len() > REPEATED {
        let more = counted(known.len() - REPEATED, "more package");
        lines.push(format!("  known_vulnerability: {more}, listed above"));
    }
    lines.extend(other.into_iter().map(line));
    lines.iter().try_for_each(|line| writeln!(out, "{line}"))
}

fn outcome_word(outcome: Outcome, style: TableStyle) -> String {
    let (word, color) = match outcome {
        Outcome::Allow => ("ALLOW", Color::Green),
        Outcome::Deny => ("DENY", Color::Red),
        Outcome::Incomplete => ("INCOMPLETE", Color::Orange),
    };
    paint(word, color, style.color)
}

/// A moment without its fraction of a second.
fn seconds(clock: Timestamp) -> Timestamp {
    Timestamp::from_millis(clock.as_millis().div_euclid(1000) * 1000).unwrap_or(clock)
}

fn bold(text: &str, style: TableStyle) -> String {
    paint(text, Color::Bold, style.color)
}
