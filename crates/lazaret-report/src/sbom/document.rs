//! The form of a bill that no format owns.

use serde::{
    Deserialize,
    de::{IntoDeserializer, value},
};

/// What a component is, as far as it matters here.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum Kind {
    /// An image, or an index of images.
    Image,
    /// The operating system's release.
    System,
    #[default]
    Package,
    /// Something that is no package and holds none: a file, a lockfile that only groups.
    Other,
}

/// Where a component was seen.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Place {
    pub(crate) path: String,
    pub(crate) layer: Option<String>,
}

/// One thing that a bill lists, with what it contains.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Component {
    pub(crate) kind: Kind,
    /// Full name; empty where the bill gives none.
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) purl: String,
    pub(crate) cpe: Option<String>,
    pub(crate) license: Option<String>,
    pub(crate) places: Vec<Place>,
    pub(crate) properties: Properties,
    pub(crate) parts: Vec<Self>,
}

/// A bill.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Document {
    pub(crate) root: Component,
    /// Who wrote it, for people.
    pub(crate) tool: String,
    /// What could not be understood.
    pub(crate) problems: Vec<String>,
}

/// Names with values, in order; a name may come more than once.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Properties(pub(crate) Vec<(String, String)>);

/// Before the name of each of our properties.
pub(crate) const PREFIX: &str = "lazaret:";

impl Properties {
    /// One of ours.
    pub(crate) fn add(&mut self, name: &str, value: impl Into<String>) {
        self.0.push((format!("{PREFIX}{name}"), value.into()));
    }

    pub(crate) fn add_some(&mut self, name: &str, value: Option<impl ToString>) {
        if let Some(value) = value {
            self.add(name, value.to_string());
        }
    }

    pub(crate) fn add_all<T: ToString>(&mut self, name: &str, values: impl IntoIterator<Item = T>) {
        for value in values {
            self.add(name, value.to_string());
        }
    }

    /// The values of one of ours.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let ours = move |full: &str| full.strip_prefix(PREFIX) == Some(name);
        self.0.iter().filter(move |(full, _)| ours(full)).map(|(_, value)| value.as_str())
    }

    pub(crate) fn one<'a>(&'a self, name: &'a str) -> Option<&'a str> {
        self.all(name).next()
    }

    /// The value of a property of any tool, by its whole name.
    pub(crate) fn named(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(full, _)| full == name).map(|(_, value)| value.as_str())
    }
}

/// Whether a package URL is of an image.
pub(crate) fn is_image(purl: &str) -> bool {
    ["pkg:oci/", "pkg:docker/"].iter().any(|kind| purl.starts_with(kind))
}

/// The value of a model's list of words (type, class, severity, kind) that goes by this name.
pub(crate) fn word<T: for<'de> Deserialize<'de>>(name: &str) -> Option<T> {
    let text: value::StrDeserializer<'_, value::Error> = name.into_deserializer();
    T::deserialize(text).ok()
}

/// Components within components that [`tree`] makes; what would be deeper hangs on the root.
const MAX_DEPTH: usize = 8;

/// The components below the first, each under its parent. A parent stands before its children; what has none, or one
/// that stands later, is the root's.
pub(crate) fn tree(components: Vec<Component>, parents: &[Option<usize>]) -> Component {
    let mut depths = vec![0_usize; components.len()];
    let mut resolved = vec![0_usize; components.len()];
    for child in 1..components.len() {
        let parent = parents.get(child).copied().flatten().filter(|parent| *parent < child);
        let parent = parent.filter(|parent| depths[*parent] < MAX_DEPTH).unwrap_or(0);
        resolved[child] = parent;
        depths[child] = depths[parent] + 1;
    }
    let mut components = components;
    while components.len() > 1 {
        let child = components.len() - 1;
        let Some(mut component) = components.pop() else { break };
        component.parts.reverse();
        if let Some(parent) = components.get_mut(resolved[child]) {
            parent.parts.push(component);
        }
    }
    let mut root = components.pop().unwrap_or_default();
    root.parts.reverse();
    root
}
