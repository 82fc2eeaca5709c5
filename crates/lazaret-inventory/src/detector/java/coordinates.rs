//! From the clues in an archive to `group:artifact` and version. Best first: `pom.properties`, then the manifest, then
//! the file's name. What is guessed is marked.

use std::collections::HashMap;

use super::group::{self, Classes};

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
    pub(super) classes: Classes,
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
        let mut found: Vec<_> = self
            .poms
            .iter()
            .map(|pom| Found {
                name: format!("{}:{}", pom.group, pom.artifact),
                version: pom.version.clone(),
                uncertain: pom.version.is_empty(),
            })
            .collect();
        // with the projects of what was merged into it, an archive may lack its own: `jython-standalone-2.7.2.jar`
        let own = self.guess().filter(|own| found.is_empty() || !own.uncertain && !self.merged(own));
        found.extend(own);
        found
    }

    /// Whether a project that the archive states has the artifact's name.
    fn merged(&self, own: &Found) -> bool {
        let artifact = own.name.rsplit(':').next().unwrap_or_default();
        self.poms.iter().any(|pom| pom.artifact.eq_ignore_ascii_case(artifact))
    }

    fn attribute(&self, name: &str) -> Option<&str> {
        self.manifest.get(name).map(String::as_str).filter(|value| !value.is_empty() && !value.contains("${"))
    }

    fn guess(&self) -> Option<Found> {
        let stem = self.file_name.rsplit_once('.').map_or(self.file_name.as_str(), |(stem, _)| stem);
        let symbolic = self.attribute("bundle-symbolicname").map(|name| name.split(';').next().unwrap_or(name).trim());
        let (named, named_version) = symbolic.and_then(|name| split_bundle_name(stem, name)).unwrap_or_else(|| {
            let (named, version) = split_file_name(stem);
            (named, version.map(without_classifier))
        });
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

        if let ([(group, artifact)], true) = (self.projects.as_slice(), self.poms.is_empty()) {
            return Some(Found { name: format!("{group}:{artifact}"), uncertain: version.is_empty(), version });
        }
        if let Some(found) = self.tomcat(symbolic, named, named_version) {
            return Some(found);
        }
        // since 1.8 some of Kotlin's have nothing in them but a description of the module
        if self.attribute("kotlin-runtime-component").is_some()
            && named.starts_with("kotlin-")
            && named_version.is_some()
        {
            return Some(Found {
                name: format!("org.jetbrains.kotlin:{named}"),
                uncertain: version.is_empty(),
                version,
            });
        }
        // Quarkus puts the group before the name: `com.squareup.okio.okio-3.0.0.jar`
        let dots = named.match_indices('.').map(|(at, _)| (Some(&named[..at]), &named[at + 1..]));
        let known = std::iter::once((None, named)).chain(dots).find_map(|(before, artifact)| {
            let group = group::known(artifact, &version, &self.classes)?;
            before.is_none_or(|before| before == group).then(|| format!("{group}:{artifact}"))
        });
        if let Some(name) = known {
            return Some(Found { name, uncertain: version.is_empty(), version });
        }
        let title = self.attribute("implementation-title").filter(|title| is_artifact(title));
        let module = self.attribute("automatic-module-name");
        let short = self.attribute("short-name").filter(|name| is_artifact(name));
        let artifact = match (named_version, short.or(title)) {
            (None, Some(title)) => last_part(title),
            _ => named,
        };
        // what bundle plugins write unless told otherwise
        let whole = symbolic.and_then(|name| name.strip_suffix(artifact)?.strip_suffix('.'));
        let stated_group = whole.or_else(|| self.attribute("group-id"));
        let stated_group = stated_group.or_else(|| self.attribute("implementation-vendor-id"));
        let stated_group = stated_group.filter(|group| is_group(group));
        let guessed = || {
            let group = symbolic.or(module).filter(|name| is_group(name)).and_then(|name| group_of(name, artifact))?;
            self.classes.are_in(&group.replace('.', "/")).then(|| group.to_owned())
        };
        let group = stated_group.map(str::to_owned).or_else(guessed).or_else(|| self.classes.group(artifact));
        let name = group.map_or_else(|| artifact.to_owned(), |group| format!("{group}:{artifact}"));
        Some(Found { name, version, uncertain: self.has_code && !(stated_group.is_some() && agree) })
    }

    /// Tomcat's own archives: the manifest's title and version are those of the specification (`javax.servlet`,
    /// `4.0.FR`), and in its distribution the files have other names (`catalina.jar`).
    fn tomcat(&self, symbolic: Option<&str>, named: &str, named_version: Option<&str>) -> Option<Found> {
        let bundle = symbolic?.strip_prefix("org.apache.").filter(|name| name.starts_with("tomcat-"))?;
        let artifact = if named_version.is_some() && named.starts_with("tomcat-") { named } else { bundle };
        let version = named_version.or_else(|| self.attribute("bundle-version")).unwrap_or_default().to_owned();
        let group = group::known(artifact, &version, &self.classes)?;
        Some(Found { name: format!("{group}:{artifact}"), uncertain: version.is_empty(), version })
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

/// Eclipse's bundles: `org.eclipse.osgi_3.10.0.jar`.
fn split_bundle_name<'a>(stem: &'a str, symbolic: &str) -> Option<(&'a str, Option<&'a str>)> {
    let version = stem.strip_prefix(symbolic)?.strip_prefix('_')?;
    version.starts_with(|c: char| c.is_ascii_digit()).then(|| (&stem[..symbolic.len()], Some(version)))
}

