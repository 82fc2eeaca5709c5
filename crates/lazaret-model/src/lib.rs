//! Plain data that two or more crates exchange: shapes, parsing, ordering and display, and one pure
//! permission function. No I/O, no clock reads, no SQL, no HTTP.
//!
//! Add a type only when two crates exchange it; wire formats live with their protocol.
#![forbid(unsafe_code)]

pub mod advisory;
pub mod clock;
pub mod decision;
pub mod digest;
pub mod finding;
pub mod image;
pub mod inventory;
pub mod package;
pub mod principal;
pub mod problem;
pub mod reference;
pub mod severity;
pub mod state;
pub mod verdict;

pub use advisory::{AdvisoryRecord, AffectedRange, FeedInfo, SnapshotInfo};
pub use clock::{Clock, FixedClock, Timestamp};
pub use decision::{Decision, Inputs, SignedDecision};
pub use digest::{Algorithm, Digest, DigestError};
pub use finding::{Confidence, Finding, FindingStatus};
pub use image::{HistoryEntry, ImageFacts, Platform};
pub use inventory::{Identified, Inventory, Malware, ModifiedFile, OsRelease, Secret, UnknownFile};
pub use package::{Evidence, Package, PackageClass, PackageType, SourcePackage};
pub use principal::{Action, Binding, Prefix, Principal, Role, allows};
pub use problem::{Problem, ProblemKind};
pub use reference::{Reference, ReferenceError, Repository, Tag};
pub use severity::Severity;
pub use state::ImageState;
pub use verdict::{Level, Outcome, Reason, Verdict};
