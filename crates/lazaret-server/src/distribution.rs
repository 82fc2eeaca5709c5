//! The OCI distribution endpoints, one file each.

mod blob;
mod catalog;
mod denial;
mod manifest;
pub(crate) mod path;
mod referrers;
mod route;
mod tags;
pub(crate) mod taps;
mod upload;

use axum::response::{IntoResponse, Response};
use http::{HeaderName, HeaderValue, StatusCode, header};

pub(crate) use route::{mark, serve};

/// `Docker-Content-Digest`.
pub(crate) const CONTENT_DIGEST: HeaderName = HeaderName::from_static("docker-content-digest");

/// A JSON answer.
pub(crate) fn json(body: &serde_json::Value) -> Response {
    let mut response = body.to_string().into_response();
    set(&mut response, header::CONTENT_TYPE, "application/json");
    response
}

/// An answer without a body.
fn empty(status: StatusCode) -> Response {
    let mut response = status.into_response();
    if status != StatusCode::NO_CONTENT && status != StatusCode::NOT_MODIFIED {
        set(&mut response, header::CONTENT_LENGTH, "0");
    }
    response
}

/// Sets a header whose value is known to be printable; another is left out.
fn set(response: &mut Response, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}
