//! Writes the result of a scan in the formats that people and programs read, and reads bills of materials.
//!
//! One format per file, each with structs of its own: wire forms are versioned and change apart from the model.
//! Absent on purpose: how results were computed. To add a format: `src/<format>.rs`, one line in [`Format`], a golden
//! test, a section in `docs/reports.md`.
#![forbid(unsafe_code)]

pub mod compare;
mod cyclonedx;
pub mod diff;
mod format;
mod image;
mod json;
mod package_key;
mod platforms;
mod sarif;
mod sbom;
mod spdx;
mod spdx3;
mod step;
mod syft;
mod table;
mod text;
mod tree;

pub use compare::{Comparison, compare_json, compare_table};
pub use diff::{SourceDiff, diff_json, diff_table};
pub use format::{Format, UnknownFormat};
pub use image::{ImageReport, overall};
pub use json::scan_json;
pub use sarif::scan_sarif;
pub use sbom::{MAX_BYTES, Origin, ReadSbom, Sbom, SbomError, SbomFormat, SbomImage, read_sbom, write_sbom};
pub use table::{TableStyle, scan_table};
pub use tree::scan_tree;
