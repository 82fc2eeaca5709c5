//! CycloneDX XML, 1.0 to 1.6. No document type, so no entities but XML's own five; no namespaces are followed.

use std::borrow::Cow;

use quick_xml::{
    Reader, XmlVersion,
    escape::resolve_predefined_entity,
    events::{BytesRef, BytesStart, Event},
};

use super::Raw;
use crate::sbom::{
    MAX_COMPONENTS, SbomError,
    document::{Component, Document, Kind, Place},
};

const FORMAT: &str = "CycloneDX XML";
/// Elements within elements.
const MAX_DEPTH: usize = 64;

pub(crate) fn read(text: &str) -> Result<Document, SbomError> {
    let mut reader = Reader::from_str(text);
    let mut walk = Walk::default();
    loop {
        let malformed = |error: &dyn ToString| SbomError::malformed(FORMAT, &error.to_string());
        match reader.read_event().map_err(|e| malformed(&e))? {
            Event::Start(start) => walk.open(&start).map_err(|e| malformed(&e))?,
            Event::Empty(start) => {
                walk.open(&start).map_err(|e| malformed(&e))?;
                walk.close();
            }
            Event::End(_) => walk.close(),
            Event::Text(part) => walk.text.push_str(&part),
            Event::CData(part) => walk.text.push_str(&part),
            Event::GeneralRef(entity) => walk.text.push_str(&resolve(&entity).map_err(|e| malformed(&e))?),
            Event::DocType(_) => return Err(malformed(&"a document type is not read")),
            Event::Eof => break,
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
        }
    }
    walk.finish()
}

/// A character reference or one of XML's own entities.
fn resolve(entity: &BytesRef<'_>) -> Result<Cow<'static, str>, String> {
    if let Some(character) = entity.resolve_char_ref().map_err(|e| e.to_string())? {
        return Ok(Cow::Owned(character.to_string()));
    }
    let name: &str = entity;
    resolve_predefined_entity(name).map(Cow::Borrowed).ok_or_else(|| format!("entity {name:?} is not known"))
}

/// Where in the document the reader is, and what it has so far.
#[derive(Default)]
struct Walk {
    /// Local names of the open elements.
    path: Vec<String>,
    /// Text of the innermost open element.
    text: String,
    /// `name` of the open property.
    property: String,
    /// Components that are open, the outermost first.
    open: Vec<Raw>,
    root: Option<Component>,
    top: Vec<Component>,
    tool: String,
    count: usize,
    problems: Vec<String>,
}

impl Walk {
    fn open(&mut self, start: &BytesStart<'_>) -> Result<(), String> {
        let name = start.local_name().as_ref().to_owned();
        if self.path.is_empty() && name != "bom" {
            return Err(format!("the root is <{name}>, not <bom>"));
        }
        if self.path.len() >= MAX_DEPTH {
            return Err(format!("elements more than {MAX_DEPTH} deep"));
        }
        if name == "component" {
            let kind = attribute(start, "type")?.unwrap_or_default();
            self.open.push(Raw { kind, ..Raw::default() });
        } else if name == "property" {
            self.property = attribute(start, "name")?.unwrap_or_default();
        } else if name == "occurrence"
            && let Some(raw) = self.open.last_mut()
        {
            raw.component.places.push(Place { path: String::new(), layer: None });
        }
        self.path.push(name);
        self.text.clear();
        Ok(())
    }

    fn close(&mut self) {
        let text = std::mem::take(&mut self.text);
        let Some(name) = self.path.pop() else { return };
        if name == "component" {
            return self.close_component();
        }
        let parent = self.path.last().map(String::as_str).unwrap_or_default();
        let in_tools = self.path.iter().any(|name| name == "tools");
        if in_tools && name == "name" && self.tool.is_empty() {
            text.trim().clone_into(&mut self.tool);
        }
        let Some(raw) = self.open.last_mut() else { return };
        let component = &mut raw.component;
        let trimmed = || text.trim().to_owned();
        match (parent, name.as_str()) {
            ("component", "group") => raw.group = trimmed(),
            ("component", "name") => component.name = trimmed(),
            ("component", "version") => component.version = trimmed(),
            ("component", "purl") => component.purl = trimmed(),
            ("component", "cpe") => component.cpe = Some(trimmed()),
            ("licenses", "expression") | ("license", "id" | "name") => {
                let license = component.license.take();
                component.license = Some(license.map_or_else(trimmed, |other| format!("{other} AND {}", text.trim())));
            }
            ("properties", "property") => {
                let name = std::mem::take(&mut self.property);
                component.properties.0.push((name, trimmed()));
            }
            ("occurrence", "location") => {
                if let Some(place) = component.places.last_mut() {
                    place.path = trimmed();
                }
            }
            ("occurrence", "additionalContext") => {
                if let Some(place) = component.places.last_mut() {
                    place.layer = Some(trimmed());
                }
            }
            _ => {}
        }
    }

    fn close_component(&mut self) {
        let Some(raw) = self.open.pop() else { return };
        // a tool, or a part of another component's pedigree, is not in the image
        if self.path.iter().any(|name| matches!(name.as_str(), "tools" | "pedigree" | "services" | "formulation")) {
            return;
        }
        self.count += 1;
        if self.count > MAX_COMPONENTS {
            if self.count == MAX_COMPONENTS + 1 {
                self.problems.push(format!("components after the first {MAX_COMPONENTS} are not read"));
            }
            return;
        }
        let component = raw.understood();
        match (self.open.last_mut(), self.path.last().map(String::as_str)) {
            (Some(outer), _) => outer.component.parts.push(component),
            (None, Some("metadata")) => self.root = Some(component),
            (None, _) => self.top.push(component),
        }
    }

    fn finish(self) -> Result<Document, SbomError> {
        if !self.path.is_empty() {
            return Err(SbomError::malformed(FORMAT, &"it ends before its root element does"));
        }
        let mut root = self.root.unwrap_or(Component { kind: Kind::Other, ..Component::default() });
        root.parts.extend(self.top);
        Ok(Document { root, tool: self.tool, problems: self.problems })
    }
}

fn attribute(start: &BytesStart<'_>, name: &str) -> Result<Option<String>, String> {
    let found = start.try_get_attribute(name).map_err(|e| e.to_string())?;
    found
        .map(|value| value.normalized_value(XmlVersion::Implicit1_0).map(Cow::into_owned).map_err(|e| e.to_string()))
        .transpose()
}