/// What build tools put behind the version of an archive that holds more than the project's own classes.
fn without_classifier(version: &str) -> &str {
    let classifiers = [
        "-jar-with-dependencies",
        "-all",
        "-shaded",
        "-exec",
        "-boot",
        "-fat",
        "-uber",
        "-standalone",
        "-runner",
        "-plain",
    ];
    classifiers.iter().find_map(|classifier| version.strip_suffix(classifier)).unwrap_or(version)
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
        found_with(file, manifest, &[])
    }

    fn found_with(file: &str, manifest: &str, classes: &[&str]) -> String {
        let mut clues = Clues {
            file_name: file.to_owned(),
            manifest: super::super::text::manifest(manifest),
            has_code: true,
            ..Clues::default()
        };
        for class in classes {
            clues.classes.add(class);
        }
        clues.classes.finish();
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
            found_with(
                "jetty-io-9.4.57.jar",
                "Bundle-SymbolicName: org.eclipse.jetty.io;singleton:=true\nBundle-Version: 9.4.57\n",
                &["org/eclipse/jetty/io/A.class"]
            ),
            "org.eclipse.jetty:jetty-io 9.4.57 ?"
        );
        assert_eq!(
            found(
                "hibernate-commons-annotations-5.1.0.Final.jar",
                "Bundle-SymbolicName: org.hibernate.common.hibernate-commons-annotations\nBundle-Version: 5.1.0.Final\n\
                 Implementation-Vendor-Id: org.hibernate\nImplementation-Version: 5.1.0.Final\n"
            ),
            "org.hibernate.common:hibernate-commons-annotations 5.1.0.Final"
        );
        assert_eq!(
            found("spring-core-5.3.1.jar", "Automatic-Module-Name: spring.core\nImplementation-Version: 5.3.1\n"),
            "org.springframework:spring-core 5.3.1"
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
    fn names_of_other_build_tools() {
        assert_eq!(
            found_with("com.squareup.okio.okio-3.0.0.jar", "", &["okio/A.class"]),
            "com.squareup.okio:okio 3.0.0"
        );
        let bundle = "Bundle-SymbolicName: org.eclipse.osgi; singleton:=true\nBundle-Version: 3.10.0.v2014\n";
        assert_eq!(
            found_with("org.eclipse.osgi_3.10.0.v2014.jar", bundle, &["org/eclipse/osgi/A.class"]),
            "org.eclipse:org.eclipse.osgi 3.10.0.v2014 ?"
        );
        assert_eq!(found_with("shop-1.2-all.jar", "", &["com/acme/shop/A.class"]), "com.acme:shop 1.2 ?");
    }

    #[test]
    fn a_guess_is_of_the_classes() {
        assert_eq!(
            found_with("x-core-1.0.jar", "Automatic-Module-Name: acme.x.core\n", &["com/acme/x/core/A.class"]),
            "com.acme:x-core 1.0 ?"
        );
        assert_eq!(
            found_with("h2.jar", "Implementation-Version: 1.4.200\n", &["org/h2/A.class"]),
            "com.h2database:h2 1.4.200"
        );
    }

    #[test]
    fn merged_without_its_own_project() {
        let merged = |file: &str| {
            let pom = Pom { group: "g".to_owned(), artifact: "a".to_owned(), version: "1".to_owned() };
            let mut clues = Clues { file_name: file.to_owned(), poms: vec![pom], has_code: true, ..Clues::default() };
            clues.classes.add("org/python/core/A.class");
            clues.classes.finish();
            clues.packages().into_iter().map(|found| format!("{} {}", found.name, found.version)).collect::<Vec<_>>()
        };
        assert_eq!(merged("jython-standalone-2.7.2.jar"), ["g:a 1", "org.python:jython-standalone 2.7.2"]);
        assert_eq!(merged("shop-1.0.jar"), ["g:a 1"], "a name alone says too little");
    }

    #[test]
    fn tomcat() {
        let manifest = |bundle: &str| {
            format!(
                "Bundle-SymbolicName: org.apache.{bundle}\nBundle-Version: 9.0.30\nImplementation-Title: javax.servlet\n\
                 Implementation-Version: 4.0.FR\nImplementation-Vendor-Id: org.apache\n"
            )
        };
        let of = |file: &str, bundle: &str| found(file, &manifest(bundle));
        assert_eq!(of("catalina.jar", "tomcat-catalina"), "org.apache.tomcat:tomcat-catalina 9.0.30");
        assert_eq!(of("tomcat-util-9.0.30.jar", "tomcat-util"), "org.apache.tomcat:tomcat-util 9.0.30");
        assert_eq!(
            of("tomcat-embed-el-9.0.30.jar", "tomcat-embed-jasper-el"),
            "org.apache.tomcat.embed:tomcat-embed-el 9.0.30"
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
