//! One layer: its step, and a grid with one square for each package.

use std::collections::HashMap;

use lazaret_model::{Finding, Package};

use super::findings::{anchor, layer_of};
use crate::console::{
    layers::{Layer, summary},
    look::{Count, Look, counts},
    text::{count, cut, size},
};

/// Squares on one page; every layer shows some, whatever the others hold.
const MAX_SQUARES: usize = 6000;
const LEAST_SQUARES: usize = 20;

/// Packages of one layer that are also listed by name.
const MAX_LISTED: usize = 400;

pub(super) struct LayerView {
    /// 0: packages of no layer that is known.
    pub number: usize,
    pub look: Look,
    pub digest: String,
    pub size: String,
    /// `base`, `app` or empty.
    pub origin: &'static str,
    pub step: String,
    pub summary: String,
    pub counts: Vec<Count>,
    /// `12 packages, 2 removed or overwritten`.
    pub holds: String,
    pub squares: Vec<Square>,
    pub more: usize,
    pub findings_path: Option<String>,
    pub listed: bool,
}

pub(super) struct Square {
    pub look: Look,
    pub ghost: bool,
    pub name: String,
    pub version: String,
    pub kind: &'static str,
    /// What it is, in words.
    pub title: String,
    pub href: Option<String>,
}

pub(super) fn views(
    layers: &[Layer<'_>],
    homeless: &[(&Package, Look)],
    findings: &[Finding],
    path: &str,
) -> Vec<LayerView> {
    let mut first: HashMap<&str, (usize, usize)> = HashMap::new();
    for (index, finding) in findings.iter().enumerate() {
        first.entry(finding.purl.as_str()).and_modify(|(_, count)| *count += 1).or_insert((index, 1));
    }
    let mut left = MAX_SQUARES;
    let mut grid = |packages: &[(&Package, Look)]| {
        let square = |(package, look): &(&Package, Look)| square(package, *look, layers, &first, path);
        let squares: Vec<_> = packages.iter().take(left.max(LEAST_SQUARES)).map(square).collect();
        left = left.saturating_sub(squares.len());
        squares
    };
    let mut views: Vec<_> = layers
        .iter()
        .map(|layer| (layer, grid(&layer.packages)))
        .map(|(layer, squares)| LayerView {
            number: layer.number,
            look: layer.look,
            digest: layer.digest.unwrap_or(layer.diff_id).short().to_owned(),
            size: size(layer.size),
            origin: match layer.base {
                Some(true) => "base",
                Some(false) => "app",
                None => "",
            },
            step: cut(&layer.step, 2000),
            summary: summary(layer),
            counts: counts(&layer.severities.iter().copied()),
            holds: holds(&layer.packages),
            more: layer.packages.len() - squares.len(),
            squares,
            findings_path: (!layer.severities.is_empty()).then(|| format!("{path}?layer={}#findings", layer.number)),
            listed: layer.packages.len() <= MAX_LISTED,
        })
        .collect();
    if !homeless.is_empty() {
        let squares = grid(homeless);
        views.push(LayerView {
            number: 0,
            look: homeless.iter().map(|(_, look)| *look).max().unwrap_or(Look::Unsure),
            digest: String::new(),
            size: String::new(),
            origin: "",
            step: String::new(),
            summary: String::new(),
            counts: Vec::new(),
            holds: holds(homeless),
            more: homeless.len() - squares.len(),
            squares,
            findings_path: None,
            listed: homeless.len() <= MAX_LISTED,
        });
    }
    views
}

fn holds(packages: &[(&Package, Look)]) -> String {
    let live = packages.iter().filter(|(package, _)| package.is_live()).count();
    match packages.len() - live {
        0 if live == 0 => "no packages".to_owned(),
        0 => count(live, "package", "packages"),
        gone => format!("{}, {gone} removed or overwritten", count(live, "package", "packages")),
    }
}

fn square(
    package: &Package,
    look: Look,
    layers: &[Layer<'_>],
    first: &HashMap<&str, (usize, usize)>,
    path: &str,
) -> Square {
    let (name, version) = (cut(&package.name, 120), cut(&package.version, 60));
    let found = first.get(package.purl.as_str()).filter(|_| package.is_live());
    let what = match (&package.removed_in, found) {
        (Some(by), _) => match layer_of(layers, Some(by)) {
            Some(number) => format!("removed or overwritten in layer {number}"),
            None => "removed or overwritten".to_owned(),
        },
        (None, Some((_, number))) => format!("{}, {}", look.word(), count(*number, "finding", "findings")),
        (None, None) => look.word().to_owned(),
    };
    Square {
        look,
        ghost: !package.is_live(),
        title: format!("{name} {version} ({}): {what}", package.kind.name()),
        name,
        version,
        kind: package.kind.name(),
        href: found.map(|(index, _)| format!("{path}#{}", anchor(*index))),
    }
}
