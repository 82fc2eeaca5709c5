//! The table of `/v2/`: endpoint, method, action, handler. axum cannot match a name with slashes in the middle of a
//! path, so one fallback comes here.

use std::sync::Arc;

use axum::{body::Body, response::Response};
use http::{HeaderName, HeaderValue, Method, Request};
use lazaret_model::{Action, Repository};
use serde::Deserialize;

use super::{
    blob, catalog, manifest,
    path::{Endpoint, Kind},
    referrers, tags, upload,
};
use crate::{
    ApiError, App,
    auth::scope,
    call::{Asked, Call},
    page,
};

/// Answers one request below `/v2/`.
pub(crate) async fn serve(app: Arc<App>, request: Request<Body>) -> Result<Response, ApiError> {
    let endpoint = Endpoint::parse(request.uri().path());
    let wanted = endpoint.as_ref().ok().and_then(|e| challenge_scope(e, request.method(), request.uri().query()));
    let asked = Asked::of(app, request, wanted).await?;
    dispatch(endpoint?, asked).await
}

async fn dispatch(endpoint: Endpoint, asked: Asked) -> Result<Response, ApiError> {
    use Action::{Delete, Pull, Push};
    use Endpoint::{Blob, Catalog, Manifest, Ping, Referrers, Tags, Upload, Uploads};
    let method = asked.method().clone();
    let kind = endpoint.kind();
    match (endpoint, method.as_str()) {
        (Ping, "GET" | "HEAD") => Ok(ping(&asked.signed_in())),
        (Catalog, "GET") => catalog::list(asked.signed_in()).await,
        (Tags(r), "GET") => tags::list(on(asked, Pull, &r)?, r).await,
        (Manifest(r, at), "GET" | "HEAD") => manifest::read::read(on(asked, Pull, &r)?, r, at).await,
        (Manifest(r, at), "PUT") => manifest::put::put(on(asked, Push, &r)?, r, at).await,
        (Manifest(r, at), "DELETE") => manifest::delete::delete(on(asked, Delete, &r)?, r, at).await,
        (Blob(r, digest), "GET" | "HEAD") => blob::read::read(on(asked, Pull, &r)?, r, digest).await,
        (Blob(r, digest), "DELETE") => blob::delete::delete(on(asked, Delete, &r)?, r, digest).await,
        (Uploads(r), "POST") => upload::start::start(on(asked, Push, &r)?, r).await,
        (Upload(r, id), "GET") => upload::status::status(on(asked, Push, &r)?, r, id).await,
        (Upload(r, id), "PATCH") => upload::patch::patch(on(asked, Push, &r)?, r, id).await,
        (Upload(r, id), "PUT") => upload::finish::finish(on(asked, Push, &r)?, r, id).await,
        (Upload(r, id), "DELETE") => upload::cancel::cancel(on(asked, Push, &r)?, r, id).await,
        (Referrers(r, digest), "GET") => referrers::list(on(asked, Pull, &r)?, r, digest).await,
        _ => Err(ApiError::wrong_method(allowed(kind))),
    }
}

fn on(asked: Asked, action: Action, repository: &Repository) -> Result<Call, ApiError> {
    asked.permit(action, Some(repository))
}

const fn allowed(kind: Kind) -> &'static str {
    match kind {
        Kind::Ping => "GET, HEAD",
        Kind::Catalog | Kind::Tags | Kind::Referrers => "GET",
        Kind::Manifest => "GET, HEAD, PUT, DELETE",
        Kind::Blob => "GET, HEAD, DELETE",
        Kind::Uploads => "POST",
        Kind::Upload => "GET, PATCH, PUT, DELETE",
    }
}

fn ping(_: &Call) -> Response {
    super::json(&serde_json::json!({}))
}

/// What a client without a token should ask for; a mount needs the source too.
fn challenge_scope(endpoint: &Endpoint, method: &Method, query: Option<&str>) -> Option<String> {
    #[derive(Deserialize)]
    struct Mount {
        mount: Option<String>,
        from: Option<String>,
    }
    let repository = endpoint.repository();
    let action = match (endpoint.kind(), method.as_str()) {
        (Kind::Ping, _) => return None,
        (Kind::Catalog, _) => Action::ListCatalog,
        (Kind::Upload, _) => Action::Push,
        (_, "GET" | "HEAD") => Action::Pull,
        (_, "DELETE") => Action::Delete,
        _ => Action::Push,
    };
    let mut wanted = scope::wanted(action, repository);
    if endpoint.kind() == Kind::Uploads
        && let Ok(Mount { mount: Some(_), from: Some(from) }) = page::parse_query(query)
        && let Ok(from) = Repository::parse(&from)
    {
        wanted = format!("{wanted} {}", scope::wanted(Action::Pull, Some(&from)));
    }
    Some(wanted)
}

/// Every answer below `/v2/` says which protocol it speaks.
pub(crate) fn mark(response: &mut Response) {
    response
        .headers_mut()
        .insert(HeaderName::from_static("docker-distribution-api-version"), HeaderValue::from_static("registry/2.0"));
}
