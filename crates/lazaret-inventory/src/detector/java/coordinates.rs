//! From the clues in an archive to `group:artifact` and version. Best first: `pom.properties`, then the manifest, then
//! the file's name. What is guessed is marked.

use std::collections::HashMap;

/// What one archive says about itself and about what was merged into it.
#[derive(Default)]
pub(super) struct Clues {
    pub(super) file_name: String,
    /// Main attributes, names in lower case.
    pub(super) manifest: HashMap<String, String>,
    pub(super) poms: Vec<Pom>,
    /// Group and artifact of each `META-INF/maven/<group>/<artifact>/pom.xml`.
    pub(super) projects: Vec<(String, String)>,
    pub(super) has_code: bool,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Pom {
    pub(super) group: String,
    pub(super) artifact: String,
    pub(super) version: String,
}

/// `group:artifact`, or only the artifact where the group is not known.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) name: String,
    pub(super) version: String,
    pub(super) uncertain: bool,
}

/// Group and artifact in the path of a file of a Maven project.
fn project_of<'a>(path: &'a str, file: &str) -> Option<(&'a str, &'a str)> {
    let directory = path.strip_suffix(file)?.strip_suffix('/')?;
    let (before, artifact) = directory.rsplit_once('/')?;
    let (root, group) = before.rsplit_once('/')?;
    let at_root = root == "META-INF/maven" || root.ends_with("/META-INF/maven");
    (at_root && !group.is_empty() && !artifact.is_empty()).then_some((group, artifact))
}

pub(super) fn is_code(path: &str) -> bool {
    matches!(path.rsplit_once('.'), Some((_, "class" | "dex")))
}

pub(super) fn is_pom_properties(path: &str) -> bool {
    project_of(path, "pom.properties").is_some()
}

pub(super) fn pom_project(path: &str) -> Option<(String, String)> {
    project_of(path, "pom.xml").map(|(group, artifact)| (group.to_owned(), artifact.to_owned()))
}

/// The properties, completed by the path.
pub(super) fn pom(path: &str, properties: &HashMap<String, String>) -> Pom {
    let (group, artifact) = project_of(path, "pom.properties").unwrap_or_default();
    let stated = |key: &str| properties.get(key).filter(|v| !v.is_empty() && !v.contains("${")).cloned();
    Pom {
        group: stated("groupId").unwrap_or_else(|| group.to_owned()),
        artifact: stated("artifactId").unwrap_or_else(|| artifact.to_owned()),
        version: stated("version").unwrap_or_default(),
    }
}

impl Clues {
    pub(super) fn packages(&self) -> Vec<Found> {
        if self.poms.is_empty() {
            return self.guess().into_iter().collect();
        }
        self.poms
            .iter()
            .map(|pom| Found {
                name: format!("{}:{}", pom.group, pom.artifact),
                version: pom.version.clone(),
                uncertain: pom.version.is_empty(),
            })
            .collect()
    }

    fn attribute(&self, name: &str) -> Option<&str> {
        self.manifest.get(name).map(String::as_str).filter(|value| !value.is_empty() && !value.contains("${"))
    }

    fn guess(&self) -> Option<Found> {
        let stem = self.file_name.rsplit_once('.').map_or(self.file_name.as_str(), |(stem, _)| stem);
        let (named, named_version) = split_file_name(stem);
        let stated_version = ["implementation-version", "plugin-version", "bundle-version", "specification-version"]
            .iter()
            .find_map(|name| self.attribute(name))
            .map(|version| version.split_whitespace().next().unwrap_or_default());
        let version = named_version.or(stated_version).unwrap_or_default().to_owned();
        if !self.has_code && self.projects.is_empty() && version.is_empty() {
            // resources only, or a shell around other archives
            return None;
        }
        let agree = named_version.is_some() && named_version == stated_version;

        if let [(group, artifact)] = self.projects.as_slice() {
            return Some(Found { name: format!("{group}:{artifact}"), uncertain: version.is_empty(), version });
        }
        let title = self.attribute("implementation-title").filter(|title| is_artifact(title));
        let symbolic = self.attribute("bundle-symbolicname").map(|name| name.split(';').next().unwrap_or(name).trim());
        let module = self.attribute("automatic-module-name");
        let short = self.attribute("short-name").filter(|name| is_artifact(name));
        let artifact = match (named_version, short.or(title)) {
            (None, Some(title)) => last_part(title),
            _ => named,
        };
        let stated_group = self.attribute("group-id").or_else(|| self.attribute("implementation-vendor-id"));
        let stated_group = stated_group.filter(|group| is_group(group));
        let guessed = || symbolic.or(module).filter(|name| is_group(name)).and_then(|name| group_of(name, artifact));
        let name = match stated_group.or_else(guessed) {
            Some(group) => format!("{group}:{artifact}"),
            None => artifact.to_owned(),
        };
        Some(Found { name, version, uncertain: !(stated_group.is_some() && agree) })
    }
}

/// `artifact-version`: the version starts at the last `-` that a digit follows and that no part of a version is
/// before (`log4j-1.2-api-2.17.1`, but `foo-1.0-beta-2`).
fn split_file_name(stem: &str) -> (&str, Option<&str>) {
    let bytes = stem.as_bytes();
    let starts = |at: &usize| bytes[*at] == b'-' && bytes.get(at + 1).is_some_and(u8::is_ascii_digit);
    let mut best = None;
    for at in (1..stem.len()).filter(starts) {
        let before = stem[..at].rsplit('-').next().unwrap_or_default();
        if best.is_none() || !is_version_part(before) {
            best = Some(at);
        }
    }
    best.map_or((stem, None), |at| (&stem[..at], Some(&stem[at + 1..])))
}

