//! Sign in with a principal's id and secret; sign out.

use std::{sync::Arc, time::Duration};

use askama::Template;
use axum::response::Response;
use http::{StatusCode, header};
use tokio::time::{Instant, sleep_until};

use crate::{
    auth::principal::by_secret,
    console::{
        form,
        refusal::Refusal,
        respond, session,
        shell::Shell,
        visit::{Visit, is_secure},
    },
};

/// A refusal takes this long, whatever was wrong.
const PATIENCE: Duration = Duration::from_millis(400);

/// Longest id or secret that is looked at.
const MAX_FIELD: usize = 512;

#[derive(Template)]
#[template(path = "sign_in.html")]
struct Page {
    shell: Shell,
    /// Where to go afterwards.
    next: String,
    problem: &'static str,
    service: String,
}

/// The form; who is signed in is sent on.
pub(crate) async fn show(visit: Arc<Visit>) -> Result<Response, Refusal> {
    let query: Vec<(String, String)> =
        url::form_urlencoded::parse(visit.uri.query().unwrap_or_default().as_bytes()).into_owned().collect();
    let next = query.iter().find(|(name, _)| name == "next").map_or("/", |(_, value)| form::next(value));
    if visit.visitor().is_some() {
        return Ok(respond::see_other(next));
    }
    answer(&visit, next, StatusCode::OK, "")
}

pub(crate) async fn enter(visit: Arc<Visit>) -> Result<Response, Refusal> {
    if visit.is_foreign() {
        return Err(Refusal::ForeignForm);
    }
    let (app, next) = (&visit.app, form::next(visit.form.text("next")));
    let (id, secret) = (visit.form.text("id").trim(), visit.form.text("secret").trim());
    if app.desk.throttle.is_shut(id, visit.now) {
        let problem = "Too many attempts with this id. Wait five minutes.";
        return answer(&visit, next, StatusCode::TOO_MANY_REQUESTS, problem);
    }
    let end = Instant::now() + PATIENCE;
    let fits = id.len() <= MAX_FIELD && secret.len() <= MAX_FIELD;
    let caller = if fits { by_secret(app, id.to_owned(), secret.to_owned()).await? } else { None };
    let Some(caller) = caller else {
        app.desk.throttle.failed(id, visit.now);
        sleep_until(end).await;
        return answer(&visit, next, StatusCode::UNAUTHORIZED, "Id or secret is wrong, expired or revoked.");
    };
    app.desk.throttle.succeeded(id);
    if let Some(before) = visit.visitor() {
        before.sign_out(app);
    }
    let session = app.desk.sessions.begin(&caller.principal.id, caller.epoch, visit.now);
    tracing::info!(principal.id = %caller.principal.id, "signed in to the console");
    let mut response = respond::see_other(next);
    if let Some(cookie) = session::set_cookie(Some(&session), is_secure(app)) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

pub(crate) async fn leave(visit: Arc<Visit>) -> Result<Response, Refusal> {
    visit.own_form()?.sign_out(&visit.app);
    let mut response = respond::see_other("/sign-in");
    if let Some(cookie) = session::set_cookie(None, is_secure(&visit.app)) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

fn answer(visit: &Visit, next: &str, status: StatusCode, problem: &'static str) -> Result<Response, Refusal> {
    let service = visit.app.settings.service.clone();
    Ok(respond::page(status, &Page { shell: Shell::of(visit), next: next.to_owned(), problem, service })?)
}
