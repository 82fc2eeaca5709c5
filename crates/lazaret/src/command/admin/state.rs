//! `lazaret admin state|revoke|restore`.

use lazaret_model::{Decision, ImageState, Reason, Repository};
use lazaret_oci::Manifest;
use lazaret_store::{ManifestKind, ManifestRow, Store};
use serde::Serialize;

use super::{actor, open};
use crate::{
    cli::{DataDir, Format},
    command::image_argument,
    exit::{Exit, Usage},
    output,
    settings::Settings,
};

/// A fixed point of product.md.
#[derive(Serialize)]
pub(crate) struct StateReport {
    state: ImageState,
    /// Id of the decision; of an index that has none of its own, `null`.
    decision: Option<String>,
    reasons: Vec<Reason>,
}

pub(crate) fn show(settings: &Settings, image: &str, data: &DataDir, format: Format) -> anyhow::Result<Exit> {
    let store = open(settings, data)?;
    let found = image_argument::find(&store, image)?;
    let report = report(&store, &found.repository, &found.row)?;
    match format {
        Format::Json => output::json(&report)?,
        Format::Table => {
            output::data(&format!("{}  {}@{}", report.state, found.repository, found.row.digest))?;
            for reason in &report.reasons {
                output::data(&format!("  {}: {}", reason.rule, reason.message))?;
            }
        }
    }
    Ok(Exit::Done)
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
                of_child.reasons.into_iter().map(|r| Reason { rule: r.rule, message: format!("{name}: {}", r.message) }),
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

pub(crate) fn revoke(settings: &Settings, image: &str, reason: &str, data: &DataDir) -> anyhow::Result<Exit> {
    let store = open(settings, data)?;
    let found = image_argument::find(&store, image)?;
    store.set_state(&found.repository, &found.row.digest, ImageState::Revoked, None, &actor(), reason)?;
    Ok(Exit::Done)
}

pub(crate) fn restore(settings: &Settings, image: &str, reason: &str, data: &DataDir) -> anyhow::Result<Exit> {
    let store = open(settings, data)?;
    let found = image_argument::find(&store, image)?;
    if found.row.state != ImageState::Revoked {
        return Err(Usage(format!("{image} is {}, not revoked", found.row.state)).into());
    }
    store.set_state(&found.repository, &found.row.digest, ImageState::Quarantined, None, &actor(), reason)?;
    store.enqueue_judge(&found.repository, &found.row.digest)?;
    Ok(Exit::Done)
}