fn is_version_part(text: &str) -> bool {
    let word = text.trim_end_matches(|c: char| c.is_ascii_digit()).to_ascii_lowercase();
    text.starts_with(|c: char| c.is_ascii_digit())
        || matches!(
            word.as_str(),
            "alpha" | "beta" | "rc" | "cr" | "m" | "pre" | "snapshot" | "ga" | "final" | "sp" | "b"
        )
}

fn is_artifact(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
}

fn is_group(text: &str) -> bool {
    is_artifact(text) && text.starts_with(|c: char| c.is_ascii_lowercase()) && !text.contains("..")
}

/// Titles are sometimes whole names: `org.example.thing`.
fn last_part(title: &str) -> &str {
    title
        .rsplit_once('.')
        .filter(|(_, last)| last.starts_with(|c: char| c.is_ascii_alphabetic()))
        .map_or(title, |(_, last)| last)
}

/// The group in a bundle's or module's name, when the name ends as the artifact does.
fn group_of<'a>(name: &'a str, artifact: &str) -> Option<&'a str> {
    if name.split('.').count() < 2 {
        return None;
    }
    if let Some(group) = name.strip_suffix(artifact).and_then(|rest| rest.strip_suffix('.')) {
        return Some(group);
    }
    let (group, last) = name.rsplit_once('.')?;
    let ends_alike = artifact.rsplit('-').next() == Some(last);
    (ends_alike && group.contains('.')).then_some(group)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(file: &str, manifest: &str) -> String {
        let clues = Clues {
            file_name: file.to_owned(),
            manifest: super::super::text::manifest(manifest),
            has_code: true,
            ..Clues::default()
        };
        let found = clues.packages();
        let found: Vec<_> =
            found.iter().map(|f| format!("{} {}{}", f.name, f.version, if f.uncertain { " ?" } else { "" })).collect();
        found.join(", ")
    }

    #[test]
    fn file_names() {
        for (stem, artifact, version) in [
            ("guava-31.1-jre", "guava", Some("31.1-jre")),
            ("jetty-io-9.4.57.v20241219", "jetty-io", Some("9.4.57.v20241219")),
            ("log4j-1.2-api-2.17.1", "log4j-1.2-api", Some("2.17.1")),
            ("foo-1.0-beta-2", "foo", Some("1.0-beta-2")),
            ("foo-1.0-20240101.120000-3", "foo", Some("1.0-20240101.120000-3")),
            ("commons-io", "commons-io", None),
            ("app", "app", None),
            ("-1", "-1", None),
        ] {
            assert_eq!(split_file_name(stem), (artifact, version), "{stem}");
        }
    }

    #[test]
    fn manifests() {
        assert_eq!(
            found("commons-io-2.11.0.jar", include_str!("../../../testdata/java/commons-io.MF")),
            "commons-io:commons-io 2.11.0"
        );
        assert_eq!(
            found(
                "lib.jar",
                "Implementation-Title: thing\nImplementation-Version: 1.2\nImplementation-Vendor-Id: org.x\n"
            ),
            "org.x:thing 1.2 ?"
        );
        assert_eq!(
            found(
                "jetty-io-9.4.57.jar",
                "Bundle-SymbolicName: org.eclipse.jetty.io;singleton:=true\nBundle-Version: 9.4.57\n"
            ),
            "org.eclipse.jetty:jetty-io 9.4.57 ?"
        );
        assert_eq!(
            found("spring-core-5.3.1.jar", "Automatic-Module-Name: spring.core\nImplementation-Version: 5.3.1\n"),
            "spring-core 5.3.1 ?"
        );
        assert_eq!(
            found("jrt-fs.jar", "Implementation-Title: Java Runtime Environment\nImplementation-Version: 17.0.9\n"),
            "jrt-fs 17.0.9 ?"
        );
        assert_eq!(
            found("git.hpi", "Group-Id: org.jenkins-ci.plugins\nShort-Name: git\nPlugin-Version: 4.1\n"),
            "org.jenkins-ci.plugins:git 4.1 ?"
        );
    }

    #[test]
    fn only_a_name() {
        assert_eq!(found("foo-1.2.jar", ""), "foo 1.2 ?");
        assert_eq!(found("app.jar", "Manifest-Version: 1.0\n"), "app  ?");
        assert_eq!(found("app.jar", "Implementation-Version: ${project.version}\n"), "app  ?");
    }

    #[test]
    fn projects() {
        assert!(is_pom_properties("META-INF/maven/g/a/pom.properties"));
        assert!(is_pom_properties("WEB-INF/classes/META-INF/maven/g/a/pom.properties"));
        assert!(!is_pom_properties("META-INF/maven/a/pom.properties"));
        assert!(!is_pom_properties("META-INF/maven/g/a/b/pom.properties"));
        let stated = pom("META-INF/maven/g/a/pom.properties", &HashMap::new());
        assert_eq!(stated, Pom { group: "g".to_owned(), artifact: "a".to_owned(), version: String::new() });
    }
}
