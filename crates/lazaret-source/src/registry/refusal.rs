//! What a registry says when it says no (distribution-spec, "Error Codes"; Lazaret's gate puts its reasons in `detail`).

use std::io::Read;

use reqwest::StatusCode;
use serde::Deserialize;
use serde_json::Value;

use crate::words::printable;

/// Bytes of an error's body that are read.
const MAX_BODY: u64 = 64 << 10;
/// Reasons of a denial that are shown.
const MAX_REASONS: usize = 10;

#[derive(Deserialize)]
struct Body {
    errors: Vec<Fault>,
}

#[derive(Deserialize)]
struct Fault {
    #[serde(default)]
    code: String,
    #[serde(default)]
    message: String,
    #[serde(default)]
    detail: Value,
}

/// One line for people: status, the registry's words, a gate's reasons.
pub(super) fn describe(status: StatusCode, body: impl Read) -> String {
    let mut bytes = Vec::new();
    // What cannot be read is not shown; the status remains.
    let _ = body.take(MAX_BODY).read_to_end(&mut bytes);
    let said =
        serde_json::from_slice::<Body>(&bytes).ok().and_then(|body| body.errors.into_iter().next()).map(|fault| {
            let words = [fault.code.as_str(), fault.message.as_str()];
            let mut text = words.into_iter().filter(|w| !w.is_empty()).collect::<Vec<_>>().join(": ");
            let reasons = reasons(&fault.detail);
            if !reasons.is_empty() {
                text = format!("{text} ({})", reasons.join("; "));
            }
            text
        });
    let text = said.filter(|t| !t.is_empty()).map_or_else(|| status.to_string(), |said| format!("{said} ({status})"));
    printable(&text)
}

/// `{"reasons":[{"rule","message"}]}`, the list alone, or a text.
fn reasons(detail: &Value) -> Vec<String> {
    let list = detail.get("reasons").unwrap_or(detail);
    match list {
        Value::Array(list) => list.iter().take(MAX_REASONS).filter_map(reason).collect(),
        Value::String(_) => reason(list).into_iter().collect(),
        _ => Vec::new(),
    }
}

fn reason(value: &Value) -> Option<String> {
    let field = |name: &str| value.get(name).and_then(Value::as_str);
    match (field("rule"), field("message")) {
        (Some(rule), Some(message)) => Some(format!("{rule}: {message}")),
        (one, other) => one.or(other).or_else(|| value.as_str()).map(str::to_owned),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words() {
        let describe = |body: &str| describe(StatusCode::FORBIDDEN, body.as_bytes());
        let reasons = r#"{"errors":[{"code":"DENIED","message":"image is blocked","detail":{"state":"blocked",
            "reasons":[{"rule":"known_vulnerability","message":"CVE-2021-1 in x"},{"rule":"root_user"},"more"]}}]}"#;
        assert_eq!(
            describe(reasons),
            "DENIED: image is blocked (known_vulnerability: CVE-2021-1 in x; root_user; more) (403 Forbidden)"
        );
        assert_eq!(describe(r#"{"errors":[{"code":"DENIED","detail":"why"}]}"#), "DENIED (why) (403 Forbidden)");
        for nothing in ["", "<html>", r#"{"errors":[]}"#, "[[[[", r#"{"errors":[{}]}"#] {
            assert_eq!(describe(nothing), "403 Forbidden", "{nothing}");
        }
        let long = format!(r#"{{"errors":[{{"message":"\u001b[31m{}"}}]}}"#, "x".repeat(5000));
        assert!(!describe(&long).contains('\u{1b}') && describe(&long).len() < 700);
    }
}
