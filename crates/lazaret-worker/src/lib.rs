//! Long work behind the registry: layers are analysed while they upload, images are judged when their manifest is
//! there and again whenever the advisories change.
//!
//! A job is one file under `job/` and one line in `list.rs`. Jobs carry ids only, re-read the state they act on, and
//! may run twice with the same result. No HTTP here.
#![forbid(unsafe_code)]

mod job;
mod layers;
mod lease;
mod list;
mod runner;
mod scheduler;
mod store_cache;
mod tap;

pub use job::{Context, JobError};
pub use layers::Layers;
pub use runner::{Runner, run_pending};
pub use scheduler::{Activated, SnapshotWatch, open_snapshot};
pub use store_cache::StoreCache;
pub use tap::UploadTap;
