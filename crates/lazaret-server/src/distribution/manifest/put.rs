//! `PUT /v2/<name>/manifests/<reference>`, by digest also with `?tag=` (several times) as the specification's next
//! version has it. What is stored are the bytes as they came; the answer is given when the
//! manifest, its tag, its audit row, its state and the job that judges it are committed together.

use axum::response::Response;
use bytes::Bytes;
use http::{HeaderName, StatusCode, header};
use lazaret_model::{Algorithm, Digest, Repository, Tag};
use lazaret_oci::{Descriptor, Hasher, ImageManifest, Index, MAX_MANIFEST, Manifest, media_type};
use lazaret_store::{ManifestKind, ManifestPut, PutError};
use serde_json::json;

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
    let (mut put, foreign) =
        blocking(move || prepare(repository, at, content_type.as_deref(), &bytes, actor)).await??;
    let (name, digest, subject) = (put.repository.clone(), put.digest.clone(), put.subject.clone());
    let store = call.app.store.clone();
    let tagged = tags.iter().map(Tag::as_str).collect::<Vec<_>>().join(", ");
    let outcome = blocking(move || {
        for digest in foreign {
            if store.repository_has_blob(&put.repository, &digest)? {
                put.blobs.push(digest);
            }
        }
        let outcome = store.put_manifest(put.clone())?;
        for tag in tags {
            store.put_manifest(ManifestPut { tag: Some(tag), ..put.clone() })?;
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

/// Parses and verifies; nothing is stored yet. Beside it, the layers that need not be here.
fn prepare(
    repository: Repository,
    at: Reference,
    content_type: Option<&str>,
    bytes: &Bytes,
    principal: String,
) -> Result<(ManifestPut, Vec<Digest>), ApiError> {
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
        subject,
        artifact_type: None,
        annotations: std::collections::BTreeMap::new(),
        principal,
    };
    let foreign = match manifest {
        Manifest::Image(image) => fill_image(&mut put, image),
        Manifest::Index(index) => {
            fill_index(&mut put, index);
            Vec::new()
        }
    };
    Ok((put, foreign))
}

/// An artifact takes its subject's state unseen, so nothing that a runtime could unpack is one: containerd looks at
/// the layers' media types alone, whatever the config calls itself.
fn fill_image(put: &mut ManifestPut, image: ImageManifest) -> Vec<Digest> {
    if image.is_image() || image.layers.iter().any(|layer| is_file_system(&layer.media_type)) {
        put.kind = ManifestKind::Image;
    }
    // What has other places to come from (Docker foreign layers) need not be here; when it is, it counts.
    let (foreign, own): (Vec<_>, Vec<_>) = image.layers.into_iter().partition(|layer| !layer.urls.is_empty());
    put.blobs = own.into_iter().map(|layer| layer.digest).collect();
    let foreign = foreign.into_iter().map(|layer| layer.digest).collect();
    // The referrers API reports the config's type for artifacts without one of their own (distribution-spec).
    put.artifact_type = image.artifact_type.or(Some(image.config.media_type));
    put.config = Some(image.config.digest);
    put.annotations = image.annotations;
    foreign
}

fn is_file_system(media_type: &str) -> bool {
    let kinds = ["application/vnd.oci.image.layer.", "application/vnd.docker.image.rootfs."];
    let media_type = media_type.to_ascii_lowercase();
    kinds.iter().any(|kind| media_type.starts_with(kind))
}

/// buildkit's old cache export is an index whose children are blobs. Such an index is an artifact, never an image:
/// were it approved for its image children, its other blobs would be served unseen.
fn fill_index(put: &mut ManifestPut, index: Index) {
    let is_manifest = |child: &Descriptor| {
        media_type::is_index(&child.media_type) || media_type::is_image_manifest(&child.media_type)
    };
    let (manifests, blobs): (Vec<_>, Vec<_>) = index.manifests.into_iter().partition(is_manifest);
    if blobs.is_empty() {
        put.kind = ManifestKind::Index;
    }
    put.manifests = manifests.into_iter().map(|child| child.digest).collect();
    put.blobs = blobs.into_iter().map(|child| child.digest).collect();
    put.artifact_type = index.artifact_type;
    put.annotations = index.annotations;
}

fn refusal(error: PutError) -> ApiError {
    let (code, missing, what) = match error {
        PutError::MissingBlobs(missing) => (Code::ManifestBlobUnknown, missing, "blobs"),
        PutError::MissingManifests(missing) => (Code::ManifestUnknown, missing, "manifests"),
        PutError::Store(error) => return error.into(),
    };
    let first = missing.first().map(Digest::to_string).unwrap_or_default();
    let message = format!("{} {what} that it names are not in this repository, the first is {first}", missing.len());
    let shown: Vec<&Digest> = missing.iter().take(MAX_MISSING).collect();
    ApiError::bad_request(code, message).with_detail(json!({ "missing": shown }))
}
