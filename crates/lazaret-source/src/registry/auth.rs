//! Challenges of a registry (RFC 9110, 11.6.1; distribution, "Token Authentication Specification").

use base64::Engine as _;
use serde::Deserialize;

/// One challenge of a `WWW-Authenticate` header.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Challenge {
    /// Lower case.
    pub(super) scheme: String,
    parameters: Vec<(String, String)>,
}

impl Challenge {
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// All challenges of one header value.
pub(super) fn challenges(header: &str) -> Vec<Challenge> {
    let mut all: Vec<Challenge> = Vec::new();
    let mut rest = header;
    loop {
        rest = rest.trim_start_matches([' ', '\t', ',']);
        let end = rest.find([' ', '\t', ',', '=']).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        if word.is_empty() {
            return all;
        }
        let after = after.trim_start_matches([' ', '\t']);
        match (after.strip_prefix('='), all.last_mut()) {
            (Some(value), Some(challenge)) => {
                let (value, next) = parameter_value(value.trim_start_matches([' ', '\t']));
                challenge.parameters.push((word.to_ascii_lowercase(), value));
                rest = next;
            }
            (Some(_), None) => return all,
            (None, _) => {
                all.push(Challenge { scheme: word.to_ascii_lowercase(), parameters: Vec::new() });
                rest = after;
            }
        }
    }
}

/// A token or a quoted string, and what follows.
fn parameter_value(text: &str) -> (String, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find([' ', '\t', ',']).unwrap_or(text.len());
        return (text[..end].to_owned(), &text[end..]);
    };
    let mut value = String::new();
    let mut escaped = false;
    for (at, c) in quoted.char_indices() {
        match c {
            _ if escaped => {
                value.push(c);
                escaped = false;
            }
            '\\' => escaped = true,
            '"' => return (value, &quoted[at + 1..]),
            c => value.push(c),
        }
    }
    (value, "")
}

/// The value of `Authorization` for Basic.
pub(super) fn basic((id, secret): &(String, String)) -> String {
    format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(format!("{id}:{secret}")))
}

/// What a token endpoint answers.
#[derive(Deserialize)]
pub(super) struct TokenAnswer {
    token: Option<String>,
    access_token: Option<String>,
}

impl TokenAnswer {
    /// The value of `Authorization` for it.
    pub(super) fn header(self) -> Option<String> {
        self.token.or(self.access_token).filter(|t| !t.is_empty()).map(|token| format!("Bearer {token}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers() {
        let all = challenges(
            r#"Bearer realm="https://a/token?x=1,2", service=reg , scope="repository:a:pull,push", Basic realm="b\"c""#,
        );
        assert_eq!(all.len(), 2);
        assert_eq!((all[0].scheme.as_str(), all[0].parameter("realm")), ("bearer", Some("https://a/token?x=1,2")));
        assert_eq!(
            (all[0].parameter("service"), all[0].parameter("scope")),
            (Some("reg"), Some("repository:a:pull,push"))
        );
        assert_eq!((all[1].scheme.as_str(), all[1].parameter("realm")), ("basic", Some("b\"c")));
        for odd in ["", ",,", "=x", "Basic", "Bearer realm=", "Bearer realm=\"open", "a b c=\"", "é=é"] {
            assert!(challenges(odd).len() <= 2, "{odd}");
        }
    }

    #[test]
    fn basic_header() {
        assert_eq!(basic(&("Aladdin".to_owned(), "open sesame".to_owned())), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
    }
}
