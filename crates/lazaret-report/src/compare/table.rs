//! A comparison for people: counts, then every difference under its cause.

use std::{
    collections::BTreeMap,
    fmt::{self, Write},
};

use super::{Cause, Comparison, FindingDifference, PackageDifference};
use crate::{
    ImageReport, TableStyle,
    text::{Color, clean, counted, paint},
};

/// `source`: the image as the user wrote it.
pub fn compare_table(source: &str, ours: &ImageReport<'_>, comparison: &Comparison, style: TableStyle) -> String {
    let mut out = String::new();
    // Writing to a String cannot fail.
    let _ = write_all(&mut out, source, ours, comparison, style);
    out
}

fn write_all(
    out: &mut String,
    source: &str,
    ours: &ImageReport<'_>,
    comparison: &Comparison,
    style: TableStyle,
) -> fmt::Result {
    let (tool, platform) = (comparison.tool, ours.facts.platform.to_string());
    let title =
        format!("{}  {}  lazaret beside {tool} {}", clean(source), clean(&platform), clean(&comparison.tool_version));
    writeln!(out, "{}\n", paint(&title, Color::Bold, style.color))?;
    let packages = &comparison.packages;
    let note = if packages.theirs_complete { "" } else { " (it names only those with findings)" };
    writeln!(out, "packages: {} here, {} of {tool}{note}, {} in both", packages.ours, packages.theirs, packages.both)?;
    match &comparison.findings {
        Some(f) => writeln!(out, "findings: {} here, {} of {tool}, {} in both", f.ours, f.theirs, f.both)?,
        None => writeln!(out, "findings: {tool} names none, so they are not compared")?,
    }
    writeln!(out, "{} without an explanation", counted(comparison.unexplained(), "difference"))?;
    if !packages.versions.is_empty() {
        head(out, "Packages with another version", style)?;
        for version in &packages.versions {
            let (name, here, there) = (clean(&version.name), clean(&version.ours), clean(&version.theirs));
            writeln!(out, "  {:<8} {name}  {here} here, {there} of {tool}", clean(&version.kind))?;
        }
    }
    write_packages(out, &format!("Packages that only {tool} has"), &packages.only_theirs, style)?;
    write_packages(out, "Packages that only lazaret has", &packages.only_ours, style)?;
    if let Some(findings) = &comparison.findings {
        write_findings(out, &format!("Findings that only {tool} has"), &findings.only_theirs, style)?;
        write_findings(out, "Findings that only lazaret has", &findings.only_ours, style)?;
    }
    Ok(())
}

fn write_packages(out: &mut String, title: &str, list: &[PackageDifference], style: TableStyle) -> fmt::Result {
    grouped(
        out,
        title,
        list,
        |difference| difference.cause,
        style,
        |out, difference| {
            let PackageDifference { kind, name, version, path, detail, .. } = difference;
            let place = path.as_deref().map(|path| format!("  {}", clean(path))).unwrap_or_default();
            writeln!(out, "    {:<8} {} {}{place}{}", clean(kind), clean(name), clean(version), bracketed(detail))
        },
    )
}

fn write_findings(out: &mut String, title: &str, list: &[FindingDifference], style: TableStyle) -> fmt::Result {
    grouped(
        out,
        title,
        list,
        |difference| difference.cause,
        style,
        |out, difference| {
            let FindingDifference { id, severity, package, version, detail, .. } = difference;
            let (id, package, version) = (clean(id), clean(package), clean(version));
            writeln!(out, "    {:<10} {id}  {package} {version}{}", clean(severity), bracketed(detail))
        },
    )
}

fn bracketed(detail: &str) -> String {
    if detail.is_empty() { String::new() } else { format!("  [{}]", clean(detail)) }
}

fn grouped<T>(
    out: &mut String,
    title: &str,
    list: &[T],
    cause: impl Fn(&T) -> Cause,
    style: TableStyle,
    line: impl Fn(&mut String, &T) -> fmt::Result,
) -> fmt::Result {
    if list.is_empty() {
        return Ok(());
    }
    head(out, title, style)?;
    let mut groups: BTreeMap<Cause, Vec<&T>> = BTreeMap::new();
    for difference in list {
        groups.entry(cause(difference)).or_default().push(difference);
    }
    for (cause, members) in groups {
        let color = if cause == Cause::Unexplained { Color::Red } else { Color::Dim };
        writeln!(out, "  {}", paint(&format!("{}: {}", members.len(), cause.words()), color, style.color))?;
        members.into_iter().try_for_each(|member| line(out, member))?;
    }
    Ok(())
}

fn head(out: &mut String, title: &str, style: TableStyle) -> fmt::Result {
    writeln!(out, "\n{}", paint(title, Color::Bold, style.color))
}
