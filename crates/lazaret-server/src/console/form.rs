//! What a form sent, and whether it was one of ours.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use http::{HeaderMap, header};

use crate::origin::Origin;

/// Largest form that is taken, in bytes.
pub(super) const MAX_FORM: usize = 16 * 1024;

/// Fields of `application/x-www-form-urlencoded`, in order.
#[derive(Debug, Default)]
pub(crate) struct Form(Vec<(String, String)>);

impl Form {
    pub(super) fn parse(bytes: &[u8]) -> Self {
        Self(url::form_urlencoded::parse(bytes).map(|(n, v)| (n.into_owned(), v.into_owned())).collect())
    }

    /// The first field of that name; empty when there is none.
    pub(super) fn text(&self, name: &str) -> &str {
        self.0.iter().find(|(n, _)| n == name).map_or("", |(_, value)| value)
    }

    /// Whether the form carries the session's token.
    pub(super) fn carries(&self, token: &str) -> bool {
        verify_slices_are_equal(self.text("form").as_bytes(), token.as_bytes()).is_ok()
    }
}

/// Whether another site made the browser send this. `Sec-Fetch-Site` says it best, but only over TLS and loopback;
/// `Origin` is `null` on our own pages, because they send no referrer.
pub(super) fn is_foreign(headers: &HeaderMap, origin: &Origin) -> bool {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    if let Some(site) = text("sec-fetch-site") {
        return !matches!(site, "same-origin" | "none");
    }
    match text(header::ORIGIN.as_str()) {
        None | Some("null") => false,
        Some(from) => from != origin.to_string(),
    }
}

/// A path of ours to go on to after signing in; anything else leads home.
pub(super) fn next(wanted: &str) -> &str {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"/:@._-?&=%".contains(&b);
    if wanted.starts_with("/r/") && wanted.len() <= 1024 && wanted.bytes().all(plain) { wanted } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_paths_are_gone_on_to() {
        assert_eq!(next("/r/team/app:1?layer=2"), "/r/team/app:1?layer=2");
        for bad in ["//evil.example", "https://evil.example", "/r/\\evil", "/r/a\nb", "/\\evil", "", "r/a"] {
            assert_eq!(next(bad), "/", "{bad:?}");
        }
    }

    #[test]
    fn fields_and_tokens() {
        let form = Form::parse(b"id=a%20b&secret=%3Cx%3E&form=tok");
        assert_eq!((form.text("id"), form.text("secret"), form.text("none")), ("a b", "<x>", ""));
        assert!(form.carries("tok") && !form.carries("toc") && !Form::default().carries("tok"));
    }
}
