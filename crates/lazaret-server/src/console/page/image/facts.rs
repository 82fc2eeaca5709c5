//! Facts about a manifest. Values of the environment are not among them: they may be secrets.

use lazaret_model::{Identified, Inventory, PackageClass, Tag, Timestamp};
use lazaret_store::{ManifestKind, ManifestRow};

use crate::console::{
    place::Place,
    stored::Stored,
    text::{Moment, count, cut, size},
};

/// Longest value, in characters.
const VALUE: usize = 200;

pub(super) struct Fact {
    pub name: &'static str,
    pub value: String,
    /// In a fixed-width font.
    pub code: bool,
    pub href: Option<String>,
}

fn fact(name: &'static str, value: impl Into<String>) -> Fact {
    Fact { name, value: value.into(), code: false, href: None }
}

fn code(name: &'static str, value: impl Into<String>) -> Fact {
    Fact { name, value: value.into(), code: true, href: None }
}

pub(super) fn of(row: &ManifestRow, tags: &[Tag], stored: Option<&Stored>, host: &str, now: Timestamp) -> Vec<Fact> {
    let mut facts = vec![code("Digest", row.digest.to_string())];
    if !tags.is_empty() {
        let names = tags.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        facts.push(fact("Tags", cut(&names, VALUE)));
    }
    if let Some(subject) = stored.and_then(|stored| stored.subject.as_ref()) {
        let (image, inventory) = (&subject.facts, &subject.inventory);
        facts.push(fact("Platform", cut(&image.platform.to_string(), VALUE)));
        let os = inventory.os.as_ref().map(|os| cut(&os.pretty_name, VALUE));
        facts.push(fact("System", os.unwrap_or_else(|| "none".to_owned())));
        let user = if image.user.is_empty() { "root (none is named)".to_owned() } else { cut(&image.user, VALUE) };
        facts.push(fact("User", user));
        let ports = cut(&image.exposed_ports.join(", "), VALUE);
        facts.push(fact("Ports", if ports.is_empty() { "none".to_owned() } else { ports }));
        let created = image.created.as_deref().map(|created| match Timestamp::parse(created) {
            Some(then) => Moment::of(then, now).at,
            None => cut(created, 40),
        });
        facts.push(fact("Created", created.unwrap_or_else(|| "not stated".to_owned())));
        let bytes = image.layer_sizes.iter().fold(0_u64, |sum, bytes| sum.saturating_add(*bytes));
        let layers = count(image.diff_ids.len(), "layer", "layers");
        facts.push(fact("Size", format!("{} in {layers}, compressed", size(bytes))));
        facts.push(fact("Packages", packages(inventory)));
        if let Some(known) = &inventory.identified {
            facts.push(fact("Identified", identified(known)));
        }
    }
    if let Some(kind) = row.artifact_type.as_ref().filter(|_| row.kind != ManifestKind::Image) {
        facts.push(code("Artifact", cut(kind, VALUE)));
    }
    if let Some(subject) = &row.subject {
        let href = Place::Image(row.repository.clone(), subject.clone()).to_string();
        facts.push(Fact { name: "About", value: subject.to_string(), code: true, href: Some(href) });
    }
    let pushed = Moment::of(row.pushed_at, now);
    facts.push(fact("Pushed", format!("{} ({}) by {}", pushed.ago, pushed.at, cut(&row.pushed_by, 60))));
    if row.state.is_served() {
        facts.push(code("Pull", format!("docker pull {host}/{}@{}", row.repository, row.digest)));
    }
    facts
}

fn packages(inventory: &Inventory) -> String {
    let (declared, there): (Vec<_>, Vec<_>) =
        inventory.packages.iter().partition(|package| package.class == PackageClass::Declared);
    let live = there.iter().filter(|package| package.is_live()).count();
    let mut text = live.to_string();
    for (number, what) in [(there.len() - live, "removed or overwritten"), (declared.len(), "only named by lockfiles")]
    {
        if number > 0 {
            text = format!("{text}, {number} {what}");
        }
    }
    text
}

/// How much of what can execute belongs to a known component.
fn identified(known: &Identified) -> String {
    if known.of == 0 {
        return "nothing can execute".to_owned();
    }
    let tenths = known.bytes.saturating_mul(1000) / known.of;
    let share = format!("{}.{} % of {} that can execute", tenths / 10, tenths % 10, size(known.of));
    match known.unknown.first() {
        Some(largest) => format!("{share}; largest unknown: {}", cut(&largest.path, VALUE)),
        None => share,
    }
}
