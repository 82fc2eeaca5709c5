//! Sessions in memory. The browser holds 256 random bits; here lies only their hash, so that neither a memory dump
//! nor the time of a look-up gives one away.

use std::{
    collections::HashMap,
    fmt::Write as _,
    sync::{Mutex, PoisonError},
};

use http::{HeaderMap, HeaderValue, header};
use lazaret_model::{Digest, Timestamp};
use lazaret_oci::sha256;

/// Life of a session.
const LIFE_S: i64 = 8 * 3600;

/// Sessions at one time; the one that ends first makes room.
const MAX_SESSIONS: usize = 10_000;

/// Name of the cookie; a browser takes a `__Host-` one only when it is `Secure` and of this very host.
const COOKIE: &str = "lazaret-session";
const SECURE_COOKIE: &str = "__Host-lazaret-session";

/// One signed-in browser.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    pub(super) principal: String,
    /// The principal's token epoch at sign-in: anything taken from it since ends the session.
    pub(super) epoch: i64,
    /// What each form of this session must carry.
    pub(super) form_token: String,
    ends: Timestamp,
}

#[derive(Debug, Default)]
pub(crate) struct Sessions(Mutex<HashMap<Digest, Session>>);

impl Sessions {
    /// A new session; its id, for the cookie.
    pub(super) fn begin(&self, principal: &str, epoch: i64, now: Timestamp) -> String {
        let id = hex::encode(rand::random::<[u8; 32]>());
        let ends = Timestamp::from_millis(now.as_millis().saturating_add(LIFE_S * 1000)).unwrap_or(now);
        let form_token = hex::encode(rand::random::<[u8; 32]>());
        let session = Session { principal: principal.to_owned(), epoch, form_token, ends };
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if held.len() >= MAX_SESSIONS {
            held.retain(|_, session| now < session.ends);
            let oldest = held.iter().min_by_key(|(_, session)| session.ends).map(|(key, _)| key.clone());
            if let Some(oldest) = oldest.filter(|_| held.len() >= MAX_SESSIONS) {
                held.remove(&oldest);
            }
        }
        held.insert(sha256(id.as_bytes()), session);
        id
    }

    pub(super) fn find(&self, id: &str, now: Timestamp) -> Option<Session> {
        let held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.get(&sha256(id.as_bytes())).filter(|session| now < session.ends).cloned()
    }

    pub(super) fn end(&self, id: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&sha256(id.as_bytes()));
    }
}

/// The session id that the browser sent.
pub(super) fn cookie(headers: &HeaderMap, secure: bool) -> Option<String> {
    let wanted = name(secure);
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    lines.flat_map(|line| line.split(';')).find_map(|pair| {
        let (name, value) = pair.trim().split_once('=')?;
        (name == wanted && value.len() == 64).then(|| value.to_owned())
    })
}

/// `Set-Cookie` for a session that begins, or (`None`) ends.
pub(super) fn set_cookie(id: Option<&str>, secure: bool) -> Option<HeaderValue> {
    let life = if id.is_some() { LIFE_S } else { 0 };
    let (name, value) = (name(secure), id.unwrap_or_default());
    let mut line = format!("{name}={value}; Path=/; Max-Age={life}; HttpOnly; SameSite=Strict");
    if secure {
        let _ = line.write_str("; Secure");
    }
    HeaderValue::from_str(&line).ok()
}

const fn name(secure: bool) -> &'static str {
    if secure { SECURE_COOKIE } else { COOKIE }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds * 1000).unwrap()
    }

    #[test]
    fn a_session_ends_by_time_and_by_word() {
        let sessions = Sessions::default();
        let (a, b) = (sessions.begin("p", 1, at(0)), sessions.begin("q", 2, at(0)));
        assert_ne!(a, b);
        assert_eq!(sessions.find(&a, at(LIFE_S - 1)).map(|s| (s.principal, s.epoch)), Some(("p".to_owned(), 1)));
        assert!(sessions.find(&a, at(LIFE_S)).is_none());
        sessions.end(&b);
        assert!(sessions.find(&b, at(1)).is_none() && sessions.find("", at(1)).is_none());
    }

    #[test]
    fn the_cookie_among_others() {
        let id = "a".repeat(64);
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, HeaderValue::from_str(&format!("x=1; {COOKIE}={id}; y=2")).unwrap());
        assert_eq!(cookie(&headers, false), Some(id.clone()));
        assert_eq!(cookie(&headers, true), None);
        let line = set_cookie(Some(&id), true).unwrap();
        assert!(line.to_str().unwrap().ends_with("HttpOnly; SameSite=Strict; Secure"));
    }
}
