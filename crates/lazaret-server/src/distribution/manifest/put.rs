//! `PUT /v2/<name>/manifests/<reference>`, by digest also with `?tag=` (several times) as the specification's next
//! version has it. What is stored are the bytes as they came; the answer is given when the
//! manifest, its tag, its audit row, its state and the job that judges it are committed together.

use axum::response::Response;
use bytes::Bytes;
use http::{HeaderName, StatusCode, header};
use lazaret_model::{Algorithm, Digest, Repository, Tag};
use lazaret_oci::{Hasher, MAX_MANIFEST, Manifest};
use lazaret_store::{ManifestKind, ManifestPut, PutError};
use serde_json::json;

use super::kind::{Open, fill_image, fill_index, settle};
use crate::{
    ApiError,
    app::blocking,
    call::Call,
    distribution::{CONTENT_DIGEST, empty, path::Reference, set},
    error::Code,
};

/// State that the image has after the push.
const STATE: HeaderName = HeaderName::from_static("lazaret-state");

const OCI_SUBJECT: HeaderName = HeaderName::from_static("oci-subject");

const OCI_TAG: HeaderName = HeaderName::from_static("oci-tag");

/// Tags that one push by digest may set.
const MAX_TAGS: usize = 16;

/// Longest error detail: digests that are missing.
const MAX_MISSING: usize = 100;

pub(crate) async fn put(mut call: Call, repository: Repository, at: Reference) -> Result<Response, ApiError> {
    let content_type = call.header(&header::CONTENT_TYPE).map(|v| v.split(';').next().unwrap_or(v).trim().to_owned());
    let tags = match at {
        Reference::Digest(_) => tags(call.uri.query())?,
        Reference::Tag(_) => Vec::new(),
    };
    let bytes = call.bytes(MAX_MANIFEST).await?;
    let actor = call.actor();
    let (mut put, open) = blocking(move || prepare(repository, at, content_type.as_deref(), &bytes, actor)).await??;
    let (name, digest, subject) = (put.repository.clone(), put.digest.clone(), put.subject.clone());
    let store = call.app.store.clone();
    let sparse = call.app.settings.accept_sparse_images;
    let tagged = tags.iter().map(Tag::as_str).collect::<Vec<_>>().join(", ");
    let outcome = blocking(move || {
        for digest in &open.foreign {
            if store.repository_has_blob(&put.repository, digest)? {
                put.blobs.push(digest.clone());
            }
        }
        settle(&store, &mut put, &open)?;
        let keep = |put| if sparse { store.put_sparse_manifest(put) } else { store.put_manifest(put) };
        let outcome = keep(put.clone())?;
        for tag in tags {
            keep(ManifestPut { tag: Some(tag), ..put.clone() })?;
        }
        Ok(outcome)
    })
    .await?
    .map_err(refusal)?;
    tracing::info!(repository = %name, image.digest = %digest, image.state = %outcome.state, "manifest pushed");
    let mut response = empty(StatusCode::CREATED);
    set(&mut response, header::LOCATION, &format!("/v2/{name}/manifests/{digest}"));
    set(&mut response, CONTENT_DIGEST, &digest.to_string());
    set(&mut response, STATE, outcome.state.name());
    if !tagged.is_empty() {
        set(&mut response, OCI_TAG, &tagged);
    }
    if let Some(subject) = &subject {
        set(&mut response, OCI_SUBJECT, &subject.to_string());
    }
    Ok(response)
}

fn tags(query: Option<&str>) -> Result<Vec<Tag>, ApiError> {
    let pairs = url::form_urlencoded::parse(query.unwrap_or_default().as_bytes());
    let tags: Vec<Tag> = pairs
        .filter(|(name, _)| name == "tag")
        .map(|(_, tag)| Tag::parse(&tag))
        .collect::<Result<_, _>>()
        .map_err(|error| ApiError::bad_request(Code::ManifestInvalid, error.to_string()))?;
    if tags.len() > MAX_TAGS {
        return Err(ApiError::bad_request(Code::ManifestInvalid, format!("more than {MAX_TAGS} tags in one push")));
    }
    Ok(tags)
}

/// Parses and verifies; nothing is stored yet. Beside it, what is still to be settled.
fn prepare(
    repository: Repository,
    at: Reference,
    content_type: Option<&str>,
    bytes: &Bytes,
    principal: String,
) -> Result<(ManifestPut, Open), ApiError> {
    let algorithm = match &at {
        Reference::Digest(digest) => digest.algorithm(),
        Reference::Tag(_) => Algorithm::Sha256,
    };
    let mut hasher = Hasher::new(algorithm);
    hasher.update(bytes);
    let digest = hasher.finish();
    let tag = match at {
        Reference::Tag(tag) => Some(tag),
        Reference::Digest(named) if named == digest => None,
        Reference::Digest(named) => {
            let message = format!("the manifest has digest {digest}, not {named}");
            return Err(ApiError::bad_request(Code::DigestInvalid, message));
        }
    };
    let manifest = Manifest::parse(bytes, content_type)
        .map_err(|error| ApiError::bad_request(Code::ManifestInvalid, error.to_string()))?;
    let subject = manifest.subject().map(|s| s.digest.clone());
    let mut put = ManifestPut {
        repository,
        tag,
        digest,
        media_type: manifest.media_type().to_owned(),
        bytes: bytes.to_vec(),
        kind: ManifestKind::Artifact,
        config: None,
        blobs: Vec::new(),
        manifests: Vec::new(),
        attested: Vec::new(),
        subject,
        artifact_type: None,
        annotations: std::collections::BTreeMap::new(),
        evidence: false,
        principal,
    };
    let open = match manifest {
        Manifest::Image(image) => fill_image(&mut put, image),
        Manifest::Index(index) => {
            fill_index(&mut put, index);
            Open::default()
        }
    };
    Ok((put, open))
}

fn refusal(error: PutError) -> ApiError {
    let missing = match error {
        PutError::MissingBlobs(missing) => missing,
        PutError::Store(error) => return error.into(),
    };
    let first = missing.first().map(Digest::to_string).unwrap_or_default();
    let message = format!("{} blobs that it names are not in this repository, the first is {first}", missing.len());
    let shown: Vec<&Digest> = missing.iter().take(MAX_MISSING).collect();
    ApiError::bad_request(Code::ManifestBlobUnknown, message).with_detail(json!({ "missing": shown }))
}
