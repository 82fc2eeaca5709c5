//! Version order of every ecosystem that Lazaret matches.
//!
//! What is here: one [`Scheme`] per order, one file per scheme, and beside each a table `testdata/<scheme>.txt` of
//! pairs taken from the scheme's own specification and from its own tool.
//!
//! What every scheme keeps: [`Scheme::compare`] is a total preorder over *all* strings. It answers for malformed
//! versions too (advisory data is full of them), never panics, and takes numbers of any length. A string that the
//! scheme cannot read at all sorts before every string that it can. Whether a version is well-formed is a separate
//! question: [`Scheme::is_valid`].
//!
//! What is absent: ranges (the advisory room evaluates intervals itself).
//!
//! To add a scheme: a file with `compare(&str, &str)` and `is_valid(&str)`, a variant here, a table in `testdata`; the
//! tests in `tests/it` then check order and totality by themselves.

mod apk;
mod composer;
mod deb;
mod dotted;
mod gem;
mod go;
mod maven;
mod npm;
mod nuget;
mod number;
mod pep440;
mod rpm;
mod semver;
mod semver_build;

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

/// The order that versions of one ecosystem have.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Scheme {
    /// Debian and Ubuntu: deb-version(7).
    Deb,
    /// Alpine and its relatives: apk-tools.
    Apk,
    /// Red Hat, SUSE and their relatives: rpm-version(7).
    Rpm,
    /// npm: node's semver, read loosely.
    Npm,
    /// PyPI: PEP 440.
    Pep440,
    /// Go modules, and the Go toolchain's own versions.
    Go,
    /// Maven: `ComparableVersion`.
    Maven,
    /// RubyGems: `Gem::Version`.
    Gem,
    /// crates.io and everything else that follows semver.org.
    Semver,
    /// Packagist: Composer's version parser with PHP's `version_compare`.
    Composer,
    /// NuGet: four numbers, and semver's pre-releases without case.
    Nuget,
    /// Pub and Julia: semver in which build metadata counts.
    SemverBuild,
    /// CRAN and Hackage: numbers in a row.
    Dotted,
}

/// A scheme name that this crate does not know.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error(
    "unknown version scheme {0:?}: expected deb, apk, rpm, npm, pep440, go, maven, gem, semver, composer, nuget, semver_build or dotted"
)]
pub struct UnknownScheme(pub String);

impl Scheme {
    /// Every scheme, in the order of the enumeration.
    pub const ALL: [Self; 13] = [
        Self::Deb,
        Self::Apk,
        Self::Rpm,
        Self::Npm,
        Self::Pep440,
        Self::Go,
        Self::Maven,
        Self::Gem,
        Self::Semver,
        Self::Composer,
        Self::Nuget,
        Self::SemverBuild,
        Self::Dotted,
    ];

    /// The name stored in advisory records.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Deb => "deb",
            Self::Apk => "apk",
            Self::Rpm => "rpm",
            Self::Npm => "npm",
            Self::Pep440 => "pep440",
            Self::Go => "go",
            Self::Maven => "maven",
            Self::Gem => "gem",
            Self::Semver => "semver",
            Self::Composer => "composer",
            Self::Nuget => "nuget",
            Self::SemverBuild => "semver_build",
            Self::Dotted => "dotted",
        }
    }

    /// Orders two versions. Total over all strings: reflexive, antisymmetric (`compare(a, b)` is the reverse of
    /// `compare(b, a)`) and transitive; different spellings of one version are equal. White space around is ignored.
    pub fn compare(self, a: &str, b: &str) -> Ordering {
        let (a, b) = (a.trim(), b.trim());
        match self {
            Self::Deb => deb::compare(a, b),
            Self::Apk => apk::compare(a, b),
            Self::Rpm => rpm::compare(a, b),
            Self::Npm => npm::compare(a, b),
            Self::Pep440 => pep440::compare(a, b),
            Self::Go => go::compare(a, b),
            Self::Maven => maven::compare(a, b),
            Self::Gem => gem::compare(a, b),
            Self::Semver => semver::compare(a, b),
            Self::Composer => composer::compare(a, b),
            Self::Nuget => nuget::compare(a, b),
            Self::SemverBuild => semver_build::compare(a, b),
            Self::Dotted => dotted::compare(a, b),
        }
    }

    /// Whether the scheme's own tool accepts this version. `compare` answers for the others too, but an answer about
    /// an invalid version is a guess, and a caller should say so.
    pub fn is_valid(self, version: &str) -> bool {
        let version = version.trim();
        match self {
            Self::Deb => deb::is_valid(version),
            Self::Apk => apk::is_valid(version),
            Self::Rpm => rpm::is_valid(version),
            Self::Npm => npm::is_valid(version),
            Self::Pep440 => pep440::is_valid(version),
            Self::Go => go::is_valid(version),
            Self::Maven => maven::is_valid(version),
            Self::Gem => gem::is_valid(version),
            Self::Semver => semver::is_valid(version),
            Self::Composer => composer::is_valid(version),
            Self::Nuget => nuget::is_valid(version),
            Self::SemverBuild => semver_build::is_valid(version),
            Self::Dotted => dotted::is_valid(version),
        }
    }
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Scheme {
    type Err = UnknownScheme;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|scheme| scheme.name() == name).ok_or_else(|| UnknownScheme(name.to_owned()))
    }
}
