//! Software bills of materials: written for others and for ourselves, read from us and from other tools.
//!
//! A bill goes through one form that no format owns ([`document`]): `own` puts an inventory into it and gets the same
//! inventory back, `foreign` makes an inventory of what another tool wrote, and each format only knows how the form is
//! spelt. To add a format: `src/<format>.rs` that reads or writes a [`document::Document`], a line in [`write_sbom`] or
//! in `read`, a section in `docs/reports.md`.

pub(crate) mod document;
mod foreign;
mod own;
mod purl;
mod read;

use lazaret_model::{Digest, ImageFacts, Inventory, Timestamp};

pub(crate) use own::Head;
pub(crate) use read::MAX_COMPONENTS;
pub use read::{MAX_BYTES, Origin, ReadSbom, SbomError, read_sbom};

use crate::{cyclonedx, spdx, spdx3};

/// The formats that are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SbomFormat {
    /// CycloneDX 1.6, JSON.
    CycloneDx,
    /// SPDX 2.3, JSON.
    Spdx,
    /// SPDX 3.0.1, JSON-LD.
    Spdx3,
}

impl SbomFormat {
    pub const ALL: [Self; 3] = [Self::CycloneDx, Self::Spdx, Self::Spdx3];

    pub const fn name(self) -> &'static str {
        match self {
            Self::CycloneDx => "cyclonedx",
            Self::Spdx => "spdx",
            Self::Spdx3 => "spdx3",
        }
    }
}

/// One image, as it is judged.
#[derive(Clone, PartialEq, Debug)]
pub struct SbomImage {
    pub facts: ImageFacts,
    pub inventory: Inventory,
}

/// What a bill says.
#[derive(Clone, PartialEq, Debug)]
pub struct Sbom {
    /// What was scanned, as the user wrote it.
    pub name: String,
    /// The index that the images are of, when all its platforms were asked for.
    pub index: Option<Digest>,
    pub images: Vec<SbomImage>,
}

/// One document, with a newline at its end. The same bill at the same time gives the same bytes. Every text of
/// [`Sbom`] is written out: secrets are the caller's to hide.
pub fn write_sbom(format: SbomFormat, sbom: &Sbom, now: Timestamp) -> String {
    let document = own::document(sbom);
    let head = own::Head::new(&document, sbom, now);
    match format {
        SbomFormat::CycloneDx => cyclonedx::write(&document, &head),
        SbomFormat::Spdx => spdx::write(&document, &head),
        SbomFormat::Spdx3 => spdx3::write(&document, &head),
    }
}
