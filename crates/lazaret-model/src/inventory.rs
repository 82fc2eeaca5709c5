//! What is in an image.

use serde::{Deserialize, Serialize};

use crate::{Digest, Package, Problem, Severity};

/// Fields of `os-release` that choose the advisory stream.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct OsRelease {
    /// `ID`, e.g. `debian`, `alpine`.
    pub id: String,
    /// `VERSION_ID`, e.g. `12`, `3.20.3`; empty on rolling streams.
    pub version_id: String,
    pub codename: Option<String>,
    pub pretty_name: String,
    /// Advisory ecosystem stream where known: `Debian:12`, `Alpine:v3.20`, `Alpine:edge`.
    pub stream: Option<String>,
    /// Path of the file that said so.
    pub path: String,
}

/// A file that can execute and that no known component provides.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct UnknownFile {
    pub path: String,
    pub bytes: u64,
}

/// The identified share: of the bytes that can execute, how many belong to a known component.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Identified {
    pub bytes: u64,
    pub of: u64,
    /// 0 to 1; 1 where nothing can execute.
    pub share: f64,
    pub unknown: Vec<UnknownFile>,
}

/// Something secret in a file of any layer, deleted later or not. Never the secret itself.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct Secret {
    /// Id of the rule that knows it.
    pub rule: String,
    /// For people: `AWS access key`.
    pub title: String,
    pub severity: Severity,
    pub path: String,
    /// From 1; 0 where the file has no lines.
    pub line: u64,
    /// Redacted.
    pub excerpt: String,
    /// Diff id of the layer that holds the file.
    pub layer: Option<Digest>,
    /// Diff id of the layer that removed or replaced the file.
    pub removed_in: Option<Digest>,
}

/// A file that is known to be harmful.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct Malware {
    pub name: String,
    pub path: String,
    /// What told: `sha256 ...`, or the signature's name.
    pub evidence: String,
    pub layer: Option<Digest>,
    pub removed_in: Option<Digest>,
}

/// A file whose bytes are not those that its package has.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct ModifiedFile {
    pub path: String,
    /// Purl of the package.
    pub package: String,
    /// `md5:...`, `sha1:...`, `sha256:...`
    pub expected: String,
    pub actual: String,
    pub layer: Option<Digest>,
}

/// The packages of one image over all its layers, with what could not be understood.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Inventory {
    pub os: Option<OsRelease>,
    /// Whether a package database of an operating system is there (even an empty or broken one).
    pub os_packages: bool,
    /// Sorted; live and removed ones.
    pub packages: Vec<Package>,
    /// Paths of SSH server programs in the flattened image.
    pub ssh_servers: Vec<String>,
    pub problems: Vec<Problem>,
    /// `None` where no file was seen (an SBOM stands in for the image).
    pub identified: Option<Identified>,
    /// Of every layer; only where they were looked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub secrets: Vec<Secret>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub malware: Vec<Malware>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub modified: Vec<ModifiedFile>,
    /// Detector names with their versions, the identity of the code that looked.
    pub detectors: Vec<String>,
    /// Regular files and links seen over all layers.
    pub entries: u64,
}
