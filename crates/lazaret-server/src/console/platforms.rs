//! The images behind a tag or an index: one line each, with its stripe.

use std::sync::Arc;

use lazaret_model::Repository;
use lazaret_store::{ManifestKind, ManifestRow, Store, StoreError};

use super::{
    brief::{Brief, Briefs, children},
    look::Badge,
    place::Place,
    text::cut,
};

/// Platforms of one index that are shown.
const MAX_PLATFORMS: usize = 24;

pub(crate) struct Platform {
    pub label: String,
    pub path: String,
    pub badge: Badge,
    pub brief: Arc<Brief>,
    /// A statement about an image (provenance, inventory), not an image.
    pub attestation: bool,
}

/// One line for an image; one for each child of an index; none for anything else.
pub(super) fn of(store: &Store, briefs: &Briefs, row: &ManifestRow) -> Result<Vec<Platform>, StoreError> {
    match row.kind {
        ManifestKind::Image => {
            let brief = briefs.of(store, row)?;
            Ok(vec![line(&row.repository, row, brief.platform.clone(), brief, false)])
        }
        ManifestKind::Index => {
            let mut lines = Vec::new();
            for child in children(row).into_iter().take(MAX_PLATFORMS) {
                let Some(found) = store.manifest(&row.repository, &child.digest)? else { continue };
                let attestation = child.is_attestation();
                let brief = briefs.of(store, &found)?;
                let named = child.platform.as_ref().filter(|p| !p.is_unknown()).map(ToString::to_string);
                let label = match named {
                    _ if attestation => "attestation".to_owned(),
                    Some(named) => cut(&named, 40),
                    None => brief.platform.clone(),
                };
                lines.push(line(&row.repository, &found, label, brief, attestation));
            }
            Ok(lines)
        }
        ManifestKind::Artifact => Ok(Vec::new()),
    }
}

fn line(repository: &Repository, row: &ManifestRow, label: String, brief: Arc<Brief>, attestation: bool) -> Platform {
    let path = Place::Image(repository.clone(), row.digest.clone()).to_string();
    Platform { label, path, badge: Badge::of(row.state), brief, attestation }
}
