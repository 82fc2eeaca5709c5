//! Lockfiles and manifests: what a project says that it depends on. Such a package is *declared*: it never counts as
//! installed, unless a detector of installed packages finds it too.
//!
//! A lockfile that is not understood is passed over in silence, and so is one without versions: it says nothing about
//! what is in the image, so that it cannot make an image incomplete. One format per function, one family per file.

use std::collections::HashSet;

use lazaret_model::{PackageClass, PackageType};
use lazaret_oci::{Body, Limits};

use super::{Candidate, Detector, Interest};
use crate::{
    content::document,
    layer::{FileFacts, FoundPackage},
};

mod apple;
mod dotnet;
mod go;
mod javascript;
mod jvm;
mod lines;
mod native;
mod other;
mod python;
mod ruby;
mod tables;
mod xml;

pub(crate) struct Lockfile;

impl Detector for Lockfile {
    fn id(&self) -> &'static str {
        "lockfile"
    }

    fn version(&self) -> u32 {
        1
    }

    fn doc(&self) -> &'static str {
        "docs/detectors.md"
    }

    fn only_declares(&self) -> bool {
        true
    }

    fn interest(&self, file: &Candidate<'_>) -> Interest {
        if form(file.name).is_some_and(|form| form.reads(file.path)) { Interest::Content } else { Interest::No }
    }

    fn detect(&self, file: &Candidate<'_>, body: &Body<'_>, limits: &Limits, facts: &mut FileFacts) {
        let Some(form) = form(file.name) else { return };
        if body.len() > limits.document_bytes.min(MAX_BYTES) {
            return;
        }
        // a problem with reading the bytes back is told; what they mean is not
        let Some(bytes) = document(body, limits, facts) else { return };
        let text = String::from_utf8_lossy(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes));
        let mut declared = Declared::default();
        (form.read)(&text, &mut declared);
        facts.packages.extend(declared.packages);
    }
}

/// A larger file is no lockfile that a person keeps.
const MAX_BYTES: u64 = 32 << 20;
/// Packages of one lockfile.
const MAX_PACKAGES: usize = 20_000;

/// One format of a lockfile.
pub(crate) struct Form {
    pub(crate) name: Name,
    /// For the documentation: what it is of.
    pub(crate) what: &'static str,
    /// File in `testdata/lockfile/`, and a package in it.
    pub(crate) sample: (&'static str, &'static str),
    read: fn(&str, &mut Declared),
}

/// What a file is called.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Name {
    Is(&'static str),
    /// `requirements-dev.txt`: start and end.
    Like(&'static str, &'static str),
    /// `vendor/modules.txt`: the directory counts too.
    Below(&'static str, &'static str),
}

const fn is(
    name: &'static str,
    what: &'static str,
    sample: (&'static str, &'static str),
    read: fn(&str, &mut Declared),
) -> Form {
    Form { name: Name::Is(name), what, sample, read }
}

