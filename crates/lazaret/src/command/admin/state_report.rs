//! State, decision and reasons of an image, as `admin state` and `demo` show them.

use lazaret_model::{Decision, ImageState, Reason, Repository};
use lazaret_oci::Manifest;
use lazaret_store::{ManifestKind, ManifestRow, Store};
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
pub(crate) fn report(store: &Store, repository: &Repository, row: &ManifestRow) -> anyhow::Result<StateReport> {
    let mut report = StateReport { state: row.state, decision: None, reasons: Vec::new() };
    if row.kind == ManifestKind::Index {
        let Manifest::Index(index) = Manifest::parse(&row.bytes, Some(&row.media_type))? else { return Ok(report) };
        for child in index.manifests.iter().filter(|c| !c.is_attestation()) {
            let Some(child_row) = store.manifest(repository, &child.digest)? else { continue };
            let name = child.platform.as_ref().map_or_else(|| child.digest.short().to_owned(), ToString::to_string);
            let of_child = self::report(store, repository, &child_row)?;
            report.reasons.extend(
                of_child
                    .reasons
                    .into_iter()
                    .map(|r| Reason { rule: r.rule, message: format!("{name}: {}", r.message) }),
            );
        }
        return Ok(report);
    }
    if let Some(signed) = store.latest_decision(repository, &row.digest)? {
        let decision: Decision = serde_json::from_str(&signed.body)?;
        report.decision = Some(signed.id.to_string());
        report.reasons = decision.verdict.reasons;
    }
    Ok(report)
}
