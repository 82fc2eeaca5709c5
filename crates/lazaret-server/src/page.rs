//! Pages of `tags/list` and `_catalog`: `n`, `last`, and the `Link` to the next page.

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, header};
use serde::Deserialize;

use crate::{ApiError, error::Code};

/// Names on one page when the client names no number, and the most it can ask for.
pub(crate) const MAX_PAGE: usize = 1000;

#[derive(Debug, Default, Deserialize)]
struct Query {
    n: Option<String>,
    last: Option<String>,
}

/// What part of the list is wanted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Page {
    pub n: usize,
    /// Exclusive.
    pub last: Option<String>,
}

impl Page {
    pub(crate) fn parse(query: Option<&str>) -> Result<Self, ApiError> {
        let query: Query = parse_query(query)?;
        let n = match query.n.as_deref() {
            None | Some("") => MAX_PAGE,
            // Digits alone: a number that is too large for the machine is no less than the limit.
            Some(text) if text.bytes().all(|b| b.is_ascii_digit()) => text.parse().unwrap_or(MAX_PAGE).min(MAX_PAGE),
            Some(_) => return Err(ApiError::bad_request(Code::Invalid, "n must be a number that is not negative")),
        };
        Ok(Self { n, last: query.last.filter(|l| !l.is_empty()) })
    }

    /// Cuts a list that has at most one name too many, and says where the next page begins.
    pub(crate) fn cut(&self, mut names: Vec<String>) -> (Vec<String>, Option<String>) {
        let more = names.len() > self.n;
        names.truncate(self.n);
        let next = names.last().filter(|_| more).cloned();
        (names, next)
    }
}

/// The JSON answer, with `Link` when there is a next page.
pub(crate) fn answer(path: &str, page: &Page, next: Option<&str>, body: &serde_json::Value) -> Response {
    let mut response = crate::distribution::json(body).into_response();
    if let Some(next) = next {
        let last: String = url::form_urlencoded::byte_serialize(next.as_bytes()).collect();
        if let Ok(link) = HeaderValue::from_str(&format!("<{path}?n={}&last={last}>; rel=\"next\"", page.n)) {
            response.headers_mut().insert(header::LINK, link);
        }
    }
    response
}

/// The query string as a struct; a malformed one is the client's fault.
pub(crate) fn parse_query<T: serde::de::DeserializeOwned>(query: Option<&str>) -> Result<T, ApiError> {
    let uri: http::Uri = format!("/?{}", query.unwrap_or_default())
        .parse()
        .map_err(|_| ApiError::bad_request(Code::Invalid, "the query string is not valid"))?;
    axum::extract::Query::try_from_uri(&uri)
        .map(|axum::extract::Query(value)| value)
        .map_err(|_| ApiError::bad_request(Code::Invalid, "the query string is not valid"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_bounds() {
        let page = |q| Page::parse(Some(q)).map(|p| p.n);
        assert_eq!(page("n=0").ok(), Some(0));
        assert_eq!(page("n=5&last=a").ok(), Some(5));
        assert_eq!(page("n=99999999").ok(), Some(MAX_PAGE));
        assert!(page("n=-1").is_err() && page("n=x").is_err());
        assert_eq!(Page::parse(None).unwrap(), Page { n: MAX_PAGE, last: None });
    }

    #[test]
    fn an_empty_page_has_no_next() {
        let page = Page { n: 0, last: None };
        assert_eq!(page.cut(vec!["a".into()]), (vec![], None));
        let page = Page { n: 1, last: None };
        assert_eq!(page.cut(vec!["a".into(), "b".into()]), (vec!["a".into()], Some("a".into())));
        assert_eq!(page.cut(vec!["a".into()]), (vec!["a".into()], None));
    }
}
