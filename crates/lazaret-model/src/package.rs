//! Packages with their evidence.

use serde::{Deserialize, Serialize};

use crate::Digest;

/// The purl type of a package (<https://github.com/package-url/purl-spec>).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PackageType {
    Deb,
    Apk,
    Rpm,
    Npm,
    Pypi,
    Golang,
    Maven,
    Gem,
    Cargo,
    Composer,
    Nuget,
}

impl PackageType {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Deb => "deb",
            Self::Apk => "apk",
            Self::Rpm => "rpm",
            Self::Npm => "npm",
            Self::Pypi => "pypi",
            Self::Golang => "golang",
            Self::Maven => "maven",
            Self::Gem => "gem",
            Self::Cargo => "cargo",
            Self::Composer => "composer",
            Self::Nuget => "nuget",
        }
    }

    /// Whether an operating system's package manager installed it.
    pub const fn is_os(self) -> bool {
        matches!(self, Self::Deb | Self::Apk | Self::Rpm)
    }
}

/// The package that a binary package was built from (`Source:` of dpkg, `o:` of apk, `SOURCERPM` of rpm).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct SourcePackage {
    pub name: String,
    pub version: String,
}

/// Where a package was seen.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Evidence {
    /// Path in the image without a leading `/`; a nested jar is `app.jar!/BOOT-INF/lib/x.jar`.
    pub path: String,
    /// Diff id of the layer that holds the path.
    pub layer: Option<Digest>,
}

/// A package in an image. Packages that a later layer removed are kept, with `removed_in`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Package {
    pub purl: String,
    /// Full name of the ecosystem: `@scope/x`, `group:artifact`, module path.
    pub name: String,
    /// As the package database writes it, epoch included. Empty = not known (a problem says so).
    pub version: String,
    #[serde(rename = "type")]
    pub kind: PackageType,
    /// Architecture, where the database states it; the platform of a gem that is built for one.
    pub arch: Option<String>,
    pub source: Option<SourcePackage>,
    /// rpm: `name:stream:version:context` of the module that it is of; other modules' advisories are not about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub module: Option<String>,
    /// rpm: who built it, as the package says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vendor: Option<String>,
    /// Diff id of the layer that introduced it.
    pub layer: Option<Digest>,
    /// Diff id of the layer that removed or overwrote it.
    pub removed_in: Option<Digest>,
    /// Purl of the operating system's package whose files these are.
    pub provided_by: Option<String>,
    pub evidence: Vec<Evidence>,
    /// Go: main module without a known version, or similar doubt about the name; judged with low confidence.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub uncertain: bool,
}

impl Package {
    /// Whether the running container would see it.
    pub fn is_live(&self) -> bool {
        self.removed_in.is_none()
    }
}
