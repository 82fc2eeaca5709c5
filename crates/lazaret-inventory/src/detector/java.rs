//! Java archives: jars, wars and their like, and archives in them, read in place.

use lazaret_model::{PackageType, ProblemKind};
use lazaret_oci::{Body, Limits};

use super::{Candidate, Detector, Interest};
use crate::{
    archive::{self, Archive, ArchiveError, Budget, Item, Part},
    layer::{FileFacts, FoundPackage},
    license,
};

mod coordinates;
mod group;
mod text;

use coordinates::Clues;

pub(crate) struct Java;

const EXTENSIONS: [&str; 12] = ["jar", "war", "ear", "par", "sar", "nar", "kar", "rar", "jpi", "hpi", "lpkg", "aar"];

/// Bytes of a manifest or of a `pom.properties`.
const MAX_TEXT: u64 = 4 << 20;

impl Detector for Java {
    fn id(&self) -> &'static str {
        "java"
    }

    fn version(&self) -> u32 {
        4
    }

    fn doc(&self) -> &'static str {
        "https://docs.oracle.com/en/java/javase/21/docs/specs/jar/jar.html"
    }

    fn interest(&self, file: &Candidate<'_>) -> Interest {
        if is_archive_name(file.name) { Interest::Content } else { Interest::No }
    }

    fn detect(&self, file: &Candidate<'_>, body: &Body<'_>, limits: &Limits, facts: &mut FileFacts) {
        let mut walk = Walk { limits, budget: Budget::new(limits), facts };
        // an executable jar may start with a script; what is no archive at all is no jar
        match Archive::open(Part::body(body)) {
            Ok(archive) => walk.archive(&archive, file.name, None, 0),
            Err(_) if !file.head.starts_with(b"PK") => {}
            Err(error) => walk.facts.not_understood(format!("not a readable archive: {error}")),
        }
        walk.facts.inflated = walk.budget.inflated();
    }
}

/// `Bundle-License: Apache-2.0;link="https://..."`, a list of names or addresses.
fn bundle_license(manifest: &std::collections::HashMap<String, String>) -> Option<String> {
    let stated = manifest.get("bundle-license")?;
    license::any_of(stated.split(',').map(|one| one.split(';').next().unwrap_or(one).trim_matches([' ', '"'])))
}

fn is_archive_name(name: &str) -> bool {
    name.rsplit_once('.').is_some_and(|(stem, extension)| {
        !stem.is_empty() && EXTENSIONS.iter().any(|known| extension.eq_ignore_ascii_case(known))
    })
}

/// One file with everything in it.
struct Walk<'a> {
    limits: &'a Limits,
    budget: Budget,
    facts: &'a mut FileFacts,
}

impl Walk<'_> {
    /// `inner`: path within the file, `None` for the file itself.
    fn archive(&mut self, archive: &Archive<'_>, name: &str, inner: Option<&str>, depth: usize) {
        let mut clues = Clues { file_name: name.to_owned(), ..Clues::default() };
        let mut nested = Vec::new();
        let mut texts = Vec::new();
        let listed = archive.items(&mut self.budget, |path, item| {
            if coordinates::is_code(path) {
                clues.has_code = true;
                clues.classes.add(path);
            }
            if path == "META-INF/MANIFEST.MF" || coordinates::is_pom_properties(path) {
                texts.push((path.to_owned(), item));
            } else if let Some(project) = coordinates::pom_project(path) {
                clues.projects.push(project);
            } else if is_archive_name(path) {
                nested.push((path.to_owned(), item));
            }
        });
        clues.classes.finish();
        self.told(inner, "", listed);
        let overlaps = archive::overlapping(archive, &mut texts, &mut nested);
        if overlaps {
            self.problem(ProblemKind::HostileEntry, inner, "entries overlap; those are not read");
        }
        for (path, item) in texts {
            let read = archive.read(&item, MAX_TEXT, &mut self.budget);
            let Some(bytes) = self.told(inner, &path, read) else { continue };
            let text = String::from_utf8_lossy(&bytes);
            if path == "META-INF/MANIFEST.MF" {
                clues.manifest = text::manifest(&text);
            } else {
                clues.poms.push(coordinates::pom(&path, &text::properties(&text)));
            }
        }
        let packages = clues.packages();
        // what a merged archive states is not true of its parts
        let license = if packages.len() == 1 { bundle_license(&clues.manifest) } else { None };
        for found in packages {
            self.facts.packages.push(FoundPackage {
                license: license.clone(),
                inner: inner.map(str::to_owned),
                uncertain: found.uncertain,
                ..FoundPackage::new(PackageType::Maven, found.name, found.version)
            });
        }
        for (path, item) in nested {
            self.nested(archive, &path, &item, inner, depth + 1);
        }
    }

    fn nested(&mut self, outer: &Archive<'_>, path: &str, item: &Item, inner: Option<&str>, depth: usize) {
        let whole = inner.map_or_else(|| path.to_owned(), |before| format!("{before}!/{path}"));
        if depth > self.limits.nested_archives {
            let message = format!("archives are nested deeper than {}", self.limits.nested_archives);
            return self.problem(ProblemKind::LimitExceeded, Some(&whole), &message);
        }
        if let Err(error) = self.budget.open_archive() {
            // told once: what is left of a hostile file would only repeat it
            return self.told(Some(&whole), "", Err::<(), _>(error)).unwrap_or_default();
        }
        let content = outer.content(item, self.limits, &mut self.budget);
        let Some(content) = self.told(Some(&whole), "", content) else { return };
        let name = path.rsplit_once('/').map_or(path, |(_, name)| name);
        match Archive::open(content.part()) {
            Ok(archive) => self.archive(&archive, name, Some(&whole), depth),
            Err(error) => {
                self.problem(ProblemKind::ParseError, Some(&whole), &format!("not a readable archive: {error}"));
            }
        }
    }

    /// Turns an error into a problem.
    fn told<T>(&mut self, inner: Option<&str>, path: &str, result: Result<T, ArchiveError>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(ArchiveError::Spent { told: true, .. }) => None,
            Err(error) => {
                let kind = error.kind();
                let place = match (inner, path) {
                    (Some(inner), "") => Some(inner.to_owned()),
                    (Some(inner), path) => Some(format!("{inner}!/{path}")),
                    (None, "") => None,
                    (None, path) => Some(path.to_owned()),
                };
                self.problem(kind, place.as_deref(), &error.to_string());
                None
            }
        }
    }

    fn problem(&mut self, kind: ProblemKind, inner: Option<&str>, message: &str) {
        const TOLD: usize = 20;
        match self.facts.problems.len() {
            0..TOLD => {
                let message = inner.map_or_else(|| message.to_owned(), |inner| format!("{inner}: {message}"));
                self.facts.problem(kind, message);
            }
            TOLD => self.facts.problem(kind, "and more faults in the same archive"),
            _ => {}
        }
    }
}
