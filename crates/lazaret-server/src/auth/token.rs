//! The token service (distribution, "Token Authentication"): `GET` with Basic, `POST` with Basic or a form.

use std::sync::Arc;

use axum::{extract::State, response::Response};
use http::{HeaderMap, StatusCode, Uri, header};
use lazaret_model::Timestamp;
use serde_json::json;

use super::{
    claims::{Access, Claims},
    principal::{Caller, Presented, by_secret, present},
    scope::{MAX_SCOPES, Scope},
};
use crate::{ApiError, App, call::read_all, distribution::json as json_response, error::Code};

/// Largest form.
const MAX_FORM: usize = 64 * 1024;

/// What was asked for, in either way.
#[derive(Default)]
struct Wanted {
    scopes: Vec<String>,
    grant_type: Option<String>,
    username: Option<String>,
    password: Option<String>,
}

pub(crate) async fn get(State(app): State<Arc<App>>, uri: Uri, headers: HeaderMap) -> Result<Response, ApiError> {
    let wanted = parse(uri.query().unwrap_or_default().as_bytes())?;
    let caller = by_header(&app, &headers).await?;
    answer(&app, caller, &wanted, false)
}

pub(crate) async fn post(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    body: axum::body::Body,
) -> Result<Response, ApiError> {
    let length = headers.get(header::CONTENT_LENGTH).and_then(|v| v.to_str().ok()).and_then(|v| v.parse().ok());
    let form = read_all(body, length, MAX_FORM, app.settings.body_timeout).await?;
    let mut wanted = parse(&form)?;
    let caller = match wanted.grant_type.as_deref() {
        Some("password") => match (wanted.username.take(), wanted.password.take()) {
            (Some(id), Some(secret)) => by_secret(&app, id, secret).await?,
            _ => by_header(&app, &headers).await?,
        },
        None => by_header(&app, &headers).await?,
        Some(_) => {
            let message = "this grant_type is not supported: use password, or Basic";
            return Err(ApiError::bad_request(Code::Unsupported, message)
                .with_detail(json!({ "error": "unsupported_grant_type" })));
        }
    };
    answer(&app, caller, &wanted, true)
}

/// Only Basic gets a token: one that begets another would outlive its end.
async fn by_header(app: &App, headers: &HeaderMap) -> Result<Option<Caller>, ApiError> {
    Ok(match present(app, headers).await? {
        Presented::Caller(caller) if caller.token.is_none() => Some(*caller),
        _ => None,
    })
}

fn answer(app: &App, caller: Option<Caller>, wanted: &Wanted, post: bool) -> Result<Response, ApiError> {
    let caller = caller.ok_or_else(|| {
        let message = "id and secret are wanted, and must be right: docker login -u ID -p SECRET";
        ApiError::new(StatusCode::UNAUTHORIZED, Code::Unauthorized, message)
            .with_header(header::WWW_AUTHENTICATE, &format!("Basic realm=\"{}\"", app.settings.service))
    })?;
    let scopes = Scope::parse_all(wanted.scopes.iter().map(String::as_str));
    let access: Vec<Access> = scopes.iter().map(|scope| scope.grant(&caller.principal, caller.now)).collect();
    let granted = granted(&access);
    let token = mint(app, &caller, access)?;
    let mut body = json!({
        "token": token,
        "access_token": token,
        "expires_in": app.settings.token_ttl.as_secs(),
        "issued_at": whole_seconds(caller.now).to_string(),
    });
    if post {
        body["scope"] = json!(granted);
        body["token_type"] = json!("Bearer");
    }
    let mut response = json_response(&body);
    response.headers_mut().insert(header::CACHE_CONTROL, http::HeaderValue::from_static("no-store"));
    Ok(response)
}

/// A token for `caller`, void as soon as anything is taken from it.
fn mint(app: &App, caller: &Caller, access: Vec<Access>) -> Result<String, ApiError> {
    let now = caller.now.as_millis().div_euclid(1000);
    let life = i64::try_from(app.settings.token_ttl.as_secs()).unwrap_or(i64::MAX);
    let claims = Claims {
        iss: app.settings.service.clone(),
        sub: caller.principal.id.clone(),
        aud: app.settings.service.clone(),
        exp: now.saturating_add(life),
        nbf: now,
        iat: now,
        jti: format!("{:032x}", rand::random::<u128>()),
        epoch: caller.epoch,
        access: access.into_iter().filter(|a| !a.actions.is_empty()).collect(),
    };
    app.token_key
        .sign(&claims)
        .ok_or_else(|| ApiError::internal("a token could not be signed", &std::io::Error::other("signing failed")))
}

/// The scope of a POST answer: what was granted, not what was asked.
fn granted(access: &[Access]) -> String {
    let held = access.iter().filter(|a| !a.actions.is_empty());
    held.map(|a| format!("{}:{}:{}", a.kind, a.name, a.actions.join(","))).collect::<Vec<_>>().join(" ")
}

fn whole_seconds(now: Timestamp) -> Timestamp {
    Timestamp::from_millis(now.as_millis().div_euclid(1000) * 1000).unwrap_or(now)
}

/// A query string or a form; `scope` may stand there several times.
fn parse(text: &[u8]) -> Result<Wanted, ApiError> {
    let mut wanted = Wanted::default();
    for (name, value) in url::form_urlencoded::parse(text) {
        match &*name {
            "scope" if wanted.scopes.len() >= MAX_SCOPES => {
                return Err(ApiError::bad_request(Code::Invalid, format!("more than {MAX_SCOPES} scopes")));
            }
            "scope" => wanted.scopes.push(value.into_owned()),
            "grant_type" => wanted.grant_type = Some(value.into_owned()),
            "username" => wanted.username = Some(value.into_owned()),
            "password" => wanted.password = Some(value.into_owned()),
            _ => {}
        }
    }
    Ok(wanted)
}
