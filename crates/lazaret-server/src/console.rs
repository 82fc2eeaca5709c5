//! The console: server-rendered pages over the same data as the API.

use std::sync::Arc;

use axum::Router;

use crate::App;

/// Every page.
pub(crate) fn routes() -> Router<Arc<App>> {
    Router::new()
}
