//! `GET /v2/<name>/referrers/<digest>`: what names this digest as its subject, each one by the gate. An unknown
//! subject has no referrers; it is no error.

use axum::response::Response;
use http::{HeaderName, header};
use lazaret_model::{Digest, Repository};
use lazaret_oci::media_type::OCI_INDEX;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{json as json_response, set};
use crate::{ApiError, call::Call, gate};

const FILTERS_APPLIED: HeaderName = HeaderName::from_static("oci-filters-applied");

#[derive(Deserialize)]
struct Query {
    #[serde(rename = "artifactType")]
    artifact_type: Option<String>,
}

pub(crate) async fn list(call: Call, repository: Repository, subject: Digest) -> Result<Response, ApiError> {
    let Query { artifact_type } = call.query()?;
    let name = repository.clone();
    let rows = call.app.ask(move |store| store.referrers(&name, &subject)).await?;
    let rights = call.rights(&repository);
    let manifests: Vec<Value> = rows
        .into_iter()
        .filter(|row| gate::manifest(rights, Some(row.state)).serves())
        .filter(|row| artifact_type.as_ref().is_none_or(|wanted| row.artifact_type.as_ref() == Some(wanted)))
        .map(|row| {
            let mut descriptor = json!({ "mediaType": row.media_type, "digest": row.digest, "size": row.size });
            if let Some(kind) = row.artifact_type {
                descriptor["artifactType"] = json!(kind);
            }
            if !row.annotations.is_empty() {
                descriptor["annotations"] = json!(row.annotations);
            }
            descriptor
        })
        .collect();
    let body = json!({ "schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": manifests });
    let mut response = json_response(&body);
    set(&mut response, header::CONTENT_TYPE, OCI_INDEX);
    if artifact_type.is_some() {
        set(&mut response, FILTERS_APPLIED, "artifactType");
    }
    Ok(response)
}
