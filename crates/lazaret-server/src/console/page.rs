//! The pages, and which of them stands at which place.

mod decision;
mod image;
pub(super) mod repositories;
mod repository;
pub(super) mod sign_in;

use std::sync::Arc;

use axum::response::Response;

use super::{place::Place, refusal::Refusal, visit::Visit};

/// What stands at a place; nothing for who may not see the repository.
pub(super) async fn show(visit: Arc<Visit>) -> Result<Response, Refusal> {
    visit.signed_in()?;
    let place = Place::parse(visit.uri.path()).ok_or(Refusal::NotThere)?;
    match place {
        Place::Repository(name) => repository::show(visit, name).await,
        place @ (Place::Tag(..) | Place::Image(..)) => image::show(visit, place).await,
        Place::Decision(name, image, id) => decision::show(visit, name, image, id).await,
    }
}

/// The one thing that can be done at a place: a decision made again.
pub(super) async fn act(visit: Arc<Visit>) -> Result<Response, Refusal> {
    visit.own_form()?;
    match Place::parse(visit.uri.path()) {
        Some(Place::Decision(name, image, id)) => decision::replay_again(visit, name, image, id).await,
        _ => Err(Refusal::NotThere),
    }
}
