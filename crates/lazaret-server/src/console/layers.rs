//! An image layer by layer: what each brought, and the worst that was found in it.

use std::collections::HashMap;

use lazaret_assess::Subject;
use lazaret_model::{Decision, Digest, ImageFacts, Package, PackageClass, Severity};

use super::{
    look::{Look, counts},
    text::{count, cut, size},
};

/// Widest segment of a stripe; the style sheet has one class for each width.
const WIDEST: u64 = 40;

/// Longest step in a tooltip, in characters.
const STEP: usize = 160;

pub(crate) struct Layer<'a> {
    /// From 1, lowest first.
    pub(super) number: usize,
    pub(super) diff_id: &'a Digest,
    pub(super) digest: Option<&'a Digest>,
    pub(super) size: u64,
    pub(super) base: Option<bool>,
    pub(super) step: String,
    pub(super) look: Look,
    /// Of the findings that came with this layer.
    pub(super) severities: Vec<Severity>,
    pub(super) packages: Vec<(&'a Package, Look)>,
}

/// One segment of a stripe.
pub(crate) struct Segment {
    pub number: usize,
    pub look: Look,
    /// Share of the width, 1 to 40.
    pub grow: u64,
    pub base: bool,
    pub title: String,
}

/// Layers of a judged image, with the packages that have none of its layers.
pub(super) fn of<'a>(subject: &'a Subject, decision: &Decision) -> (Vec<Layer<'a>>, Vec<(&'a Package, Look)>) {
    let facts = &subject.facts;
    let worst = worst_by_purl(decision);
    let without = Look::without_finding(decision);
    let mut layers: Vec<_> = (0..facts.diff_ids.len()).map(|index| bare(facts, index, without)).collect();
    let mut place = HashMap::new();
    for (index, diff_id) in facts.diff_ids.iter().enumerate() {
        place.entry(diff_id).or_insert(index);
    }
    let at = |layer: Option<&Digest>| layer.and_then(|layer| place.get(layer).copied());
    let mut homeless = Vec::new();
    // what a lockfile only names is in no layer's content, and nobody judged it
    for package in subject.inventory.packages.iter().filter(|package| package.class != PackageClass::Declared) {
        let look =
            if package.is_live() { worst.get(package.purl.as_str()).copied().unwrap_or(without) } else { without };
        match at(package.layer.as_ref()).and_then(|index| layers.get_mut(index)) {
            Some(layer) => {
                if package.is_live() {
                    layer.look = layer.look.max(look);
                }
                layer.packages.push((package, look));
            }
            None => homeless.push((package, look)),
        }
    }
    for finding in &decision.findings {
        if let Some(layer) = at(finding.layer.as_ref()).and_then(|index| layers.get_mut(index)) {
            layer.look = layer.look.max(Look::of(finding.severity));
            layer.severities.push(finding.severity);
        }
    }
    (layers, homeless)
}

pub(super) fn stripe(layers: &[Layer<'_>]) -> Vec<Segment> {
    let largest = layers.iter().map(|layer| layer.size).max().unwrap_or(0);
    let segment = |layer: &Layer<'_>| Segment {
        number: layer.number,
        look: layer.look,
        grow: share(layer.size, largest),
        base: layer.base == Some(true),
        title: title(layer, layers.len()),
    };
    layers.iter().map(segment).collect()
}

/// Of an image that is not judged yet: only sizes are known.
pub(super) fn waiting_stripe(sizes: &[u64]) -> Vec<Segment> {
    let largest = sizes.iter().copied().max().unwrap_or(0);
    let segment = |(index, bytes): (usize, &u64)| Segment {
        number: index + 1,
        look: Look::Waiting,
        grow: share(*bytes, largest),
        base: false,
        title: format!("Layer {} of {}, {}: {}", index + 1, sizes.len(), size(*bytes), Look::Waiting.word()),
    };
    sizes.iter().enumerate().map(segment).collect()
}

fn worst_by_purl(decision: &Decision) -> HashMap<&str, Look> {
    let mut worst = HashMap::new();
    for finding in &decision.findings {
        let look = Look::of(finding.severity);
        worst.entry(finding.purl.as_str()).and_modify(|w: &mut Look| *w = look.max(*w)).or_insert(look);
    }
    worst
}

