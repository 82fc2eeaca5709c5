//! What is in an image: detectors look at each layer's files in one pass, [`coalesce()`] lays the layers over each
//! other as a container runtime would and says which packages are live, which layer brought them and which removed
//! them.
//!
//! What is absent: advisories, policy, network, a database, the clock. Detectors get paths and bytes; they never open
//! a file.
//!
//! To add a package manager: one file `detector/<pm>.rs` with a type that implements the trait of `detector.rs`, one
//! line in `list.rs`, real excerpts in `testdata/<pm>/`, one section in `docs/detectors.md`. When a detector's
//! output changes, its version moves, and cached layers are read again.
#![forbid(unsafe_code)]

pub mod coalesce;
pub mod detector_set;
pub mod held;
pub mod images;
pub mod integrity;
pub mod layer;
pub mod layer_scan;
pub mod license;
pub mod malware;
pub mod path_set;
pub mod scan;
pub mod secret;

pub use coalesce::{advisory_stream, coalesce};
pub use detector::binary::{Identified, identify_program};
pub use detector_set::{DetectorSet, Extra};
pub use detector_table::detector_table;
pub use held::Held;
pub use images::{LayerCache, NoCache, Progress, ScannedImage, Silent, scan_images};
pub use layer::LayerInventory;
pub use layer_scan::LayerScan;
pub use list::{detectors, form, formats};
pub use scan::scan_layer;

mod archive;
mod content;
mod control;
mod detector;
mod detector_table;
mod embedded_sbom;
mod executable;
#[cfg(test)]
mod fuzz;
mod headers;
mod list;
mod literals;
mod loadable;
mod packed;
mod room;
#[cfg(test)]
mod sample;
#[cfg(test)]
mod shown;
