//! The table of `/api/v1`: path, method, action, handler. Same proofs as `/v2/`: Basic, or a token with the scope
//! `registry:api:*` (for what concerns one repository, one with `pull` there will do).
//!
//! A repository name is one path segment here: its slashes are written `%2F`.

mod advisories;
mod decision;
mod image;
mod principal;
mod repository;
mod signing_key;
mod tag;
mod whoami;

use std::{collections::HashMap, future::Future, pin::Pin, sync::Arc};

use axum::{
    Router,
    extract::{Path, Request, State},
    response::Response,
    routing::{get, post, put},
};
use lazaret_model::{Action, Digest, Repository};

use crate::{
    ApiError, App,
    auth::scope,
    call::{Asked, Call},
    distribution::path,
    error::Code,
};

pub(crate) fn routes() -> Router<Arc<App>> {
    use Action::{ManageBindings, ManageSettings, ReadDecisions, ReadPrincipals};
    Router::new()
        .route("/api/v1/whoami", get(of(Need::SignedIn, whoami::show::show)))
        .route("/api/v1/repositories", get(of(Need::SignedIn, repository::list::list)))
        .route("/api/v1/repositories/{repository}", get(of(Need::On(ReadDecisions), repository::show::show)))
        .route(
            "/api/v1/repositories/{repository}/policy",
            put(of(Need::On(ManageSettings), repository::set_policy::set_policy)),
        )
        .route("/api/v1/repositories/{repository}/tags", get(of(Need::On(ReadDecisions), tag::list::list)))
        .route("/api/v1/repositories/{repository}/images", get(of(Need::On(ReadDecisions), image::list::list)))
        .route("/api/v1/repositories/{repository}/images/{digest}", get(of(Need::On(ReadDecisions), image::show::show)))
        .route(
            "/api/v1/repositories/{repository}/images/{digest}/findings",
            get(of(Need::On(ReadDecisions), image::findings::findings)),
        )
        .route(
            "/api/v1/repositories/{repository}/images/{digest}/inventory",
            get(of(Need::On(ReadDecisions), image::inventory::inventory)),
        )
        .route(
            "/api/v1/repositories/{repository}/images/{digest}/history",
            get(of(Need::On(ReadDecisions), image::history::history)),
        )
        .route(
            "/api/v1/repositories/{repository}/images/{digest}/decisions/{id}",
            get(of(Need::On(ReadDecisions), decision::show::show)),
        )
        .route("/api/v1/decisions/{id}", get(of(Need::Everywhere(ReadDecisions), decision::show::show_any)))
        .route("/api/v1/advisories", get(of(Need::SignedIn, advisories::show::show)))
        .route("/api/v1/signing-keys", get(of(Need::SignedIn, signing_key::list::list)))
        .route(
            "/api/v1/principals",
            get(of(Need::Everywhere(ReadPrincipals), principal::list::list))
                .post(of(Need::Somewhere(ManageBindings), principal::create::create)),
        )
        .route("/api/v1/principals/{id}/grant", post(of(Need::Somewhere(ManageBindings), principal::grant::grant)))
        .route("/api/v1/principals/{id}/revoke", post(of(Need::Somewhere(ManageBindings), principal::revoke::revoke)))
        .route(
            "/api/v1/principals/{id}/disable",
            post(of(Need::Somewhere(ManageBindings), principal::disable::disable)),
        )
        .route("/api/v1/principals/{id}/rotate", post(of(Need::Somewhere(ManageBindings), principal::rotate::rotate)))
}

/// What a route asks of its caller.
#[derive(Clone, Copy)]
enum Need {
    /// Any principal; the handler shows each what is its own.
    SignedIn,
    /// The action in the repository of the path.
    On(Action),
    /// The action by a binding on `*`.
    Everywhere(Action),
    /// The action by any binding; the handler checks what it is held on.
    Somewhere(Action),
}

/// The named parts of the path.
pub(crate) struct Params(HashMap<String, String>);

impl Params {
    fn text(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    fn repository(&self) -> Result<Repository, ApiError> {
        Repository::parse(self.text("repository"))
            .map_err(|error| ApiError::bad_request(Code::NameInvalid, error.to_string()))
    }

    fn digest(&self) -> Result<Digest, ApiError> {
        path::digest(self.text("digest"))
    }
}

type Named = Path<HashMap<String, String>>;
type Answer = Pin<Box<dyn Future<Output = Result<Response, ApiError>> + Send>>;

/// Binds a need to a handler: authenticates, permits, calls.
fn of<H, F>(
    need: Need,
    handler: H,
) -> impl Fn(State<Arc<App>>, Named, Request) -> Answer + Clone + Send + Sync + 'static
where
    H: Fn(Call, Params) -> F + Copy + Send + Sync + 'static,
    F: Future<Output = Result<Response, ApiError>> + Send + 'static,
{
    move |State(app), Path(params), request| {
        Box::pin(async move {
            let params = Params(params);
            let (action, repository) = match need {
                Need::SignedIn => (None, None),
                Need::On(action) => (Some(action), params.repository().ok()),
                Need::Everywhere(action) | Need::Somewhere(action) => (Some(action), None),
            };
            let wanted = scope::wanted(action.unwrap_or(Action::ReadPrincipals), repository.as_ref());
            let asked = Asked::of(app, request, Some(wanted)).await?;
            let call = match need {
                Need::SignedIn => asked.signed_in(),
                Need::On(action) => asked.permit(action, Some(&params.repository()?))?,
                Need::Everywhere(action) => asked.permit(action, None)?,
                Need::Somewhere(action) => asked.permit_somewhere(action)?,
            };
            handler(call, params).await
        })
    }
}

/// Largest JSON body that is taken.
const MAX_JSON: usize = 64 * 1024;

fn unknown_image(repository: &Repository, digest: &Digest) -> ApiError {
    ApiError::not_found(Code::ManifestUnknown, format!("{repository}@{digest} is not known"))
}

fn unknown_repository(repository: &Repository) -> ApiError {
    ApiError::not_found(Code::NameUnknown, format!("repository {repository} is not known; it begins with a push"))
}
