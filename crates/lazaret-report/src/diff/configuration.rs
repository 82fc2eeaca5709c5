//! What the configurations say differently. Of variables only the names: their values may be secrets.

use std::collections::BTreeMap;

use lazaret_model::ImageFacts;
use serde::Serialize;

/// One value and the other.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct TextChange<T> {
    pub from: T,
    pub to: T,
}

/// Names that came, went, or have another value.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct NamedChange {
    pub added: Vec<String>,
    pub removed: Vec<String>,
    pub changed: Vec<String>,
}

/// What is the same is `null`, or empty.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct ConfigurationDiff {
    pub user: Option<TextChange<String>>,
    pub entrypoint: Option<TextChange<Vec<String>>>,
    pub cmd: Option<TextChange<Vec<String>>>,
    pub platform: Option<TextChange<String>>,
    pub created: Option<TextChange<Option<String>>>,
    /// Names of variables.
    pub env: NamedChange,
    pub ports: NamedChange,
    /// Names of labels.
    pub labels: NamedChange,
    /// Labels that differ, with both values.
    pub label_values: BTreeMap<String, TextChange<Option<String>>>,
}

impl ConfigurationDiff {
    pub(super) fn between(a: &ImageFacts, b: &ImageFacts) -> Self {
        let labels = NamedChange::between(&a.labels, &b.labels);
        let both = labels.added.iter().chain(&labels.removed).chain(&labels.changed);
        let value = |facts: &ImageFacts, name: &String| facts.labels.get(name).cloned();
        let label_values =
            both.map(|name| (name.clone(), TextChange { from: value(a, name), to: value(b, name) })).collect();
        Self {
            user: change(&a.user, &b.user),
            entrypoint: change(&a.entrypoint, &b.entrypoint),
            cmd: change(&a.cmd, &b.cmd),
            platform: change(&a.platform.to_string(), &b.platform.to_string()),
            created: change(&a.created, &b.created),
            env: NamedChange::between(&variables(a), &variables(b)),
            ports: NamedChange::between(&ports(a), &ports(b)),
            labels,
            label_values,
        }
    }

    /// Whether the same container would come of both; when it was made does not matter.
    pub fn is_empty(&self) -> bool {
        Self { created: None, ..self.clone() } == Self::default()
    }
}

impl NamedChange {
    fn between<V: PartialEq>(a: &BTreeMap<String, V>, b: &BTreeMap<String, V>) -> Self {
        let only = |of: &BTreeMap<String, V>, other: &BTreeMap<String, V>| {
            of.keys().filter(|name| !other.contains_key(*name)).cloned().collect()
        };
        let changed = a.iter().filter(|(name, value)| b.get(*name).is_some_and(|other| other != *value));
        Self { added: only(b, a), removed: only(a, b), changed: changed.map(|(name, _)| name.clone()).collect() }
    }
}

fn change<T: Clone + PartialEq>(a: &T, b: &T) -> Option<TextChange<T>> {
    (a != b).then(|| TextChange { from: a.clone(), to: b.clone() })
}

/// The last of two with one name counts.
fn variables(facts: &ImageFacts) -> BTreeMap<String, String> {
    let pair = |line: &String| {
        let (name, value) = line.split_once('=').unwrap_or((line, ""));
        (name.to_owned(), value.to_owned())
    };
    facts.env.iter().map(pair).collect()
}

/// A port has no value.
fn ports(facts: &ImageFacts) -> BTreeMap<String, String> {
    facts.exposed_ports.iter().map(|port| (port.clone(), String::new())).collect()
}
