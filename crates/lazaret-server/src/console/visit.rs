//! One request to the console: who is there, what it sent, what it may see.

use std::sync::Arc;

use axum::body::Body;
use http::{HeaderMap, Method, Uri};
use lazaret_model::{Action, Repository, Timestamp};

use super::{
    form::{self, Form, MAX_FORM},
    refusal::Refusal,
    session::{self, Session},
};
use crate::{
    ApiError, App,
    auth::principal::{Caller, by_epoch},
    call::read_all,
    origin::Origin,
};

pub(crate) struct Visit {
    pub(super) app: Arc<App>,
    pub(super) uri: Uri,
    pub(super) origin: Origin,
    pub(super) headers: HeaderMap,
    pub(super) form: Form,
    pub(super) now: Timestamp,
    visitor: Option<Visitor>,
}

/// A principal that has signed in, read from the store for this request.
pub(crate) struct Visitor {
    pub(super) caller: Caller,
    pub(super) session: Session,
    /// Id of the session, as the cookie has it.
    id: String,
}

impl Visit {
    pub(super) async fn of(app: Arc<App>, request: http::Request<Body>) -> Result<Self, ApiError> {
        let (parts, body) = request.into_parts();
        let origin = Origin::of(&app, &parts.uri, &parts.headers)?;
        let form = if parts.method == Method::POST {
            Form::parse(&read_all(body, None, MAX_FORM, app.settings.body_timeout).await?)
        } else {
            Form::default()
        };
        let now = app.now();
        let visitor = Visitor::of(&app, &parts.headers, now).await?;
        if let Some(visitor) = &visitor {
            tracing::Span::current().record("principal.id", visitor.caller.principal.id.as_str());
        }
        Ok(Self { app, uri: parts.uri, origin, headers: parts.headers, form, now, visitor })
    }

    pub(super) fn visitor(&self) -> Option<&Visitor> {
        self.visitor.as_ref()
    }

    /// Who is there, or the way to the sign-in page.
    pub(super) fn signed_in(&self) -> Result<&Visitor, Refusal> {
        self.visitor.as_ref().ok_or(Refusal::SignIn)
    }

    /// A form of ours, sent from our page by who is signed in.
    pub(super) fn own_form(&self) -> Result<&Visitor, Refusal> {
        let visitor = self.signed_in()?;
        if self.is_foreign() || !self.form.carries(&visitor.session.form_token) {
            return Err(Refusal::ForeignForm);
        }
        Ok(visitor)
    }

    pub(super) fn is_foreign(&self) -> bool {
        form::is_foreign(&self.headers, &self.origin)
    }

    /// `host[:port]` by which the registry is reached, for commands to copy.
    pub(super) fn host(&self) -> String {
        let origin = self.origin.to_string();
        let host = origin.split_once("://").map_or(origin.as_str(), |(_, host)| host);
        if host.is_empty() { "REGISTRY".to_owned() } else { host.to_owned() }
    }

    /// The same answer for what is not there and for what the visitor may not see.
    pub(super) fn require(&self, repository: &Repository) -> Result<&Visitor, Refusal> {
        let visitor = self.signed_in()?;
        if visitor.sees(repository) { Ok(visitor) } else { Err(Refusal::NotThere) }
    }
}

impl Visitor {
    async fn of(app: &App, headers: &HeaderMap, now: Timestamp) -> Result<Option<Self>, ApiError> {
        let Some(id) = session::cookie(headers, is_secure(app)) else { return Ok(None) };
        let Some(session) = app.desk.sessions.find(&id, now) else { return Ok(None) };
        let Some(principal) = by_epoch(app, session.principal.clone(), session.epoch).await? else {
            app.desk.sessions.end(&id);
            return Ok(None);
        };
        let caller = Caller::direct(principal, session.epoch, now);
        Ok(Some(Self { caller, session, id }))
    }

    /// What the API asks for on everything about a repository.
    pub(super) fn sees(&self, repository: &Repository) -> bool {
        self.caller.may(Action::ReadDecisions, Some(repository))
    }

    pub(super) fn sign_out(&self, app: &App) {
        app.desk.sessions.end(&self.id);
    }
}

/// Whether browsers reach us over TLS.
pub(super) fn is_secure(app: &App) -> bool {
    app.settings.external_url.as_ref().is_some_and(|url| url.scheme() == "https")
}
