//! SPDX 3.0.1 (<https://spdx.github.io/spdx-spec/v3.0.1/>) as JSON-LD: written, and read. The context is a name here, never
//! fetched: what is read has to be in the compact form that the specification's own schema describes.

mod read;
mod write;

pub(crate) use read::read;
pub(crate) use write::write;

/// The property in which an evidence stands: SPDX has no field for it without listing files.
const PLACE: &str = "place";
