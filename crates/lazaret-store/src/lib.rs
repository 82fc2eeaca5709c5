//! The room of state: one SQLite database and one directory of blobs, behind plain blocking methods of [`Store`].
//! It is the only crate with SQL, and the only one that writes blobs (architecture.md, invariant 11).
//!
//! Here: repositories, uploads and blobs (commit protocol of registry.md 5.2b), manifests with their edges, tags
//! (gate.md 9), states with their history, decisions and what they were made from, principals, signing keys, the job
//! queue, the audit log. Absent: HTTP, scanning, judging (a state is handed in), permission checks (the caller asks
//! `lazaret_model::allows` first), and the physical deletion of blobs.
//!
//! To add a table group: a file `src/<group>.rs` with its rows and an `impl Store`, a migration
//! `migrations/<number>_<what>.sql`, its line in `db/migrate.rs`, and cases in `tests/it/<group>.rs`. What changes a
//! state, an audit row and the job that follows go into one `db::Tx`. Times are integers of milliseconds, digests
//! are TEXT, parameters are written `?1`, `?2` (never bare `?` or `$1`, whose numbering SQLite and PostgreSQL read
//! differently).
#![forbid(unsafe_code)]

mod db;
mod error;
mod store;

mod audit_log;
mod blobs;
mod contents;
mod decisions;
mod keys;
mod layer_inventories;
mod manifests;
mod principals;
mod queue;
mod repositories;
#[cfg(feature = "sabotage")]
mod sabotage;
mod states;
mod tags;
mod uploads;

pub use audit_log::{AuditCheck, AuditRow};
pub use blobs::{BlobReach, BlobRow};
pub use decisions::DecisionRow;
pub use error::StoreError;
pub use keys::KeyRow;
pub use manifests::{ManifestHead, ManifestKind, ManifestPut, ManifestRow, PutError, PutOutcome, ReferrerRow};
pub use principals::{NewPrincipal, PrincipalRow};
pub use queue::{FailedJob, Job, Priority, Work};
pub use repositories::RepositoryRow;
pub use states::StateChange;
pub use store::Store;
pub use tags::TagRow;
pub use uploads::{FinishError, SweepReport, Upload, UploadRow};
