//! An image layer by layer: the Dockerfile step, the packages that it brought, changed and removed, and the worst
//! finding among them.

use std::{
    collections::BTreeMap,
    fmt::{self, Write},
};

use lazaret_model::{Digest, Finding, Package, Severity};

use crate::{
    ImageReport, TableStyle,
    package_key::PackageKey,
    step,
    text::{Color, clean, counted, paint},
};

/// Each layer of each image. `name`: what was scanned, as the user wrote it.
pub fn scan_tree(name: &str, images: &[ImageReport<'_>], style: TableStyle) -> String {
    let mut out = String::new();
    for image in images {
        // Writing to a String cannot fail.
        let _ = write_image(&mut out, name, image, style);
    }
    out
}

fn write_image(out: &mut String, name: &str, image: &ImageReport<'_>, style: TableStyle) -> fmt::Result {
    let facts = image.facts;
    let os = image.inventory.os.as_ref().map_or("no operating system", |os| &os.pretty_name);
    let title = format!("{}  {}  {}", clean(name), clean(&facts.platform.to_string()), clean(os));
    writeln!(out, "{}", paint(&title, Color::Bold, style.color))?;
    for (index, diff_id) in facts.diff_ids.iter().enumerate() {
        let size = facts.layer_sizes.get(index).map(|size| format!("  {}", bytes(*size))).unwrap_or_default();
        let owner = match facts.base_layers {
            Some(base) if index < base => "  base",
            Some(_) => "  app",
            None => "",
        };
        let head = format!("{}/{}  {}{owner}{size}", index + 1, facts.diff_ids.len(), diff_id.short());
        writeln!(out, "\n{}  {}", paint(&head, Color::Bold, style.color), clean(&step::of_layer(facts, diff_id)))?;
        Layer::of(image, diff_id).write(out, style)?;
    }
    writeln!(out)
}

/// What one layer did.
struct Layer<'a> {
    brought: BTreeMap<PackageKey, Vec<&'a Package>>,
    removed: BTreeMap<PackageKey, Vec<&'a Package>>,
    /// Packages whose evidence it wrote again.
    rewritten: usize,
    findings: BTreeMap<&'a str, Vec<&'a Finding>>,
}

impl<'a> Layer<'a> {
    fn of(image: &ImageReport<'a>, diff_id: &Digest) -> Self {
        let mut layer =
            Self { brought: BTreeMap::new(), removed: BTreeMap::new(), rewritten: 0, findings: BTreeMap::new() };
        for package in image.inventory.packages.iter().filter(|package| package.class.is_installed()) {
            if package.layer.as_ref() == Some(diff_id) {
                layer.brought.entry(PackageKey::of(package)).or_default().push(package);
            }
            if package.removed_in.as_ref() == Some(diff_id) {
                layer.removed.entry(PackageKey::of(package)).or_default().push(package);
            }
            layer.rewritten += usize::from(package.changed_in.contains(diff_id));
        }
        for finding in &image.decision.findings {
            layer.findings.entry(&finding.purl).or_default().push(finding);
        }
        layer
    }

    fn write(&self, out: &mut String, style: TableStyle) -> fmt::Result {
        let live = self.brought.values().flatten().filter(|package| package.is_live());
        let found: Vec<&Finding> = live.filter_map(|p| self.findings.get(p.purl.as_str())).flatten().copied().collect();
        if let Some(worst) = found.iter().map(|finding| finding.severity).max() {
            let text = format!("worst {worst} of {}", counted(found.len(), "finding"));
            writeln!(out, "    {}", paint(&text, Color::of(worst), style.color))?;
        }
        for (key, packages) in &self.brought {
            // the same name left in this layer: another version of it
            let before = self.removed.get(key).map(|old| versions(old)).filter(|old| *old != versions(packages));
            for package in packages {
                let gone = if package.is_live() { "" } else { "  (removed later)" };
                let (mark, version) = match &before {
                    Some(before) => ("~", format!("{before} -> {}", clean(&package.version))),
                    None => ("+", clean(&package.version)),
                };
                writeln!(out, "  {}{}{gone}", line(mark, package, &version, style), self.worst_of(package, style))?;
            }
        }
        for (_, packages) in self.removed.iter().filter(|(key, _)| !self.brought.contains_key(*key)) {
            for package in packages {
                writeln!(out, "  {}", line("-", package, &clean(&package.version), style))?;
            }
        }
        if self.rewritten > 0 {
            writeln!(out, "    {} written again, in the same version", counted(self.rewritten, "package"))?;
        }
        if self.brought.is_empty() && self.removed.is_empty() && self.rewritten == 0 {
            writeln!(out, "    no package")?;
        }
        Ok(())
    }

    fn worst_of(&self, package: &Package, style: TableStyle) -> String {
        let found = self.findings.get(package.purl.as_str()).map(Vec::as_slice).unwrap_or_default();
        let worst: Option<Severity> = found.iter().map(|finding| finding.severity).max();
        worst.map_or_else(String::new, |worst| {
            paint(&format!("  {worst}, {}", counted(found.len(), "finding")), Color::of(worst), style.color)
        })
    }
}

fn versions(packages: &[&Package]) -> String {
    packages.iter().map(|package| clean(&package.version)).collect::<Vec<_>>().join(", ")
}

fn line(mark: &str, package: &Package, version: &str, style: TableStyle) -> String {
    let color = match mark {
        "+" => Color::Green,
        "-" => Color::Red,
        _ => Color::Yellow,
    };
    let bundled = package.bundled_in.as_deref().map(|by| format!(" (in {})", clean(by))).unwrap_or_default();
    format!(
        "{} {:<8} {} {version}{bundled}",
        paint(mark, color, style.color),
        package.kind.name(),
        clean(&package.name)
    )
}

/// `1.4 MB`.
pub(crate) fn bytes(count: u64) -> String {
    let (whole, unit) = match count {
        0..1_000 => return format!("{count} B"),
        1_000..1_000_000 => (count / 100, "kB"),
        1_000_000..1_000_000_000 => (count / 100_000, "MB"),
        _ => (count / 100_000_000, "GB"),
    };
    format!("{}.{} {unit}", whole / 10, whole % 10)
}
