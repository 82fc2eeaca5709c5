//! What a detector is. It looks at one file, given by path and bytes, and writes down what that says. It never opens
//! anything, and it never fails: what it does not understand is a problem beside what it did.

use lazaret_model::{Problem, ProblemKind};
use lazaret_oci::{Body, Limits};

use crate::{DetectorSet, detector_set::Extra, layer::FileFacts};

pub(crate) mod apk;
pub(crate) mod binary;
pub(crate) mod bitnami;
pub(crate) mod bottlerocket;
pub(crate) mod brew;
pub(crate) mod cargo;
pub(crate) mod chisel;
pub(crate) mod composer;
pub(crate) mod conan;
pub(crate) mod conda;
pub(crate) mod copyright;
pub(crate) mod cpan;
pub(crate) mod cran;
pub(crate) mod dart;
pub(crate) mod dpkg;
pub(crate) mod elf_package;
pub(crate) mod erlang;
pub(crate) mod gem;
pub(crate) mod go;
pub(crate) mod graalvm;
pub(crate) mod hackage;
pub(crate) mod integrity;
pub(crate) mod java;
pub(crate) mod julia;
pub(crate) mod jvm;
pub(crate) mod kernel;
pub(crate) mod lockfile;
pub(crate) mod luarocks;
pub(crate) mod malware;
pub(crate) mod nix;
pub(crate) mod npm;
pub(crate) mod nuget;
pub(crate) mod opam;
pub(crate) mod opkg;
pub(crate) mod os_release;
pub(crate) mod pacman;
pub(crate) mod pear;
pub(crate) mod portage;
pub(crate) mod python;
pub(crate) mod rpm;
pub(crate) mod rpm_repository;
pub(crate) mod secrets;
pub(crate) mod snap;
pub(crate) mod ssh_server;
pub(crate) mod swift;
pub(crate) mod unsupported;
pub(crate) mod wordpress;

/// A file as it passes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Candidate<'a> {
    /// Normalised, without a leading `/`.
    pub(crate) path: &'a str,
    /// Last component of the path.
    pub(crate) name: &'a str,
    /// Up to 512 bytes.
    pub(crate) head: &'a [u8],
    /// Permission bits.
    pub(crate) mode: u32,
}

impl<'a> Candidate<'a> {
    pub(crate) fn new(path: &'a str, head: &'a [u8], mode: u32) -> Self {
        Self { path, name: path.rsplit_once('/').map_or(path, |(_, name)| name), head, mode }
    }

    /// The directory, empty at the root.
    pub(crate) fn directory(&self) -> &'a str {
        self.path.rsplit_once('/').map_or("", |(directory, _)| directory)
    }
}

/// Whether a detector has something to say about a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Interest {
    No,
    /// Path, mode and head are enough.
    Name,
    /// It needs the content.
    Content,
}

/// One kind of evidence.
pub(crate) trait Detector: Sync {
    /// Name of file, fixture folder and doc section.
    fn id(&self) -> &'static str;
    /// Moves when the output for the same bytes changes.
    fn version(&self) -> u32;
    /// Where the format is described.
    fn doc(&self) -> &'static str;
    /// What it is asked for by, where it does not look at every image.
    fn extra(&self) -> Option<Extra> {
        None
    }
    /// Whether it only says what is declared: then nothing is missing in an image where it cannot read a file.
    fn only_declares(&self) -> bool {
        false
    }
    /// Called for every file of a layer: no allocation, cheapest test first.
    fn interest(&self, file: &Candidate<'_>) -> Interest;
    /// As [`Detector::detect`], for what depends on more than the program: the lists that a set brings.
    fn detect_for(
        &self,
        _set: &DetectorSet,
        file: &Candidate<'_>,
        body: &Body<'_>,
        limits: &Limits,
        facts: &mut FileFacts,
    ) {
        self.detect(file, body, limits, facts);
    }
    /// Writes into `facts` what the file says. The body is empty where the interest was [`Interest::Name`].
    fn detect(&self, file: &Candidate<'_>, body: &Body<'_>, limits: &Limits, facts: &mut FileFacts);
}

impl FileFacts {
    /// Adds a problem with this file.
    pub(crate) fn problem(&mut self, kind: ProblemKind, message: impl Into<String>) {
        let path = self.path.clone();
        self.problems.push(Problem::new(kind, path, message));
    }

    /// Adds a parse error of this file.
    pub(crate) fn not_understood(&mut self, message: impl Into<String>) {
        self.problem(ProblemKind::ParseError, message);
    }
}

/// Splits a path that ends with `/suffix` (or is `suffix`): gives what is before, ending in `/` or empty.
pub(crate) fn root_before<'a>(path: &'a str, suffix: &str) -> Option<&'a str> {
    let root = path.strip_suffix(suffix)?;
    (root.is_empty() || root.ends_with('/')).then_some(root)
}
