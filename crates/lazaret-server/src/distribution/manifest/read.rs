//! `GET` and `HEAD /v2/<name>/manifests/<reference>`.

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use http::{HeaderName, Method, StatusCode, header};
use lazaret_model::{Digest, Repository, Tag};
use lazaret_store::ManifestRow;

use crate::{
    ApiError,
    call::Call,
    distribution::{CONTENT_DIGEST, denial, path::Reference, set},
    error::Code,
    gate::{self, Ruling, TagStates, Target},
};

/// Digest of a push that is newer than what is served.
const PENDING: HeaderName = HeaderName::from_static("lazaret-pending");

/// What to send, with the gate's word on it.
struct Found {
    row: ManifestRow,
    ruling: Ruling,
    /// A newer push of the tag that is not served yet.
    pending: Option<Digest>,
}

pub(crate) async fn read(call: Call, repository: Repository, at: Reference) -> Result<Response, ApiError> {
    let found = match at {
        Reference::Digest(digest) => by_digest(&call, &repository, digest).await?,
        Reference::Tag(tag) => by_tag(&call, &repository, tag).await?,
    };
    let Found { row, ruling, pending } = found;
    let caveat = match ruling {
        Ruling::Serve { caveat } => caveat,
        Ruling::Deny => return Err(denial::manifest(&call, &repository, row).await),
        Ruling::Hidden | Ruling::NoRight => return Err(unknown(&repository, &row.digest.to_string())),
    };
    if ruling.is_unapproved_read() {
        call.app.reads.count(&call.caller.principal.id, &repository, &row.digest);
    }
    let etag = format!("\"{}\"", row.digest);
    let unchanged = call.header(&header::IF_NONE_MATCH).is_some_and(|v| matches_etag(v, &etag));
    let length = row.bytes.len();
    let mut response = if unchanged {
        StatusCode::NOT_MODIFIED.into_response()
    } else if call.method == Method::HEAD {
        Body::empty().into_response()
    } else {
        Body::from(row.bytes).into_response()
    };
    if !unchanged {
        set(&mut response, header::CONTENT_LENGTH, &length.to_string());
    }
    set(&mut response, header::CONTENT_TYPE, &row.media_type);
    set(&mut response, CONTENT_DIGEST, &row.digest.to_string());
    set(&mut response, header::ETAG, &etag);
    set(&mut response, header::CACHE_CONTROL, "private, no-cache");
    let mut warnings = Vec::new();
    if let Some(caveat) = caveat {
        warnings.push(format!("299 - \"{}: {}\"", row.state, caveat.text()));
    }
    if let Some(pending) = pending {
        set(&mut response, PENDING, &pending.to_string());
        warnings.push(format!("299 - \"a newer push of this tag is not approved yet: {pending}\""));
    }
    if !warnings.is_empty() {
        set(&mut response, header::WARNING, &warnings.join(", "));
    }
    Ok(response)
}

async fn by_digest(call: &Call, repository: &Repository, digest: Digest) -> Result<Found, ApiError> {
    let (name, wanted) = (repository.clone(), digest.clone());
    let row = call.app.ask(move |store| store.manifest(&name, &wanted)).await?;
    let row = row.ok_or_else(|| unknown(repository, &digest.to_string()))?;
    let ruling = gate::manifest(call.rights(repository), Some(row.state));
    Ok(Found { row, ruling, pending: None })
}

async fn by_tag(call: &Call, repository: &Repository, tag: Tag) -> Result<Found, ApiError> {
    let (name, wanted) = (repository.clone(), tag.clone());
    let rows = call
        .app
        .ask(move |store| {
            let Some(row) = store.tag(&name, &wanted)? else { return Ok(None) };
            let newest = store.manifest(&name, &row.newest)?;
            let served = match row.served {
                Some(digest) if digest != row.newest => store.manifest(&name, &digest)?,
                _ => None,
            };
            Ok(newest.map(|newest| (newest, served)))
        })
        .await?;
    let (newest, served) = rows.ok_or_else(|| unknown(repository, tag.as_str()))?;
    let states = TagStates { newest: newest.state, served: served.as_ref().map(|row| row.state), same: false };
    let (target, ruling) = gate::tag(call.rights(repository), Some(states));
    Ok(match (target, served) {
        (Target::Served, Some(row)) => Found { row, ruling, pending: Some(newest.digest) },
        _ => Found { row: newest, ruling, pending: None },
    })
}

pub(super) fn unknown(repository: &Repository, reference: &str) -> ApiError {
    ApiError::not_found(Code::ManifestUnknown, format!("manifest {reference} is not known in {repository}"))
}

/// `If-None-Match`: a list of entity tags, weak ones too, or `*`.
pub(in crate::distribution) fn matches_etag(header: &str, etag: &str) -> bool {
    header.split(',').map(str::trim).any(|one| one == "*" || one.strip_prefix("W/").unwrap_or(one) == etag)
}
