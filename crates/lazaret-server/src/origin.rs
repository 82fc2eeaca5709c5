//! Scheme and host that the client reached us by, for challenges and links.

use std::fmt;

use http::{HeaderMap, Uri, header};

use crate::{ApiError, App, error::Code};

/// `scheme://host[:port]`, safe to print into a header.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Origin(String);

impl Origin {
    /// The configured external URL, else the request's own host. Without either (HTTP/1.0), only a path.
    pub(crate) fn of(app: &App, uri: &Uri, headers: &HeaderMap) -> Result<Self, ApiError> {
        if let Some(url) = &app.settings.external_url {
            return Ok(Self(url.as_str().trim_end_matches('/').to_owned()));
        }
        let host = match headers.get(header::HOST) {
            Some(value) => value.to_str().unwrap_or("\0"),
            None => uri.authority().map_or("", |a| a.as_str()),
        };
        if host.is_empty() {
            return Ok(Self(String::new()));
        }
        if !is_host(host) {
            return Err(ApiError::bad_request(Code::Invalid, "the Host header is not valid"));
        }
        Ok(Self(format!("http://{host}")))
    }
}

/// `name[:port]`, an IPv4 or a bracketed IPv6 address; nothing that could leave a quoted header value.
fn is_host(text: &str) -> bool {
    let good = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b':' | b'[' | b']');
    text.len() <= 255
        && text.bytes().all(good)
        && text.parse::<http::uri::Authority>().is_ok_and(|a| !a.host().is_empty())
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::is_host;

    #[test]
    fn hosts() {
        for good in ["localhost:5000", "127.0.0.1:1", "[::1]:5000", "reg.example"] {
            assert!(is_host(good), "{good}");
        }
        for bad in ["a\"b", "user@host", "a b", "a/b", "", ":80", "a,b"] {
            assert!(!is_host(bad), "{bad}");
        }
    }
}