/// Every format, by family.
pub(crate) static FORMS: &[Form] = &[
    is("package-lock.json", "npm", ("package-lock-3.json", "npm @types/prop-types 15.7.5"), javascript::npm),
    is("npm-shrinkwrap.json", "npm", ("package-lock-1.json", "npm @actions/core 1.6.0"), javascript::npm),
    is("yarn.lock", "Yarn 1 and later", ("yarn-1.lock", "npm @babel/code-frame 7.10.4"), javascript::yarn),
    is("pnpm-lock.yaml", "pnpm, lockfile 5 to 9", ("pnpm-9.yaml", "npm @babel/core 7.24.7"), javascript::pnpm),
    is("bun.lock", "Bun", ("bun.lock", "npm @img/sharp-linux-x64 0.33.5"), javascript::bun),
    is("deno.lock", "Deno, npm packages", ("deno.lock", "npm chalk 5.3.0"), javascript::deno),
    is("Pipfile.lock", "Pipenv", ("Pipfile.lock", "pypi aio-pika 6.8.0"), python::pipfile),
    is("poetry.lock", "Poetry", ("poetry.lock", "pypi django 5.2.6"), tables::python),
    is("uv.lock", "uv", ("uv.lock", "pypi numpy 1.26.4"), tables::python),
    is("pdm.lock", "PDM", ("pdm.lock", "pypi certifi 2025.10.5"), tables::python),
    is("pylock.toml", "PEP 751", ("pylock.toml", "pypi requests 2.31.0"), tables::pylock),
    Form {
        name: Name::Like("requirements", ".txt"),
        what: "pip; a version only where it is pinned by `==`",
        sample: ("requirements.txt", "pypi celery 4.4.7"),
        read: python::requirements,
    },
    is("environment.yml", "Conda", ("environment.yml", "conda numpy 1.26.4"), python::conda),
    is("environment.yaml", "Conda", ("environment.yml", "conda numpy 1.26.4"), python::conda),
    is("Gemfile.lock", "Bundler", ("Gemfile.lock", "gem rack 1.5.2"), ruby::bundler),
    is("gems.locked", "Bundler", ("Gemfile.lock", "gem rack 1.5.2"), ruby::bundler),
    is("composer.lock", "Composer", ("composer.lock", "composer adoy/fastcgi-client 1.0.2"), javascript::composer),
    is("gradle.lockfile", "Gradle", ("gradle.lockfile", "maven org.apache.commons:commons-text 1.8"), jvm::gradle),
    is(
        "buildscript-gradle.lockfile",
        "Gradle",
        ("gradle.lockfile", "maven org.apache.commons:commons-text 1.8"),
        jvm::gradle,
    ),
    is(
        "verification-metadata.xml",
        "Gradle, checksums",
        ("verification-metadata.xml", "maven com.google.guava:guava 32.1.3-jre"),
        jvm::verification,
    ),
    is(
        "libs.versions.toml",
        "Gradle, catalogue",
        ("libs.versions.toml", "maven com.squareup.okhttp3:okhttp 4.12.0"),
        tables::catalogue,
    ),
    is("pom.xml", "Maven, direct dependencies", ("pom.xml", "maven org.apache.commons:commons-lang3 3.14.0"), jvm::pom),
    is("go.mod", "Go, `require` with `replace`", ("go.mod", "golang golang.org/x/text v0.14.0"), go::module),
    Form {
        name: Name::Below("vendor", "modules.txt"),
        what: "Go, vendored modules",
        sample: ("modules.txt", "golang golang.org/x/text v0.14.0"),
        read: go::vendored,
    },
    is("Cargo.lock", "Cargo", ("Cargo.lock", "cargo ansi_term 0.12.1"), tables::cargo),
    is("packages.lock.json", "NuGet", ("packages.lock.json", "nuget AutoMapper 13.0.1"), dotnet::lock),
    is("project.assets.json", "NuGet", ("project.assets.json", "nuget Newtonsoft.Json 13.0.3"), dotnet::assets),
    is("packages.config", "NuGet", ("packages.config", "nuget Newtonsoft.Json 13.0.3"), dotnet::config),
    is(
        "Directory.Packages.props",
        "NuGet",
        ("Directory.Packages.props", "nuget Newtonsoft.Json 13.0.3"),
        dotnet::props,
    ),
    is("paket.lock", "Paket", ("paket.lock", "nuget Newtonsoft.Json 13.0.3"), dotnet::paket),
    is("mix.lock", "Mix", ("mix.lock", "hex jason 1.3.0"), other::mix),
    is("rebar.lock", "Rebar 3", ("rebar.lock", "hex idna 6.1.1"), other::rebar),
    is("pubspec.lock", "Dart pub", ("pubspec.lock", "pub ale 3.3.0"), other::pub_),
    is("Podfile.lock", "CocoaPods", ("Podfile.lock", "cocoapods PINCache 3.0.3"), apple::pods),
    is(
        "Package.resolved",
        "Swift",
        ("Package.resolved", "swift github.com/apple/swift-algorithms 1.0.0"),
        apple::swift,
    ),
    is("stack.yaml.lock", "Haskell Stack", ("stack.yaml.lock", "hackage hasql-implicits 0.1.0.4"), other::stack),
    is("cabal.project.freeze", "Cabal", ("cabal.project.freeze", "hackage QuickCheck 2.14.2"), other::cabal),
    is("renv.lock", "R renv", ("renv.lock", "cran R6 2.5.1"), native::renv),
    is("conan.lock", "Conan 1 and 2", ("conan-2.lock", "conan matrix 1.1"), native::conan),
    is("vcpkg.json", "vcpkg", ("vcpkg.json", "vcpkg fmt 10.1.1"), native::vcpkg),
    is("Manifest.toml", "Julia", ("Manifest.toml", "julia JSON 0.21.4"), tables::julia),
    is(
        ".terraform.lock.hcl",
        "Terraform, providers",
        ("terraform.lock.hcl", "terraform hashicorp/aws 5.72.1"),
        native::terraform,
    ),
];

