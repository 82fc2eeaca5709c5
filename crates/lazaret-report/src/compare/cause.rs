//! Why two scanners do not say the same.

use serde::Serialize;

/// What advisory data here says of a vulnerability and a package. Whoever compares asks it, since a report does not
/// know advisories.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Opinion {
    /// It affects the package.
    Affected,
    /// No feed answers for the ecosystem.
    NoFeed,
    /// No record names the vulnerability and the package together.
    NoRecord,
    /// The publisher says that the package is not affected.
    NotAffected,
    /// Under investigation: not yet a finding.
    UnderInvestigation,
    /// Listed apart: informational, or Debian's unimportant.
    Informational,
    /// A record names the package, but other versions; the first fixed one where it is known.
    OtherVersions(Option<String>),
    /// Why the package cannot be matched at all.
    NotJudged(String),
}

/// The cause of one difference.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// A later layer removed it: the container does not see it.
    RemovedByLayer,
    /// A lockfile or manifest names it; it is not installed.
    DeclaredOnly,
    /// The kernel's and its modules, which a container does not run.
    Kernel,
    /// Both have the package, in different versions.
    OtherVersion,
    /// The same thing under another name, or another kind of name.
    OtherName,
    /// The one that lacks it has no detector for this kind of package, or none that spoke.
    NoDetector,
    /// It lies within an installed package (a fixture, a template, a copy for tests).
    InsidePackage,
    /// It lies in an archive within an archive.
    NestedArchive,
    /// Something is named without a version.
    NoVersion,
    /// The package itself is only on this side.
    Package,
    /// The files are of a package of the operating system, whose publisher answers for it.
    OwnedBySystem,
    /// The publisher says that it is not affected.
    NotAffected,
    UnderInvestigation,
    /// Listed apart by its publisher: informational, unimportant.
    Informational,
    /// The advisory here names other versions.
    OutOfRange,
    /// No advisory here names the vulnerability for this package.
    NoRecord,
    /// No feed here answers for the ecosystem.
    NoFeed,
    /// The same vulnerability was told twice, under two ids.
    AliasTwice,
    /// The other tool has the package and does not name the vulnerability: it lacks the advisory, or judges otherwise.
    TheirAdvisories,
    /// Nothing here explains it.
    Unexplained,
}

impl Cause {
    /// For people: after "because".
    pub const fn words(self) -> &'static str {
        match self {
            Self::RemovedByLayer => "a later layer removed it",
            Self::DeclaredOnly => "only a lockfile or manifest names it",
            Self::Kernel => "it is of the kernel, which containers do not run",
            Self::OtherVersion => "the other has another version",
            Self::OtherName => "the other has it under another name",
            Self::NoDetector => "the other has no detector that spoke for this kind",
            Self::InsidePackage => "it lies within an installed package",
            Self::NestedArchive => "it lies in an archive within an archive",
            Self::NoVersion => "it has no version",
            Self::Package => "the other does not have the package",
            Self::OwnedBySystem => "a package of the operating system provides the files, and its publisher answers",
            Self::NotAffected => "the publisher says that it is not affected",
            Self::UnderInvestigation => "the publisher is still investigating",
            Self::Informational => "its publisher lists it as informational or unimportant",
            Self::OutOfRange => "the advisory here names other versions",
            Self::NoRecord => "no advisory here names it for this package",
            Self::NoFeed => "no feed here answers for the ecosystem",
            Self::AliasTwice => "it was told before under another id",
            Self::TheirAdvisories => "the other has the package and not the advisory",
            Self::Unexplained => "nothing explains it",
        }
    }
}
