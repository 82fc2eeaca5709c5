//! The pages, and which of them stands at which place.

pub(super) mod repositories;
pub(super) mod sign_in;

use std::sync::Arc;

use axum::response::Response;

use super::{place::Place, refusal::Refusal, visit::Visit};

/// What stands at a place; nothing for who may not see the repository.
pub(super) async fn show(visit: Arc<Visit>) -> Result<Response, Refusal> {
    visit.signed_in()?;
    let place = Place::parse(visit.uri.path()).ok_or(Refusal::NotThere)?;
    visit.require(place.repository())?;
    Err(Refusal::NotThere)
}

pub(super) async fn act(visit: Arc<Visit>) -> Result<Response, Refusal> {
    visit.own_form()?;
    Err(Refusal::NotThere)
}
