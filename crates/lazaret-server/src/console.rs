//! The console: server-rendered pages over the same data as the API.
//!
//! One file for each page in `console/page/<name>.rs`, templates in `templates/`, one line here. Who signs in is
//! checked by `auth::principal::by_secret`; a session is looked up again on each request by `by_epoch`, so that a
//! revocation ends it, and becomes a `Caller::direct`, whose `may` says what a page shows.

use std::sync::Arc;

use axum::Router;

use crate::App;

/// Every page.
pub(crate) fn routes() -> Router<Arc<App>> {
    Router::new()
}
