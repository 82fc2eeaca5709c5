//! Pages for what cannot be shown. What a principal may not see looks the same as what is not there.

use askama::Template;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode, Uri, header};

use super::{respond, shell::Shell, visit::Visit};
use crate::{ApiError, App};

/// Why there is no page.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// Nobody is signed in.
    SignIn,
    NotThere,
    /// The form did not come from our own page, or from another session.
    ForeignForm,
    Failed(ApiError),
}

impl From<ApiError> for Refusal {
    fn from(error: ApiError) -> Self {
        Self::Failed(error)
    }
}

#[derive(Template)]
#[template(path = "refusal.html")]
struct Page {
    shell: Shell,
    status: u16,
    title: &'static str,
    message: String,
}

pub(super) fn answer(app: &App, visit: Option<&Visit>, uri: &Uri, refusal: Refusal) -> Response {
    let (status, title, message) = match refusal {
        Refusal::SignIn => {
            let wanted: String = url::form_urlencoded::byte_serialize(uri.to_string().as_bytes()).collect();
            let query = if uri.path() == "/" { String::new() } else { format!("?next={wanted}") };
            return respond::see_other(&format!("/sign-in{query}"));
        }
        Refusal::NotThere => (
            StatusCode::NOT_FOUND,
            "Nothing at this berth",
            "There is nothing here, or nothing that you may see.".to_owned(),
        ),
        Refusal::ForeignForm => (
            StatusCode::FORBIDDEN,
            "This form is not from here",
            "It came from another site, or from a session that has ended. Go back, load the page again, and send it once more."
                .to_owned(),
        ),
        Refusal::Failed(error) if error.status.is_client_error() => {
            (error.status, "That cannot be asked", error.message)
        }
        Refusal::Failed(error) => (error.status, "The server ran aground", error.message),
    };
    let shell = visit.map_or_else(|| Shell::bare(app), Shell::of);
    let page = Page { shell, status: status.as_u16(), title, message };
    respond::page(status, &page).unwrap_or_else(IntoResponse::into_response)
}

/// For a path that no one answers, when a browser asks; `None` for other clients.
pub(crate) fn nothing_here(app: &App, uri: &Uri, headers: &HeaderMap) -> Option<Response> {
    let accept = headers.get(header::ACCEPT)?.to_str().ok()?;
    (accept.contains("text/html") && !uri.path().starts_with("/api/"))
        .then(|| answer(app, None, uri, Refusal::NotThere))
}
