//! The table of `/api/v1`: path, method, action, handler.

use std::sync::Arc;

use axum::Router;

use crate::App;

pub(crate) fn routes() -> Router<Arc<App>> {
    Router::new()
}
