//! The table of contents: who answers which path. `/v2/` has its own table in `distribution/route.rs`, the API in
//! `api/v1.rs`, the console in `console.rs`.

use std::{any::Any, sync::Arc};

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::get,
};
use http::StatusCode;
use tower_http::catch_panic::CatchPanicLayer;
use tracing::Instrument;

use crate::{ApiError, App, api, auth, console, distribution, error::Code, error::request_id};

/// Every route of the server.
pub fn router(app: Arc<App>) -> Router {
    Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .route("/token", get(auth::token::get).post(auth::token::post))
        .route("/oauth2/token", get(auth::token::get).post(auth::token::post))
        .merge(api::v1::routes())
        .merge(console::routes())
        .method_not_allowed_fallback(|| async { ApiError::wrong_method("") })
        .fallback(fallback)
        .layer(CatchPanicLayer::custom(panicked))
        .layer(middleware::from_fn(observe))
        .with_state(app)
}

/// Ready when the store answers.
async fn ready(State(app): State<Arc<App>>) -> Result<&'static str, ApiError> {
    app.ask(lazaret_store::Store::signing_keys)
        .await
        .map_err(|_| ApiError::new(StatusCode::SERVICE_UNAVAILABLE, Code::Unknown, "the store does not answer"))?;
    Ok("ready\n")
}

/// `/v2/` comes here: axum cannot match names with slashes before the end.
async fn fallback(State(app): State<Arc<App>>, request: Request) -> Response {
    let path = request.uri().path();
    if path == "/v2" || path.starts_with("/v2/") {
        let answer = distribution::serve(app, request).await;
        let mut response = answer.unwrap_or_else(IntoResponse::into_response);
        distribution::mark(&mut response);
        return response;
    }
    console::nothing_here(&app, request.uri(), request.headers())
        .unwrap_or_else(|| ApiError::not_found(Code::NotFound, "there is nothing at this path").into_response())
}

/// One span and one line for each request; never a header or a query, which may hold a secret.
async fn observe(request: Request<Body>, next: Next) -> Response {
    let span = tracing::info_span!(
        "request",
        http.method = %request.method(),
        http.path = %request.uri().path(),
        principal.id = tracing::field::Empty,
    );
    async move {
        let response = next.run(request).await;
        tracing::debug!(http.status = response.status().as_u16(), "answered");
        response
    }
    .instrument(span)
    .await
}

#[expect(clippy::needless_pass_by_value, reason = "the form that the layer wants")]
fn panicked(panic: Box<dyn Any + Send>) -> Response {
    let id = request_id();
    let text = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    tracing::error!(request.id = %id, panic = text.unwrap_or("no text"), "a handler panicked");
    ApiError::opaque(&id).into_response()
}
