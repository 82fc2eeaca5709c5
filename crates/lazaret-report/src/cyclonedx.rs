//! CycloneDX (<https://cyclonedx.org/docs/1.6/json/>): 1.6 JSON is written; JSON 1.2 to 1.6 and XML are read.

mod read;
mod write;
mod xml;

pub(crate) use read::read as read_json;
pub(crate) use write::write;
pub(crate) use xml::read as read_xml;

use crate::sbom::document::{Component, Kind};

/// Types that may be packages without a package URL.
const PACKAGES: [&str; 4] = ["library", "framework", "application", "platform"];

/// A component as either encoding spells it, before it is understood.
#[derive(Default)]
struct Raw {
    kind: String,
    group: String,
    component: Component,
}

impl Raw {
    fn understood(self) -> Component {
        let Self { kind, group, mut component } = self;
        let groups = |component: &Component| {
            // trivy lists a lockfile as an application that contains what it names
            kind == "application" && component.properties.named("aquasecurity:trivy:Type").is_some()
        };
        component.kind = match kind.as_str() {
            "container" => Kind::Image,
            "operating-system" => Kind::System,
            _ if !component.purl.is_empty() => Kind::Package,
            kind if PACKAGES.contains(&kind) && !groups(&component) => Kind::Package,
            _ => Kind::Other,
        };
        if !group.is_empty() {
            let separator = if component.purl.starts_with(MAVEN) { ':' } else { '/' };
            component.name = format!("{group}{separator}{}", component.name);
        }
        component
    }
}

/// Only there is the group a part of the name that this crate splits off.
const MAVEN: &str = "pkg:maven/";
