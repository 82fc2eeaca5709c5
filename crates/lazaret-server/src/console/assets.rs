//! The style sheet and the icon. Their names carry a hash of what is in them, so browsers may keep them for ever.

use std::sync::LazyLock;

use axum::{
    extract::Path,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header};
use lazaret_oci::sha256;

use super::respond;

struct Asset {
    name: String,
    /// Absolute path for links.
    path: String,
    kind: &'static str,
    bytes: &'static str,
}

static STYLE: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("lazaret", "css", "text/css; charset=utf-8", include_str!("../../assets/lazaret.css")));
static ICON: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("flag", "svg", "image/svg+xml", include_str!("../../assets/flag.svg")));

impl Asset {
    fn new(stem: &str, extension: &str, kind: &'static str, bytes: &'static str) -> Self {
        let name = format!("{stem}-{}.{extension}", sha256(bytes.as_bytes()).short());
        Self { path: format!("/assets/{name}"), name, kind, bytes }
    }
}

pub(super) fn style() -> &'static str {
    &STYLE.path
}

pub(super) fn icon() -> &'static str {
    &ICON.path
}

pub(super) async fn show(Path(name): Path<String>) -> Response {
    let Some(asset) = [&*STYLE, &*ICON].into_iter().find(|asset| asset.name == name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let mut response = asset.bytes.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(asset.kind));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable"));
    respond::guard(&mut response);
    response
}
