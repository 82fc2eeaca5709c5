//! From the `Authorization` header to a caller. The principal is read from the store on every request, so a
//! revocation, a disabled or an expired principal is felt by the next request, whatever token it holds.

use base64::{Engine, engine::general_purpose::STANDARD};
use http::{HeaderMap, header};
use lazaret_model::{Action, Prefix, Principal, Repository, Timestamp, allows};

use super::claims::Claims;
use crate::{ApiError, App};

/// Clock difference that a token's times are granted, in seconds.
const LEEWAY: i64 = 60;

/// Longest `Authorization` header that is looked at.
const MAX_AUTHORIZATION: usize = 16 * 1024;

/// Who asks, with the proof that was shown.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    pub principal: Principal,
    pub now: Timestamp,
    /// The principal's token epoch at that time, read before its secret was checked.
    pub epoch: i64,
    /// The claims of the token; `None` for Basic and for a console session.
    pub token: Option<Claims>,
}

/// What became of the header.
pub(crate) enum Presented {
    /// No header: nobody.
    Nothing,
    /// A proof that does not hold (any more).
    Invalid,
    Caller(Box<Caller>),
}

impl Caller {
    /// By id and secret alone, with all rights of its bindings.
    pub(crate) fn direct(principal: Principal, epoch: i64, now: Timestamp) -> Self {
        Self { principal, now, epoch, token: None }
    }

    /// The bindings of now, intersected with what the token was made for.
    pub(crate) fn may(&self, action: Action, repository: Option<&Repository>) -> bool {
        self.holds(action, repository) && self.token.as_ref().is_none_or(|t| t.cover(action, repository))
    }

    /// Whether any binding of now allows it, on whatever prefix.
    pub(crate) fn may_somewhere(&self, action: Action) -> bool {
        let live = |end: Option<Timestamp>| end.is_none_or(|end| self.now < end);
        self.principal.bindings.iter().any(|held| held.role.may(action) && live(held.expires))
            && self.token.as_ref().is_none_or(|t| t.cover(action, None))
    }

    /// Prefixes outside of which the caller may pull nothing; inside, [`Caller::may`] has the last word.
    pub(crate) fn pulls_within(&self) -> Vec<Prefix> {
        let Some(claims) = &self.token else {
            let live = |end: Option<Timestamp>| end.is_none_or(|end| self.now < end);
            let held = self.principal.bindings.iter().filter(|held| held.role.may(Action::Pull) && live(held.expires));
            return held.map(|held| held.on.clone()).collect();
        };
        let named = claims.repositories().filter_map(|name| Repository::parse(name).ok());
        let pulled = named.filter(|repository| self.may(Action::Pull, Some(repository)));
        pulled.filter_map(|repository| Prefix::parse(repository.as_str()).ok()).collect()
    }

    /// The bindings of now alone.
    pub(crate) fn holds(&self, action: Action, repository: Option<&Repository>) -> bool {
        allows(&self.principal, action, repository, self.now)
    }
}

/// Reads the header and asks the store.
pub(crate) async fn present(app: &App, headers: &HeaderMap) -> Result<Presented, ApiError> {
    let Some(value) = headers.get(header::AUTHORIZATION) else { return Ok(Presented::Nothing) };
    let Some((scheme, proof)) = value.to_str().ok().filter(|v| v.len() <= MAX_AUTHORIZATION).and_then(split) else {
        return Ok(Presented::Invalid);
    };
    let caller = if scheme.eq_ignore_ascii_case("basic") {
        match basic(proof) {
            Some((id, secret)) => by_secret(app, id, secret).await?,
            None => None,
        }
    } else if scheme.eq_ignore_ascii_case("bearer") {
        by_token(app, proof).await?
    } else {
        None
    };
    Ok(caller.map_or(Presented::Invalid, |caller| Presented::Caller(Box::new(caller))))
}

/// The principal with this id and secret, if it may come in at all.
pub(crate) async fn by_secret(app: &App, id: String, secret: String) -> Result<Option<Caller>, ApiError> {
    if id.is_empty() || secret.is_empty() {
        return Ok(None);
    }
    let found = app
        .ask(move |store| {
            // The epoch first: with the other order, a secret rotated in between would still get a good token.
            let Some((_, epoch)) = store.principal_with_epoch(&id)? else { return Ok(None) };
            Ok(store.authenticate(&id, &secret)?.map(|principal| (principal, epoch)))
        })
        .await?;
    Ok(found.map(|(principal, epoch)| Caller::direct(principal, epoch, app.now())))
}

async fn by_token(app: &App, token: &str) -> Result<Option<Caller>, ApiError> {
    let Some(claims) = app.token_key.verify(token, &app.settings.service) else { return Ok(None) };
    let now = app.now();
    let seconds = now.as_millis().div_euclid(1000);
    if claims.exp.saturating_add(LEEWAY) <= seconds || claims.nbf.saturating_sub(LEEWAY) > seconds {
        return Ok(None);
    }
    let Some(principal) = by_epoch(app, claims.sub.clone(), claims.epoch).await? else { return Ok(None) };
    Ok(Some(Caller { principal, now, epoch: claims.epoch, token: Some(claims) }))
}

/// The principal, unless it was disabled, has expired, or had a right or its secret taken since `epoch`.
pub(crate) async fn by_epoch(app: &App, id: String, epoch: i64) -> Result<Option<Principal>, ApiError> {
    let found = app.ask(move |store| store.principal_with_epoch(&id)).await?;
    Ok(found.filter(|(_, now)| *now == epoch).map(|(principal, _)| principal))
}

fn split(value: &str) -> Option<(&str, &str)> {
    value.split_once(' ').map(|(scheme, proof)| (scheme, proof.trim()))
}

fn basic(proof: &str) -> Option<(String, String)> {
    let text = String::from_utf8(STANDARD.decode(proof).ok()?).ok()?;
    text.split_once(':').map(|(id, secret)| (id.to_owned(), secret.to_owned()))
}
