//! State, decision and reasons of an image, as `admin state` and `demo` show them.

use lazaret_model::{ImageState, Reason, Repository};
use lazaret_server::{Standing, standing};
use lazaret_store::{ManifestRow, Store, StoreError};
use serde::Serialize;

/// A fixed point of product.md.
#[derive(Serialize)]
pub(crate) struct StateReport {
    pub(crate) state: ImageState,
    /// Id of the decision; of an index that has none of its own, `null`.
    pub(crate) decision: Option<String>,
    pub(crate) reasons: Vec<Reason>,
}

/// State and reasons of an image; an index gives those of its platforms.
pub(crate) fn report(store: &Store, repository: &Repository, row: &ManifestRow) -> Result<StateReport, StoreError> {
    let Standing { state, decision, reasons } = standing(store, repository, row)?;
    Ok(StateReport { state, decision: decision.map(|id| id.to_string()), reasons })
}
