//! One file over HTTP: conditional, resumable, limited.

use std::{
    fs::{self, File, OpenOptions},
    io::{Read, Write},
    time::Duration,
};

use reqwest::{
    StatusCode,
    header::{
        ACCEPT_ENCODING, CONTENT_RANGE, ETAG, HeaderMap, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE, LAST_MODIFIED,
        RANGE,
    },
};
use serde::{Deserialize, Serialize};
use url::Url;

use super::{FeedSource, FetchError, cache::Entry, cache::Meta};

/// Tries of one file in one run; each goes on where the last was cut, if the server can.
const ATTEMPTS: u32 = 4;
const PAUSE: Duration = Duration::from_millis(200);
/// A server that says nothing more must not hold an update for ever.
const ATTEMPT_TIME: Duration = Duration::from_mins(15);

/// What identifies a version of a resource (RFC 9110, 8.8).
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub(super) struct Validators {
    pub etag: Option<String>,
    pub last_modified: Option<String>,
    url: String,
}

impl Validators {
    fn of(url: &Url, headers: &HeaderMap) -> Self {
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        Self { etag: text(ETAG), last_modified: text(LAST_MODIFIED), url: url.to_string() }
    }

    /// What `If-Range` may carry: a strong entity tag, else the date.
    fn strong(&self) -> Option<&str> {
        self.etag.as_deref().filter(|etag| !etag.starts_with("W/")).or(self.last_modified.as_deref())
    }
}

pub(super) enum Response {
    NotFound,
    NotModified,
    /// All bytes lie in `Entry::part`.
    Complete(Validators),
}

pub(super) fn download(
    source: &mut FeedSource<'_>,
    url: &Url,
    entry: &Entry,
    known: Option<&Meta>,
    limit: u64,
) -> Result<Response, FetchError> {
    let mut failed = None;
    for attempt in 0..ATTEMPTS {
        if attempt > 0 {
            std::thread::sleep(PAUSE * (1 << attempt));
        }
        match try_once(source, url, entry, known, limit) {
            Ok(response) => return Ok(response),
            Err(error @ FetchError::Transport { .. }) => failed = Some(error),
            Err(error @ FetchError::Status { status, .. }) if status == 429 || status >= 500 => failed = Some(error),
            Err(error) => return Err(error),
        }
        tracing::debug!(feed = source.feed, url = %url, attempt, "transfer was cut");
    }
    Err(failed.unwrap_or_else(|| FetchError::Transport { place: url.to_string(), message: "no answer".to_owned() }))
}

fn try_once(
    source: &mut FeedSource<'_>,
    url: &Url,
    entry: &Entry,
    known: Option<&Meta>,
    limit: u64,
) -> Result<Response, FetchError> {
    let place = || url.to_string();
    let lost = |e: &dyn std::fmt::Display| FetchError::Transport { place: place(), message: e.to_string() };
    let io = |source| FetchError::Io { path: entry.part.clone(), source };
    let partial = resumable(entry, url);
    let mut request = source.client.get(url.clone()).header(ACCEPT_ENCODING, "identity").timeout(ATTEMPT_TIME);
    if let Some((length, validators)) = &partial {
        request = request.header(RANGE, format!("bytes={length}-"));
        request = request.header(IF_RANGE, validators.strong().unwrap_or_default());
    } else if let Some(meta) = known {
        if let Some(etag) = &meta.etag {
            request = request.header(IF_NONE_MATCH, etag);
        } else if let Some(date) = &meta.last_modified {
            request = request.header(IF_MODIFIED_SINCE, date);
        }
    }
    let mut response = request.send().map_err(|e| lost(&chain(&e)))?;
    let offset = match (response.status(), &partial) {
        (StatusCode::OK, _) => 0,
        (StatusCode::PARTIAL_CONTENT, Some((length, _))) if continues(response.headers(), *length) => *length,
        (StatusCode::PARTIAL_CONTENT | StatusCode::RANGE_NOT_SATISFIABLE, _) => {
            entry.clean();
            return Err(lost(&"the server sent another range than was asked for"));
        }
        (StatusCode::NOT_MODIFIED, _) => return Ok(Response::NotModified),
        (StatusCode::NOT_FOUND | StatusCode::GONE, _) => return Ok(Response::NotFound),
        (status, _) => return Err(FetchError::Status { place: place(), status: status.as_u16() }),
    };
    let validators = match partial {
        Some((_, validators)) if offset > 0 => validators,
        _ => Validators::of(url, response.headers()),
    };
    let total = response.content_length().map(|length| length.saturating_add(offset));
    if total.is_some_and(|total| total > limit) {
        entry.clean();
        return Err(FetchError::TooLarge { place: place(), limit });
    }
    source.start(total);
    let mut part = if offset > 0 {
        OpenOptions::new().append(true).open(&entry.part).map_err(io)?
    } else {
        File::create(&entry.part).map_err(io)?
    };
    fs::write(&entry.part_meta, serde_json::to_vec(&validators).unwrap_or_default()).map_err(io)?;
    let mut length = offset;
    let mut buffer = vec![0; 128 << 10];
    loop {
        let read = response.read(&mut buffer).map_err(|e| lost(&chain(&e)))?;
        if read == 0 {
            break;
        }
        length += read as u64;
        if length > limit {
            entry.clean();
            return Err(FetchError::TooLarge { place: place(), limit });
        }
        part.write_all(&buffer[..read]).map_err(io)?;
        source.advance(read);
    }
    if total.is_some_and(|total| total != length) {
        return Err(lost(&format!("{length} bytes of {}", total.unwrap_or_default())));
    }
    Ok(Response::Complete(validators))
}

/// Bytes of an earlier try that can be gone on with.
fn resumable(entry: &Entry, url: &Url) -> Option<(u64, Validators)> {
    let validators: Validators = serde_json::from_slice(&fs::read(&entry.part_meta).ok()?).ok()?;
    let length = fs::metadata(&entry.part).ok()?.len();
    (length > 0 && validators.url == url.as_str() && validators.strong().is_some()).then_some((length, validators))
}

/// `Content-Range: bytes <offset>-...`.
fn continues(headers: &HeaderMap, offset: u64) -> bool {
    let range = headers.get(CONTENT_RANGE).and_then(|value| value.to_str().ok());
    range.is_some_and(|range| range.starts_with(&format!("bytes {offset}-")))
}

/// An error with its causes in one line: reqwest's own text hides them.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
