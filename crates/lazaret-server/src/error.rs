//! Errors as clients see them: `{"errors":[{"code","message","detail"}]}` (OCI distribution-spec, "Error codes").
//! What a client may read and what the log needs are two texts: a 5xx body holds nothing but a request id.

use std::{error::Error, fmt::Write as _};

use axum::response::{IntoResponse, Response};
use http::{HeaderName, HeaderValue, StatusCode, header};
use lazaret_store::StoreError;
use serde_json::{Value, json};

/// Error codes of the distribution specification that this server uses.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Code {
    BlobUnknown,
    BlobUploadInvalid,
    BlobUploadUnknown,
    Denied,
    DigestInvalid,
    ManifestBlobUnknown,
    ManifestInvalid,
    ManifestUnknown,
    NameInvalid,
    NameUnknown,
    NotFound,
    SizeInvalid,
    TooManyRequests,
    Unauthorized,
    Unknown,
    Unsupported,
    Invalid,
}

impl Code {
    pub const fn name(self) -> &'static str {
        match self {
            Self::BlobUnknown => "BLOB_UNKNOWN",
            Self::BlobUploadInvalid => "BLOB_UPLOAD_INVALID",
            Self::BlobUploadUnknown => "BLOB_UPLOAD_UNKNOWN",
            Self::Denied => "DENIED",
            Self::DigestInvalid => "DIGEST_INVALID",
            Self::ManifestBlobUnknown => "MANIFEST_BLOB_UNKNOWN",
            Self::ManifestInvalid => "MANIFEST_INVALID",
            Self::ManifestUnknown => "MANIFEST_UNKNOWN",
            Self::NameInvalid => "NAME_INVALID",
            Self::NameUnknown => "NAME_UNKNOWN",
            Self::NotFound => "NOT_FOUND",
            Self::SizeInvalid => "SIZE_INVALID",
            Self::TooManyRequests => "TOOMANYREQUESTS",
            Self::Unauthorized => "UNAUTHORIZED",
            Self::Unknown => "UNKNOWN",
            Self::Unsupported => "UNSUPPORTED",
            Self::Invalid => "INVALID",
        }
    }
}

/// One refusal or failure, ready to be sent.
#[derive(Debug)]
pub struct ApiError {
    pub status: StatusCode,
    pub code: Code,
    pub message: String,
    pub detail: Option<Box<Value>>,
    /// Few; a map would make every `Result` large.
    pub headers: Vec<(HeaderName, HeaderValue)>,
}

impl ApiError {
    pub fn new(status: StatusCode, code: Code, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), detail: None, headers: Vec::new() }
    }

    pub fn bad_request(code: Code, message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, message)
    }

    pub fn not_found(code: Code, message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, code, message)
    }

    pub fn denied(message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, Code::Denied, message)
    }

    pub fn too_large(limit: u64) -> Self {
        let message = format!("the body is larger than the limit of {limit} bytes");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, Code::SizeInvalid, message)
    }

    pub fn wrong_method(allowed: &str) -> Self {
        let error = Self::new(StatusCode::METHOD_NOT_ALLOWED, Code::Unsupported, "this method is not supported here");
        error.with_header(header::ALLOW, allowed)
    }

    /// A fault of ours: logged here, once, with an id; the client gets only the id.
    pub fn internal(what: &str, error: &dyn Error) -> Self {
        let id = request_id();
        tracing::error!(request.id = %id, error = %chain(error), "{what}");
        Self::opaque(&id)
    }

    pub(crate) fn opaque(id: &str) -> Self {
        let message = format!("the server failed; its log says why under request id {id}");
        let error = Self::new(StatusCode::INTERNAL_SERVER_ERROR, Code::Unknown, message);
        error.with_header(HeaderName::from_static("x-request-id"), id)
    }

    #[must_use]
    pub fn with_detail(mut self, detail: Value) -> Self {
        self.detail = Some(Box::new(detail));
        self
    }

    /// Adds a header; a value that no header can hold is left out.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.push((name, value));
        }
        self
    }
}

/// An error with its sources, for the log.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(source) = next {
        let _ = write!(text, ": {source}");
        next = source.source();
    }
    text
}

pub(crate) fn request_id() -> String {
    format!("{:016x}", rand::random::<u64>())
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NoSpace { .. } => {
                tracing::error!(error = %chain(&error), "the store has no space left");
                let message = "the registry's disk is full: nothing was stored; free space or ask its operator";
                Self::new(StatusCode::INSUFFICIENT_STORAGE, Code::TooManyRequests, message)
                    .with_header(header::RETRY_AFTER, "60")
            }
            StoreError::Busy { .. } => {
                tracing::warn!(error = %chain(&error), "the store is busy");
                let message = "the registry is busy; try again in a moment";
                Self::new(StatusCode::SERVICE_UNAVAILABLE, Code::TooManyRequests, message)
                    .with_header(header::RETRY_AFTER, "1")
            }
            other => Self::internal("the store failed", &other),
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut error = json!({ "code": self.code.name(), "message": self.message });
        if let Some(detail) = self.detail {
            error["detail"] = *detail;
        }
        let body = json!({ "errors": [error] }).to_string();
        let mut response = (self.status, body).into_response();
        let headers = response.headers_mut();
        headers.extend(self.headers);
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(error: ApiError) -> String {
        let mut body = json!({ "status": error.status.as_u16(), "message": error.message });
        for (name, value) in error.headers {
            body[name.as_str()] = json!(value.to_str().unwrap());
        }
        body.to_string()
    }

    #[test]
    fn a_full_disk_is_said_and_a_fault_is_not() {
        let path = std::path::PathBuf::from("/secret/place");
        let full = text(StoreError::NoSpace { path: path.clone(), operation: "write" }.into());
        assert!(full.contains("507") && full.contains("retry-after") && !full.contains("secret"), "{full}");
        let busy = text(StoreError::Busy { seconds: 5 }.into());
        assert!(busy.contains("503") && busy.contains("retry-after"), "{busy}");
        let source = std::io::Error::other("secret reason");
        let fault = text(StoreError::Io { path, operation: "read", source }.into());
        assert!(fault.contains("500") && fault.contains("x-request-id") && !fault.contains("secret"), "{fault}");
    }
}
