//! `lazaret admin state|revoke|restore`.

use lazaret_model::ImageState;
use lazaret_store::{ManifestKind, Priority, Work};

use super::{actor, open, state_report::report};
use crate::{
    cli::{DataDir, Format},
    command::image_argument,
    exit::{Exit, Usage},
    output,
    settings::Settings,
};

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
    let (repository, digest) = (found.repository, found.row.digest);
    let work = match found.row.kind {
        ManifestKind::Index => Work::JudgeIndex { repository, digest },
        ManifestKind::Image | ManifestKind::Artifact => Work::JudgeImage { repository, digest },
    };
    store.enqueue(&work, Priority::Push)?;
    Ok(Exit::Done)
}
