//! What one layer says, before it is laid over others. Kept by layer digest, so its form is stable: a change of
//! meaning moves `FORMAT`.

use lazaret_model::{Digest, PackageClass, PackageType, Problem, SourcePackage};
use serde::{Deserialize, Serialize};

use crate::{
    integrity::{Expected, FileDigests},
    loadable::Loadables,
    path_set::PathSet,
};

/// Version of the form below; part of [`crate::fingerprint`].
pub(crate) const FORMAT: u32 = 2;

/// One layer: facts by path, and the names that matter when it is laid over lower ones.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct LayerInventory {
    /// Whether digest, size and diff id were as the manifest and configuration say.
    pub verified: bool,
    /// Digest of the blob as read; `None` when it could not be read to its end.
    pub digest: Option<Digest>,
    /// Digest of the tar; `None` when it could not be read to its end.
    pub diff_id: Option<Digest>,
    /// Bytes of the blob that were read.
    pub compressed: u64,
    /// Bytes of tar that were read.
    pub uncompressed: u64,
    /// Entries of the tar.
    pub entries: u64,
    /// What detectors found, sorted by path.
    #[serde(skip)]
    pub files: Vec<FileFacts>,
    /// Paths that this layer removes from lower ones, sorted.
    pub whiteouts: Vec<String>,
    /// Directories whose content of lower layers this layer hides, sorted.
    pub opaque: Vec<String>,
    /// Digests of its files, where that was asked for.
    #[serde(skip)]
    pub digests: Option<FileDigests>,
    /// Everything in this layer that is not a directory.
    pub names: PathSet,
    /// Directories that have an entry.
    pub directories: PathSet,
    /// Symbolic links, path and target as written, sorted by path.
    pub symlinks: Vec<(String, String)>,
    /// Hard links whose target is not in this layer: path and target, sorted by path.
    pub hard_links: Vec<(String, String)>,
    /// Files that can execute or be loaded.
    pub loadables: Loadables,
    /// Faults of the layer as a whole.
    pub problems: Vec<Problem>,
}

/// What one file says; rare things are boxed, there may be many of these. It holds as long as no later layer removes or replaces the file.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct FileFacts {
    /// Normalised, without a leading `/`.
    pub path: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub packages: Vec<FoundPackage>,
    /// Which operating system package manager's database this is, if it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub database: Option<Database>,
    /// A list of files that a package of a database beside it owns.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<Box<OwnerList>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub os: Option<Box<OsFacts>>,
    /// Of a database with a write-ahead log beside it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log: Option<Log>,
    /// An SSH server program.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub ssh_server: bool,
    /// Something installed that no detector reads.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unsupported: Option<Box<Unsupported>>,
    /// What the file says of packages that others say are there.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Note>,
    /// Of a database: hashes of the names of packages that it knows, and that are not installed.
    #[serde(skip_serializing_if = "PathSet::is_empty")]
    pub not_installed: PathSet,
    /// Package that the file says it is of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub claim: Option<Box<Claim>>,
    /// The path is that of a directory, whose name says what is in it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub directory: bool,
    /// What is wrong with the file itself, however it got there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hits: Option<Box<Hits>>,
    /// What it says of the bytes of other files.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected: Option<Box<Expected>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<Problem>,
    /// Says nothing by itself, only for hard links to it.
    #[serde(skip)]
    pub(crate) latent: bool,
    /// Bytes that were inflated to look into the file.
    #[serde(skip)]
    pub(crate) inflated: u64,
}

impl FileFacts {
    /// Adds what another detector says of the same file.
    pub(crate) fn merge(&mut self, other: Self) {
        self.packages.extend(other.packages);
        self.problems.extend(other.problems);
        self.database = self.database.or(other.database);
        self.owner = self.owner.take().or(other.owner);
        self.os = self.os.take().or(other.os);
        self.log = self.log.or(other.log);
        self.ssh_server |= other.ssh_server;
        self.unsupported = self.unsupported.take().or(other.unsupported);
        self.notes.extend(other.notes);
        if self.not_installed.is_empty() {
            self.not_installed = other.not_installed;
        }
        self.claim = self.claim.take().or(other.claim);
        self.directory |= other.directory;
        match (&mut self.hits, other.hits) {
            (Some(hits), Some(other)) => hits.merge(*other),
            (hits, other) => *hits = hits.take().or(other),
        }
        self.expected = self.expected.take().or(other.expected);
    }

    /// Whether there is nothing worth keeping.
    pub(crate) fn is_empty(&self) -> bool {
        *self == Self { path: self.path.clone(), latent: self.latent, ..Self::default() }
    }
}

