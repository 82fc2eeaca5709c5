//! Maven's and Gradle's files.

use std::collections::HashMap;

use lazaret_model::PackageType::Maven;

use super::{
    Declared,
    xml::{Event, events},
};

/// `gradle.lockfile`: `group:artifact:version=configurations`.
pub(super) fn gradle(text: &str, declared: &mut Declared) {
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let mut parts = line.split('=').next().unwrap_or_default().split(':');
        if let (Some(group), Some(artifact), Some(version), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        {
            declared.add(Maven, &format!("{group}:{artifact}"), version);
        }
    }
}

/// `verification-metadata.xml`: `<component group="" name="" version="">`.
pub(super) fn verification(text: &str, declared: &mut Declared) {
    for event in events(text) {
        if let Event::Start { name: "component", attributes, .. } = event {
            let of = |key: &str| attributes.iter().find(|(name, _)| *name == key).map(|(_, value)| value.as_ref());
            if let (Some(group), Some(name), Some(version)) = (of("group"), of("name"), of("version")) {
                declared.add(Maven, &format!("{group}:{name}"), version);
            }
        }
    }
}

/// What a `<dependency>` says.
#[derive(Default)]
struct Dependency {
    group: String,
    artifact: String,
    version: String,
}

/// `pom.xml`: direct dependencies and managed ones, whose versions are literal or properties of the same file. Parents and
/// what comes with dependencies are not looked up.
pub(super) fn pom(text: &str, declared: &mut Declared) {
    let mut path: Vec<&str> = Vec::new();
    let mut properties: HashMap<String, String> = HashMap::new();
    let mut dependencies: Vec<Dependency> = Vec::new();
    for event in events(text) {
        match event {
            Event::Start { name, empty, .. } => {
                if name == "dependency" && path.last() == Some(&"dependencies") && !path.contains(&"plugin") {
                    dependencies.push(Dependency::default());
                }
                if !empty && path.len() < MAX_DEPTH {
                    path.push(name);
                }
            }
            Event::Text(value) => match &path[..] {
                [.., "dependencies", "dependency", field] if !path.contains(&"plugin") => {
                    let Some(last) = dependencies.last_mut() else { continue };
                    match *field {
                        "groupId" => last.group = value.into_owned(),
                        "artifactId" => last.artifact = value.into_owned(),
                        "version" => last.version = value.into_owned(),
                        _ => {}
                    }
                }
                ["project", "properties", name] => {
                    properties.insert((*name).to_owned(), value.into_owned());
                }
                ["project", field @ ("version" | "groupId")]
                | ["project", "parent", field @ ("version" | "groupId")] => {
                    properties.entry(format!("project.{field}")).or_insert_with(|| value.into_owned());
                }
                _ => {}
            },
            Event::End(name) => {
                if path.last() == Some(&name) {
                    path.pop();
                }
            }
        }
    }
    let filled = |text: &str| match text.strip_prefix("${").and_then(|text| text.strip_suffix('}')) {
        // one step: a property of a property is not followed
        Some(name) => properties.get(name).cloned().unwrap_or_default(),
        None => text.to_owned(),
    };
    for dependency in &dependencies {
        let (group, artifact) = (filled(&dependency.group), filled(&dependency.artifact));
        // a range is no version
        let version = Some(filled(&dependency.version)).filter(|version| !version.contains(['[', '(', ',']));
        if !group.is_empty() && !artifact.is_empty() {
            declared.add(Maven, &format!("{group}:{artifact}"), &version.unwrap_or_default());
        }
    }
}

const MAX_DEPTH: usize = 64;