/// The format of a file's name.
fn form(name: &str) -> Option<&'static Form> {
    // each name ends in one of few letters
    if !matches!(name.as_bytes().last(), Some(b'n' | b'k' | b'l' | b't' | b'd' | b'e' | b's' | b'g')) {
        return None;
    }
    FORMS.iter().find(|form| match form.name {
        Name::Is(exact) | Name::Below(_, exact) => name == exact,
        Name::Like(start, end) => name.starts_with(start) && name.ends_with(end),
    })
}

impl Form {
    /// Not what a package brings along: its own lockfile says what its author worked with.
    fn reads(&self, path: &str) -> bool {
        if let Name::Below(directory, name) = self.name {
            let parent = path.strip_suffix(name).and_then(|rest| rest.strip_suffix('/'));
            let named =
                |parent: &str| parent == directory || parent.strip_suffix(directory).is_some_and(|p| p.ends_with('/'));
            let above = parent.filter(|parent| named(parent)).map(|parent| &parent[..parent.len() - directory.len()]);
            return above.is_some_and(|above| !is_inside_package(above));
        }
        !is_inside_package(path)
    }
}

/// Directories in which package managers and systems keep what they installed, and fixtures of tests.
fn is_inside_package(path: &str) -> bool {
    const INSIDE: [&str; 15] = [
        "node_modules",
        "site-packages",
        "dist-packages",
        "gems",
        "bundler",
        "vendor",
        "Pods",
        "bower_components",
        ".cargo",
        ".m2",
        ".nuget",
        ".pub-cache",
        "testdata",
        "test-fixtures",
        "fixtures",
    ];
    let Some((directories, _)) = path.rsplit_once('/') else { return false };
    directories.starts_with("usr/share/nodejs/")
        || directories.starts_with("usr/share/doc/")
        || directories.contains("pkg/mod/")
        || directories.split('/').any(|part| INSIDE.contains(&part))
}

/// What a lockfile names.
#[derive(Default)]
pub(crate) struct Declared {
    packages: Vec<FoundPackage>,
    seen: HashSet<(PackageType, String, String)>,
}

impl Declared {
    /// Adds a package once. What is no name is left out; what is no version is none.
    fn add(&mut self, kind: PackageType, name: &str, version: &str) {
        self.add_for(kind, name, version, None);
    }

    /// One that is built for a platform.
    fn add_for(&mut self, kind: PackageType, name: &str, version: &str, platform: Option<&str>) {
        let (name, version) = (name.trim(), version.trim());
        let version = if is_plain(version) { version } else { "" };
        let mut is_new = || self.seen.insert((kind, name.to_owned(), version.to_owned()));
        if is_plain(name) && self.packages.len() < MAX_PACKAGES && is_new() {
            self.packages.push(FoundPackage {
                class: PackageClass::Declared,
                arch: platform.map(str::to_owned),
                ..FoundPackage::new(kind, name, version)
            });
        }
    }
}

/// A name or version of one word.
fn is_plain(text: &str) -> bool {
    (1..=256).contains(&text.len())
        && !text.contains(|c: char| c.is_whitespace() || c.is_control() || "{}<>$".contains(c))
}

#[cfg(test)]
mod tests;
