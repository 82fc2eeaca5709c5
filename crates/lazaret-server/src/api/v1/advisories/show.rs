//! `GET /api/v1/advisories`: the snapshot in force with its feeds, and how it is weighed.

use axum::response::Response;
use serde_json::json;

use crate::{ApiError, api::v1::Params, call::Call, distribution};

pub(crate) async fn show(call: Call, _: Params) -> Result<Response, ApiError> {
    let judge = call.app.judge.load();
    let (snapshot, settings) = (judge.snapshot(), judge.settings());
    Ok(distribution::json(&json!({
        "snapshot": snapshot.id,
        "created": snapshot.created,
        "starter": snapshot.starter,
        "accept_starter": settings.accept_starter,
        "max_age_s": settings.max_age.as_secs(),
        "feeds": snapshot.feeds,
    })))
}
