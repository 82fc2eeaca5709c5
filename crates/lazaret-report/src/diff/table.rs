//! A diff for people: `+` came, `-` went, `~` is another.

use std::fmt::{self, Write};

use lazaret_model::Platform;

use super::{
    ConfigurationDiff, FindingEntry, ImageDiff, LayerDiff, NamedChange, PackageDiff, ProblemEntry, Side, SourceDiff,
};
use crate::{
    TableStyle,
    text::{Color, clean, counted, paint},
};

/// `a`, `b`: the sources as the user wrote them.
pub fn diff_table(a: &str, b: &str, diff: &SourceDiff, style: TableStyle) -> String {
    let mut out = String::new();
    // Writing to a String cannot fail.
    let _ = write_all(&mut out, [a, b], diff, style);
    out
}

fn write_all(out: &mut String, names: [&str; 2], diff: &SourceDiff, style: TableStyle) -> fmt::Result {
    for (index, pair) in diff.pairs.iter().enumerate() {
        if index > 0 {
            writeln!(out)?;
        }
        write_pair(out, names, pair, style)?;
    }
    for (mark, name, platforms) in [("-", names[0], &diff.only_a), ("+", names[1], &diff.only_b)] {
        for platform in platforms {
            lone(out, mark, name, platform, style)?;
        }
    }
    Ok(())
}

fn lone(out: &mut String, mark: &str, name: &str, platform: &Platform, style: TableStyle) -> fmt::Result {
    let platform = clean(&platform.to_string());
    writeln!(out, "{} {platform}  only in {}", marked(mark, style), clean(name))
}

fn write_pair(out: &mut String, names: [&str; 2], diff: &ImageDiff, style: TableStyle) -> fmt::Result {
    head(out, "a", names[0], &diff.a, style)?;
    head(out, "b", names[1], &diff.b, style)?;
    writeln!(out, "\n{}", layers(&diff.layers))?;
    let PackageDiff { added, removed, changed } = &diff.packages;
    writeln!(out, "packages: {} added, {} removed, {} changed", added.len(), removed.len(), changed.len())?;
    let findings = &diff.findings;
    let counts = (findings.gained.len(), findings.lost.len(), findings.kept);
    writeln!(out, "findings: {} gained, {} lost, {} in both", counts.0, counts.1, counts.2)?;
    if diff.is_empty() {
        writeln!(out, "no difference in layers, packages, findings or configuration")?;
    }
    packages(out, &diff.packages, style)?;
    if !findings.is_empty() {
        title(out, "Findings", style)?;
    }
    for (mark, list) in [("+", &findings.gained), ("-", &findings.lost)] {
        for finding in list {
            write_finding(out, mark, finding, style)?;
        }
    }
    if !diff.configuration.is_empty() {
        configuration(out, &diff.configuration, style)?;
    }
    problems(out, &diff.problems.only_a, &diff.problems.only_b, style)
}

fn head(out: &mut String, which: &str, name: &str, side: &Side, style: TableStyle) -> fmt::Result {
    let os = side.os.as_deref().unwrap_or("no operating system");
    let title = format!("{which}  {}  {}  {}", clean(name), clean(&side.platform.to_string()), clean(os));
    writeln!(out, "{}", paint(&title, Color::Bold, style.color))?;
    let digest = paint(&side.digest.to_string(), Color::Dim, style.color);
    let (packages, findings) = (counted(side.packages, "package"), counted(side.findings, "finding"));
    writeln!(out, "   {digest}\n   {}; {packages}, {findings}, {}", side.outcome, counted(side.problems, "problem"))
}

fn layers(layers: &LayerDiff) -> String {
    let base = if layers.base == 0 { String::new() } else { format!(" ({} lowest)", layers.base) };
    let (common, a, b) = (layers.common.len(), layers.only_a.len(), layers.only_b.len());
    format!("layers:   {common} in common{base}, {a} only in a, {b} only in b")
}