/// Secrets and harmful content of one file.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Hits {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub secrets: Vec<FoundSecret>,
    /// Further secrets that are only counted.
    pub more_secrets: u64,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub malware: Vec<FoundMalware>,
}

impl Hits {
    fn merge(&mut self, other: Self) {
        self.secrets.extend(other.secrets);
        self.more_secrets += other.more_secrets;
        self.malware.extend(other.malware);
    }
}

/// A secret of a file. Never the secret itself.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct FoundSecret {
    pub rule: String,
    /// From 1; 0 where the file has no lines.
    pub line: u64,
    /// Redacted.
    pub excerpt: String,
}

/// What says that a file is harmful.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct FoundMalware {
    pub name: String,
    pub evidence: String,
}

/// A package as its evidence names it. The purl is made when the operating system is known.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct FoundPackage {
    #[serde(rename = "type")]
    pub kind: PackageType,
    #[serde(default, skip_serializing_if = "PackageClass::is_installed")]
    pub class: PackageClass,
    /// Full name of the ecosystem.
    pub name: String,
    /// As written; empty when not known.
    pub version: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arch: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<SourcePackage>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub module: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vendor: Option<String>,
    /// Where in the file: `BOOT-INF/lib/x.jar`, nested `BOOT-INF/lib/x.war!/WEB-INF/lib/y.jar`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inner: Option<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub uncertain: bool,
    /// SPDX expression.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub license: Option<String>,
    /// Repository that a system's package came from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repository: Option<String>,
    /// Program that brings it as a part of itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bundled_in: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpe: Option<String>,
    /// It is inside the file (zlib linked into a program), and does not say what the file as a whole is.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub part: bool,
    /// Files that the database says are this package's.
    #[serde(default, skip_serializing_if = "PathSet::is_empty")]
    pub owns: PathSet,
    /// Files and directories that are this package's, where no list of files says so.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub roots: Vec<Root>,
}

/// A file, or a directory with all below it, that is a package's.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Root {
    /// In the image, without a leading `/`.
    pub path: String,
    /// Native programs and libraries in it are the package's too; else only what an interpreter runs: an unknown
    /// program that someone copied into an application's directory is not explained by its `package.json`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub everything: bool,
}

impl FoundPackage {
    /// With nothing but name and version.
    pub fn new(kind: PackageType, name: impl Into<String>, version: impl Into<String>) -> Self {
        Self {
            kind,
            name: name.into(),
            version: version.into(),
            arch: None,
            source: None,
            module: None,
            vendor: None,
            inner: None,
            class: PackageClass::Installed,
            uncertain: false,
            license: None,
            repository: None,
            bundled_in: None,
            cpe: None,
            part: false,
            owns: PathSet::default(),
            roots: Vec::new(),
        }
    }
}

/// What a file beside a database says of a package in it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Note {
    pub kind: PackageType,
    /// Empty: all packages of the kind.
    pub package: String,
    /// `None`: whatever version is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arch: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub license: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repository: Option<String>,
}

impl Note {
    /// That says nothing yet.
    pub fn new(kind: PackageType, package: impl Into<String>, version: Option<String>) -> Self {
        Self { kind, package: package.into(), version, arch: None, license: None, repository: None }
    }
}

/// A package that a file says it is of. It counts where no database says whose the file is.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Claim {
    pub package: FoundPackage,
    /// The system that it was built for, as `os-release` has it.
    pub os: Option<String>,
    pub os_version: Option<String>,
}

/// A package database of an operating system.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Database {
    Dpkg,
    Apk,
    Rpm,
    Pacman,
    Portage,
    Opkg,
    Bottlerocket,
    /// One that no detector reads; [`FileFacts::unsupported`] names it.
    Other,
}

/// What a file has to do with a write-ahead log, whose changes are part of the database beside it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Log {
    /// It is the log, and it has changes.
    Holds,
    /// It is the database, and the packages are those with the changes of the log in the same layer.
    Applied,
}

/// Files that belong to a package, told apart from the package's own entry (`info/*.list`).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct OwnerList {
    pub kind: PackageType,
    pub package: String,
    /// Only where the list is of one architecture (`libc6:amd64.list`).
    pub arch: Option<String>,
    pub owns: PathSet,
}

/// What a release file says.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct OsFacts {
    pub id: String,
    pub version_id: String,
    pub codename: Option<String>,
    pub pretty_name: String,
    /// Branch of the package repository that is configured, where that is what the file says (`edge`, `v3.20`).
    pub branch: Option<String>,
}

/// Something installed that no detector reads.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Unsupported {
    /// For people: `rpm packages`, `Ruby gems`.
    pub what: String,
    /// Whether it is an operating system's package database.
    pub os: bool,
}
