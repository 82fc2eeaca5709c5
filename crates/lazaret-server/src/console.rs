//! The console: server-rendered pages over the same data as the API, readable without JavaScript (there is none).
//! Here: sessions, forms, pages and their view models. Absent: judging, and any byte of an image.
//!
//! To add a page: one file `page/<name>.rs` with its template struct, `templates/<name>.html`, and one line in
//! [`routes`]. A page asks [`visit::Visit`] who is there and what it may see; what it may not see is not there (404).

mod assets;
mod brief;
mod desk;
mod form;
mod layers;
mod look;
mod page;
mod place;
mod platforms;
mod refusal;
mod respond;
mod session;
mod shell;
mod stored;
mod text;
mod throttle;
mod visit;

use std::{future::Future, pin::Pin, sync::Arc};

use axum::{
    Router,
    extract::{Request, State},
    response::Response,
    routing::get,
};

pub(crate) use desk::Desk;
pub(crate) use layers::instruction;
pub(crate) use place::Place;
pub(crate) use refusal::nothing_here;

use crate::App;
use refusal::Refusal;
use visit::Visit;

/// Every page.
pub(crate) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/", get(of(page::repositories::show)))
        .route("/sign-in", get(of(page::sign_in::show)).post(of(page::sign_in::enter)))
        .route("/sign-out", get(of(page::sign_in::show)).post(of(page::sign_in::leave)))
        .route("/r/{*place}", get(of(page::show)).post(of(page::act)))
        .route("/assets/{name}", get(assets::show))
}

type Answer = Pin<Box<dyn Future<Output = Response> + Send>>;

/// Binds a page: who visits is found out first, and a refusal becomes a page too.
fn of<H, F>(page: H) -> impl Fn(State<Arc<App>>, Request) -> Answer + Clone + Send + Sync + 'static
where
    H: Fn(Arc<Visit>) -> F + Copy + Send + Sync + 'static,
    F: Future<Output = Result<Response, Refusal>> + Send + 'static,
{
    move |State(app), request| {
        Box::pin(async move {
            let uri = request.uri().clone();
            let visit = match Visit::of(Arc::clone(&app), request).await {
                Ok(visit) => Arc::new(visit),
                Err(error) => return refusal::answer(&app, None, &uri, Refusal::Failed(error)),
            };
            match page(Arc::clone(&visit)).await {
                Ok(response) => response,
                Err(refusal) => refusal::answer(&app, Some(&visit), &uri, refusal),
            }
        })
    }
}
