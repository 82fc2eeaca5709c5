//! One authenticated request. A handler takes a [`Call`], and only [`Asked::permit`] makes one: a route that names
//! no action does not compile.

use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Body;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, Method, Uri, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use lazaret_model::{Action, Repository};
use serde::de::DeserializeOwned;

use crate::{
    ApiError, App,
    auth::{
        permission::{self, Fault},
        principal::{Caller, Presented, present},
    },
    error::Code,
    gate::Rights,
    origin::Origin,
    page,
};

/// Longest time for a body that is only taken off the wire.
const DRAIN: std::time::Duration = std::time::Duration::from_secs(5);

/// Who asks is known; whether it may is not.
pub(crate) struct Asked(Call);

/// A request whose action was permitted.
pub(crate) struct Call {
    pub app: Arc<App>,
    pub caller: Caller,
    pub origin: Origin,
    pub method: Method,
    pub uri: Uri,
    pub headers: HeaderMap,
    /// In a lock only because a body is not `Sync`, and `&Call` lives across awaits.
    body: Mutex<Body>,
}

impl Asked {
    /// Authenticates. `scope` is what the challenge asks for when nobody is there.
    pub(crate) async fn of(
        app: Arc<App>,
        request: http::Request<Body>,
        scope: Option<String>,
    ) -> Result<Self, ApiError> {
        let (parts, body) = request.into_parts();
        let origin = Origin::of(&app, &parts.uri, &parts.headers)?;
        let fault = match present(&app, &parts.headers).await? {
            Presented::Caller(caller) => {
                tracing::Span::current().record("principal.id", caller.principal.id.as_str());
                let (method, uri, headers) = (parts.method, parts.uri, parts.headers);
                return Ok(Self(Call { app, caller: *caller, origin, method, uri, headers, body: Mutex::new(body) }));
            }
            Presented::Nothing => Fault::Missing,
            Presented::Invalid => Fault::Invalid,
        };
        Err(permission::challenge(&origin, &app.settings.service, scope.as_deref(), fault))
    }

    pub(crate) const fn method(&self) -> &Method {
        &self.0.method
    }

    /// For what every principal may do.
    pub(crate) fn signed_in(self) -> Call {
        self.0
    }

    /// `repository` is `None` for what belongs to none.
    pub(crate) fn permit(self, action: Action, repository: Option<&Repository>) -> Result<Call, ApiError> {
        self.0.require(action, repository)?;
        Ok(self.0)
    }
}

impl Asked {
    /// For what is managed by prefix: some binding must allow it, the handler checks on what.
    pub(crate) fn permit_somewhere(self, action: Action) -> Result<Call, ApiError> {
        if self.0.caller.may_somewhere(action) {
            return Ok(self.0);
        }
        Err(permission::refusal(&self.0.caller, action, None, &self.0.origin, &self.0.app.settings.service))
    }
}

impl Call {
    pub(crate) fn require(&self, action: Action, repository: Option<&Repository>) -> Result<(), ApiError> {
        if self.caller.may(action, repository) {
            return Ok(());
        }
        Err(permission::refusal(&self.caller, action, repository, &self.origin, &self.app.settings.service))
    }

    /// What the gate goes by.
    pub(crate) fn rights(&self, repository: &Repository) -> Rights {
        Rights {
            pull: self.caller.may(Action::Pull, Some(repository)),
            read_unapproved: self.caller.may(Action::ReadUnapproved, Some(repository)),
        }
    }

    pub(crate) fn actor(&self) -> String {
        self.caller.principal.id.clone()
    }

    pub(crate) fn query<T: DeserializeOwned>(&self) -> Result<T, ApiError> {
        page::parse_query(self.uri.query())
    }

    pub(crate) fn header(&self, name: &HeaderName) -> Option<&str> {
        self.headers.get(name).and_then(|v| v.to_str().ok())
    }

    /// The announced length of the body; `None` for a stream.
    pub(crate) fn content_length(&self) -> Option<u64> {
        self.header(&header::CONTENT_LENGTH).and_then(|v| v.parse().ok())
    }

    /// The body, once.
    pub(crate) fn take_body(&mut self) -> Body {
        std::mem::take(self.body.get_mut().unwrap_or_else(PoisonError::into_inner))
    }

    /// The whole body, up to `limit` bytes.
    pub(crate) async fn bytes(&mut self, limit: usize) -> Result<Bytes, ApiError> {
        let body = self.take_body();
        read_all(body, self.content_length(), limit, self.app.settings.body_timeout).await
    }

    /// The body as JSON.
    pub(crate) async fn json<T: DeserializeOwned>(&mut self, limit: usize) -> Result<T, ApiError> {
        let bytes = self.bytes(limit).await?;
        serde_json::from_slice(&bytes)
            .map_err(|e| ApiError::bad_request(Code::Invalid, format!("the body is not the JSON that is wanted: {e}")))
    }
}

/// Takes a refused body that is little too long off the wire: a client that is still sending when the connection
/// closes does not see the answer.
async fn drain(mut body: Body, limit: usize, patience: std::time::Duration) {
    let most = limit.saturating_mul(2);
    let all = async {
        let mut seen = 0;
        while let Some(Ok(frame)) = body.frame().await {
            seen += frame.data_ref().map_or(0, Bytes::len);
            if seen > most {
                break;
            }
        }
    };
    // However it ends, the answer is the same.
    let _ = tokio::time::timeout(patience.min(DRAIN), all).await;
}

/// A body of at most `limit` bytes, that must arrive within `patience`.
pub(crate) async fn read_all(
    body: Body,
    announced: Option<u64>,
    limit: usize,
    patience: std::time::Duration,
) -> Result<Bytes, ApiError> {
    let limit_wide = u64::try_from(limit).unwrap_or(u64::MAX);
    if announced.is_some_and(|length| length > limit_wide) {
        drain(body, limit, patience).await;
        return Err(ApiError::too_large(limit_wide));
    }
    match tokio::time::timeout(patience, Limited::new(body, limit).collect()).await {
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(ApiError::too_large(limit_wide)),
        _ => Err(ApiError::bad_request(Code::Invalid, "the body ended early")),
    }
}
