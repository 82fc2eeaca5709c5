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
    /// pacman.
    Alpm,
    /// Portage.
    Ebuild,
    Opkg,
    Bottlerocket,
    Conda,
    Nix,
    /// Homebrew.
    Brew,
    Snap,
    Bitnami,
    /// Programs and libraries that no package manager installed.
    Generic,
    Hex,
    /// Erlang applications that come with no package manager.
    Otp,
    Luarocks,
    Cran,
    Cpan,
    Julia,
    Swift,
    Pub,
    Conan,
    Vcpkg,
    Wordpress,
    Pear,
    Hackage,
    Opam,
    Cocoapods,
    Terraform,
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
            Self::Alpm => "alpm",
            Self::Ebuild => "ebuild",
            Self::Opkg => "opkg",
            Self::Bottlerocket => "bottlerocket",
            Self::Conda => "conda",
            Self::Nix => "nix",
            Self::Brew => "brew",
            Self::Snap => "snap",
            Self::Bitnami => "bitnami",
            Self::Generic => "generic",
            Self::Hex => "hex",
            Self::Otp => "otp",
            Self::Luarocks => "luarocks",
            Self::Cran => "cran",
            Self::Cpan => "cpan",
            Self::Julia => "julia",
            Self::Swift => "swift",
            Self::Pub => "pub",
            Self::Conan => "conan",
            Self::Vcpkg => "vcpkg",
            Self::Wordpress => "wordpress",
            Self::Pear => "pear",
            Self::Hackage => "hackage",
            Self::Opam => "opam",
            Self::Cocoapods => "cocoapods",
            Self::Terraform => "terraform",
        }
    }

    /// Whether an operating system's package manager installed it.
    pub const fn is_os(self) -> bool {
        matches!(self, Self::Deb | Self::Apk | Self::Rpm | Self::Alpm | Self::Ebuild | Self::Opkg | Self::Bottlerocket)
    }
}

/// How a package is there.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PackageClass {
    /// Its files are in the image.
    #[default]
    Installed,
    /// A lockfile or manifest names it; nothing says that it is installed. Never judged.
    Declared,
    /// A Linux kernel, its modules or headers: a container runs on its host's kernel. Never judged.
    Kernel,
}

impl PackageClass {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Installed => "installed",
            Self::Declared => "declared",
            Self::Kernel => "kernel",
        }
    }

    pub fn is_installed(&self) -> bool {
        *self == Self::Installed
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
    #[serde(default, skip_serializing_if = "PackageClass::is_installed")]
    pub class: PackageClass,
    /// Architecture, where the database states it; the platform of a gem that is built for one.
    pub arch: Option<String>,
    pub source: Option<SourcePackage>,
    /// rpm: `name:stream:version:context` of the module that it is of; other modules' advisories are not about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub module: Option<String>,
    /// rpm: who built it, as the package says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vendor: Option<String>,
    /// As its metadata say, in the form of an SPDX expression
    /// (<https://spdx.github.io/spdx-spec/v2.3/SPDX-license-expressions/>).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub license: Option<String>,
    /// The repository that a system's package came from, where that is recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repository: Option<String>,
    /// The program that brings it as a part of itself: `npm` for the npm CLI's own dependencies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bundled_in: Option<String>,
    /// `cpe:2.3:...` of what no package manager knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpe: Option<String>,
    /// Diff id of the layer that introduced it.
    pub layer: Option<Digest>,
    /// Diff ids of later layers that wrote its evidence again, lowest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changed_in: Vec<Digest>,
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

    /// Whether advisories are asked about it: it is there, in a way that counts, and nobody else answers for it. A
    /// library in a system's package is that package's; a language's package stays its own, as its name is a registry's.
    pub fn is_judged(&self) -> bool {
        let answered = self.kind == PackageType::Generic && self.provided_by.is_some();
        self.is_live() && self.class.is_installed() && !answered
    }
}