fn packages(out: &mut String, diff: &PackageDiff, style: TableStyle) -> fmt::Result {
    if diff.is_empty() {
        return Ok(());
    }
    title(out, "Packages", style)?;
    for (mark, list) in [("+", &diff.added), ("-", &diff.removed)] {
        for package in list {
            let (name, version) = (clean(&package.name), clean(&package.version));
            let class = class(package.class);
            writeln!(out, "  {} {:<8} {name} {version}{class}", marked(mark, style), package.kind)?;
        }
    }
    for change in &diff.changed {
        let list = |versions: &[String]| clean(&versions.join(", "));
        let (name, from, to) = (clean(&change.name), list(&change.from), list(&change.to));
        let class = class(change.class);
        writeln!(out, "  {} {:<8} {name} {from} -> {to}{class}", marked("~", style), change.kind)?;
    }
    Ok(())
}

/// What is not installed says so.
fn class(class: &str) -> String {
    if class == "installed" { String::new() } else { format!("  ({class})") }
}

fn write_finding(out: &mut String, mark: &str, finding: &FindingEntry, style: TableStyle) -> fmt::Result {
    let doubt = if finding.confidence == "low" { "?" } else { "" };
    let exploited = if finding.exploited { " (exploited)" } else { "" };
    let severity = format!("{}{doubt}", finding.severity);
    let (id, package, version) = (clean(&finding.id), clean(&finding.package), clean(&finding.version));
    let fixed = finding.fixed.as_deref().map(|fixed| format!(", fixed in {}", clean(fixed))).unwrap_or_default();
    let mark = marked(mark, style);
    writeln!(out, "  {mark} {severity:<10} {id}{exploited}  {package} {version}{fixed}  [{}]", finding.why.words())
}

fn configuration(out: &mut String, diff: &ConfigurationDiff, style: TableStyle) -> fmt::Result {
    title(out, "Configuration", style)?;
    let mark = marked("~", style);
    let user = |user: &str| if user.is_empty() { "root (none set)".to_owned() } else { clean(user) };
    if let Some(change) = &diff.platform {
        writeln!(out, "  {mark} platform {} -> {}", clean(&change.from), clean(&change.to))?;
    }
    if let Some(change) = &diff.user {
        writeln!(out, "  {mark} user {} -> {}", user(&change.from), user(&change.to))?;
    }
    for (name, change) in [("entrypoint", &diff.entrypoint), ("cmd", &diff.cmd)] {
        if let Some(change) = change {
            writeln!(out, "  {mark} {name} {} -> {}", words(&change.from), words(&change.to))?;
        }
    }
    for (name, change) in [("env", &diff.env), ("port", &diff.ports)] {
        named(out, name, change, style)?;
    }
    for (name, change) in &diff.label_values {
        let (mark, text) = match (&change.from, &change.to) {
            (Some(from), Some(to)) => ("~", format!("{} -> {}", clean(from), clean(to))),
            (Some(only), None) => ("-", clean(only)),
            (None, to) => ("+", to.as_deref().map(clean).unwrap_or_default()),
        };
        writeln!(out, "  {} label {} {text}", marked(mark, style), clean(name))?;
    }
    Ok(())
}

fn named(out: &mut String, what: &str, change: &NamedChange, style: TableStyle) -> fmt::Result {
    for (mark, names) in [("+", &change.added), ("-", &change.removed), ("~", &change.changed)] {
        for name in names {
            writeln!(out, "  {} {what} {}", marked(mark, style), clean(name))?;
        }
    }
    Ok(())
}

fn words(command: &[String]) -> String {
    clean(&format!("{command:?}"))
}

fn problems(out: &mut String, only_a: &[ProblemEntry], only_b: &[ProblemEntry], style: TableStyle) -> fmt::Result {
    if only_a.is_empty() && only_b.is_empty() {
        return Ok(());
    }
    title(out, "Problems", style)?;
    for (mark, list) in [("+", only_b), ("-", only_a)] {
        for problem in list {
            let path = if problem.path.is_empty() { String::new() } else { format!("{}: ", clean(&problem.path)) };
            writeln!(out, "  {} {}  {path}{}", marked(mark, style), problem.kind, clean(&problem.message))?;
        }
    }
    Ok(())
}

fn title(out: &mut String, title: &str, style: TableStyle) -> fmt::Result {
    writeln!(out, "\n{}", paint(title, Color::Bold, style.color))
}

fn marked(mark: &str, style: TableStyle) -> String {
    let color = match mark {
        "+" => Color::Green,
        "-" => Color::Red,
        _ => Color::Yellow,
    };
    paint(mark, color, style.color)
}
