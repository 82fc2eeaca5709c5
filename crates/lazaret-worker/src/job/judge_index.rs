//! Sets the state of an index from its image children: approved when all of them are (gate.md 10).

use lazaret_model::{Digest, ImageState, Repository};
use lazaret_oci::Manifest;
use lazaret_store::{ManifestKind, StateChange};

use super::{ACTOR, Context, JobError, Try, until_done};

pub(crate) fn run(context: &Context, repository: &Repository, digest: &Digest) -> Result<(), JobError> {
    until_done(|| attempt(context, repository, digest))
}

fn attempt(context: &Context, repository: &Repository, digest: &Digest) -> Result<Try, JobError> {
    let Some(row) = context.store.manifest(repository, digest)? else { return Ok(Try::Done) };
    if row.own_state == ImageState::Revoked {
        return Ok(Try::Done);
    }
    let Ok(Manifest::Index(index)) = Manifest::parse(&row.bytes, Some(&row.media_type)) else {
        return Err(JobError::fatal("the stored bytes are no index"));
    };
    let mut children = Vec::new();
    for child in &index.manifests {
        let row = context.store.manifest(repository, &child.digest)?;
        // An image that is called an attestation is an image all the same.
        if child.is_attestation() && row.as_ref().is_none_or(|row| row.kind == ManifestKind::Artifact) {
            continue;
        }
        let name = child.platform.as_ref().map_or_else(|| child.digest.short().to_owned(), ToString::to_string);
        children.push((name, row.map_or(ImageState::Quarantined, |row| row.state)));
    }
    let (state, reason) = combine(&children);
    if state == row.own_state {
        return Ok(Try::Done);
    }
    let change = StateChange { from: Some(row.own_state), to: state, decision: None, actor: ACTOR, reason: &reason };
    if Try::of(context.store.change_state(repository, digest, &change))? == Try::Done {
        tracing::info!(repository = %repository, image.digest = %digest, state = %state, "index judged");
    }
    // Looked at once more: a child that changed between the reading and the writing queued a job, which may have ended
    // before the writing and found nothing to do.
    Ok(Try::Moved)
}

/// The worst child decides; no image child at all is nothing that could be approved.
fn combine(children: &[(String, ImageState)]) -> (ImageState, String) {
    const WORST_FIRST: [ImageState; 7] = [
        ImageState::Revoked,
        ImageState::Blocked,
        ImageState::Quarantined,
        ImageState::Overdue,
        ImageState::Due,
        ImageState::PreGate,
        ImageState::Approved,
    ];
    for state in WORST_FIRST {
        let named: Vec<_> = children.iter().filter(|(_, s)| *s == state).map(|(n, _)| n.as_str()).collect();
        if !named.is_empty() {
            // A child that a person revoked blocks the index; revoking the index itself is another act.
            let state = if state == ImageState::Revoked { ImageState::Blocked } else { state };
            return (state, format!("{state}: {}", named.join(", ")));
        }
    }
    (ImageState::Quarantined, "the index names no image".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_is_as_good_as_its_worst_child() {
        use ImageState::{Approved, Blocked, Due, Quarantined, Revoked};
        let state = |states: &[ImageState]| {
            combine(&states.iter().map(|s| ("linux/amd64".to_owned(), *s)).collect::<Vec<_>>()).0
        };
        assert_eq!(state(&[Approved, Approved]), Approved);
        assert_eq!(state(&[Approved, Due]), Due);
        assert_eq!(state(&[Approved, Quarantined]), Quarantined);
        assert_eq!(state(&[Quarantined, Blocked]), Blocked);
        assert_eq!(state(&[Approved, Revoked]), Blocked);
        assert_eq!(state(&[]), Quarantined);
    }
}
