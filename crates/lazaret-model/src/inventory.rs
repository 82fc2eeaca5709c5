//! What is in an image.

use serde::{Deserialize, Serialize};

use crate::{Package, Problem};

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
    /// Measured by a later detector set; `None` is not judged.
    pub identified: Option<Identified>,
    /// Detector names with their versions, the identity of the code that looked.
    pub detectors: Vec<String>,
    /// Regular files and links seen over all layers.
    pub entries: u64,
}