fn bare(facts: &ImageFacts, index: usize, look: Look) -> Layer<'_> {
    let diff_id = &facts.diff_ids[index];
    let step = facts.history.iter().find(|entry| entry.layer.as_ref() == Some(diff_id));
    Layer {
        number: index + 1,
        diff_id,
        digest: facts.layers.get(index),
        size: facts.layer_sizes.get(index).copied().unwrap_or(0),
        base: facts.base_layers.map(|base| index < base),
        step: step.map(|entry| instruction(&entry.created_by)).unwrap_or_default(),
        look,
        severities: Vec::new(),
        packages: Vec::new(),
    }
}

fn title(layer: &Layer<'_>, of: usize) -> String {
    let origin = match layer.base {
        Some(true) => ", base image",
        Some(false) => ", application",
        None => "",
    };
    let step = if layer.step.is_empty() { String::new() } else { format!(". {}", cut(&layer.step, STEP)) };
    format!("Layer {} of {of}, {}{origin}: {}{step}", layer.number, size(layer.size), summary(layer))
}

/// `2 critical, 5 high`, or what it is without findings.
pub(super) fn summary(layer: &Layer<'_>) -> String {
    let found = counts(&layer.severities.iter().copied());
    if found.is_empty() {
        return layer.look.word().to_owned();
    }
    found.iter().map(|c| format!("{} {}", c.number, c.word)).collect::<Vec<_>>().join(", ")
}

fn share(bytes: u64, largest: u64) -> u64 {
    bytes.saturating_mul(WIDEST).checked_div(largest).unwrap_or(1).clamp(1, WIDEST)
}

/// A `created_by` of the image configuration as the Dockerfile had it. Values of build arguments are left out: they
/// may be secrets.
pub(crate) fn instruction(created_by: &str) -> String {
    let text = created_by.trim();
    let text = text.strip_suffix("# buildkit").unwrap_or(text).trim_end();
    if let Some((_, rest)) = text.split_once("#(nop)") {
        return rest.trim().to_owned();
    }
    let (run, text) = text.strip_prefix("RUN ").map_or((false, text), |rest| (true, rest.trim_start()));
    let (arguments, text) = match text.strip_prefix('|') {
        Some(rest) => {
            let number = rest.split_whitespace().next().and_then(|n| n.parse().ok()).unwrap_or(0);
            let command = rest.find("/bin/").map_or("", |at| &rest[at..]);
            (number, command)
        }
        None => (0_usize, text),
    };
    let shell = ["/bin/sh -c ", "/bin/bash -c ", "/bin/ash -c "].into_iter().find_map(|shell| text.strip_prefix(shell));
    let command = shell.unwrap_or(text).trim();
    let note = if arguments > 0 {
        format!(" (with {})", count(arguments, "build argument", "build arguments"))
    } else {
        String::new()
    };
    if run || shell.is_some() { format!("RUN {command}{note}") } else { format!("{command}{note}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_read_as_the_dockerfile_had_them() {
        for (raw, wanted) in [
            ("/bin/sh -c #(nop) ADD file:0a in / ", "ADD file:0a in /"),
            ("/bin/sh -c apk add curl", "RUN apk add curl"),
            ("RUN /bin/sh -c apt-get update # buildkit", "RUN apt-get update"),
            ("RUN |1 TOKEN=hunter2 /bin/sh -c make # buildkit", "RUN make (with 1 build argument)"),
            ("COPY app /app # buildkit", "COPY app /app"),
            ("", ""),
        ] {
            assert_eq!(instruction(raw), wanted);
        }
    }

    #[test]
    fn widths_are_shares_of_the_largest() {
        let grows: Vec<_> = waiting_stripe(&[0, 10, 100, 50]).iter().map(|s| s.grow).collect();
        assert_eq!(grows, [1, 4, 40, 20]);
        assert_eq!(waiting_stripe(&[0]).first().map(|s| s.grow), Some(1));
    }
}
