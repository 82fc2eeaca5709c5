//! How an image stands: state, decision and reasons, as a denial, the API and `admin state` give them. An index has
//! the reasons of its platforms, the worst first, each with the platform's name before it.

use lazaret_model::{Decision, Digest, ImageState, Reason, Repository};
use lazaret_oci::{Descriptor, Manifest};
use lazaret_store::{ManifestKind, ManifestRow, Store, StoreError};

/// Platforms of one index that are looked at.
const MAX_PLATFORMS: usize = 64;

/// An index may name indexes; deeper ones are named, not opened.
const MAX_DEPTH: usize = 3;

const WORST_FIRST: [ImageState; 7] = [
    ImageState::Revoked,
    ImageState::Blocked,
    ImageState::Quarantined,
    ImageState::Overdue,
    ImageState::Due,
    ImageState::PreGate,
    ImageState::Approved,
];

/// State, decision and reasons of one manifest.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Standing {
    /// What the gate goes by.
    pub state: ImageState,
    /// Id of its latest decision; `None` for what is not judged (yet), as every index and artifact.
    pub decision: Option<Digest>,
    /// Worst first. Empty only when there is nothing to say against it.
    pub reasons: Vec<Reason>,
}

/// How a manifest of `repository` stands.
pub fn standing(store: &Store, repository: &Repository, row: &ManifestRow) -> Result<Standing, StoreError> {
    at_depth(store, repository, row, 0)
}

fn at_depth(store: &Store, repository: &Repository, row: &ManifestRow, depth: usize) -> Result<Standing, StoreError> {
    let mut reasons = Vec::new();
    let mut decision = None;
    if row.own_state == ImageState::Revoked {
        reasons.push(reason("revoked", &revocation(store, repository, row)?));
    }
    match row.kind {
        ManifestKind::Image => {
            if let Some(signed) = row.decision.as_ref().map(|id| store.decision(id)).transpose()?.flatten() {
                let parsed: Decision = serde_json::from_str(&signed.body).map_err(|error| StoreError::Corrupt {
                    what: format!("decision {}", signed.id),
                    detail: error.to_string(),
                })?;
                decision = Some(signed.id);
                reasons.extend(parsed.verdict.reasons);
            }
        }
        ManifestKind::Index => reasons.extend(platforms(store, repository, row, depth)?),
        ManifestKind::Artifact if !row.state.is_served() => reasons.push(reason("not_approved", &evidence(row))),
        ManifestKind::Artifact => {}
    }
    if reasons.is_empty() && !row.state.is_served() {
        reasons.push(reason("not_approved", explain(row.state)));
    }
    Ok(Standing { state: row.state, decision, reasons })
}

/// The reasons of an index's children, attestations left out.
fn platforms(
    store: &Store,
    repository: &Repository,
    row: &ManifestRow,
    depth: usize,
) -> Result<Vec<Reason>, StoreError> {
    let Ok(Manifest::Index(index)) = Manifest::parse(&row.bytes, Some(&row.media_type)) else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    for child in index.manifests.iter().take(MAX_PLATFORMS) {
        let name = name(child);
        let row = store.manifest(repository, &child.digest)?;
        if child.is_attestation() && row.as_ref().is_none_or(|row| row.kind == ManifestKind::Artifact) {
            continue;
        }
        found.push(match row {
            None => {
                (ImageState::Quarantined, vec![reason("not_approved", &format!("{name}: it is not in the repository"))])
            }
            Some(row) if depth >= MAX_DEPTH => {
                (row.state, vec![reason("not_approved", &format!("{name}: {}", row.state))])
            }
            Some(row) => {
                let of_child = at_depth(store, repository, &row, depth + 1)?;
                let named = |r: Reason| Reason { message: format!("{name}: {}", r.message), ..r };
                (row.state, of_child.reasons.into_iter().map(named).collect())
            }
        });
    }
    found.sort_by_key(|(state, _)| WORST_FIRST.iter().position(|s| s == state));
    Ok(found.into_iter().flat_map(|(_, reasons)| reasons).collect())
}

fn name(child: &Descriptor) -> String {
    child.platform.as_ref().map_or_else(|| child.digest.short().to_owned(), ToString::to_string)
}

/// The word of the person who revoked it.
fn revocation(store: &Store, repository: &Repository, row: &ManifestRow) -> Result<String, StoreError> {
    let history = store.decisions_of(repository, &row.digest)?;
    let words = history.into_iter().find(|step| step.state == ImageState::Revoked && step.decision.is_none());
    Ok(match words.map(|step| step.reason).filter(|words| !words.is_empty()) {
        Some(words) => format!("it was revoked: {words}"),
        None => explain(ImageState::Revoked).to_owned(),
    })
}

fn evidence(row: &ManifestRow) -> String {
    match &row.subject {
        Some(subject) => format!("evidence goes by its subject {subject}; what could be unpacked is no evidence"),
        None => "it is no image, and no policy names its kind".to_owned(),
    }
}

/// What there is to say when nothing else was said.
pub(crate) const fn explain(state: ImageState) -> &'static str {
    match state {
        ImageState::Quarantined => "it is not judged yet, try again in a few seconds",
        ImageState::Blocked => "the policy does not allow it",
        ImageState::Overdue => "its deadline for a fix has passed",
        ImageState::Revoked => "it was revoked",
        ImageState::Approved | ImageState::Due | ImageState::PreGate => "it is not released",
    }
}

fn reason(rule: &str, message: &str) -> Reason {
    Reason { rule: rule.to_owned(), message: message.to_owned() }
}
