//! Values that are secrets whatever their name is: formats that issuers publish.

/// Prefix, least number of token characters after it, what it is.
const TOKENS: [(&str, usize, &str); 26] = [
    ("AKIA", 16, "an AWS access key"),
    ("ASIA", 16, "an AWS access key"),
    ("ghp_", 36, "a GitHub token"),
    ("gho_", 36, "a GitHub token"),
    ("ghu_", 36, "a GitHub token"),
    ("ghs_", 36, "a GitHub token"),
    ("ghr_", 36, "a GitHub token"),
    ("github_pat_", 22, "a GitHub token"),
    ("glpat-", 20, "a GitLab token"),
    ("xoxb-", 10, "a Slack token"),
    ("xoxp-", 10, "a Slack token"),
    ("xoxa-", 10, "a Slack token"),
    ("xapp-", 10, "a Slack token"),
    ("sk_live_", 16, "a Stripe key"),
    ("rk_live_", 16, "a Stripe key"),
    ("AIza", 35, "a Google API key"),
    ("GOCSPX-", 20, "a Google client secret"),
    ("npm_", 36, "an npm token"),
    ("pypi-", 50, "a PyPI token"),
    ("dckr_pat_", 20, "a Docker Hub token"),
    ("hvs.", 20, "a Vault token"),
    ("hf_", 30, "a Hugging Face token"),
    ("sk-ant-", 20, "an Anthropic key"),
    ("sk-proj-", 20, "an OpenAI key"),
    ("SG.", 40, "a SendGrid key"),
    ("dop_v1_", 40, "a DigitalOcean token"),
];

/// What kind of secret `value` is by its form.
pub(super) fn secret(value: &str) -> Option<&'static str> {
    if value.contains("-----BEGIN ") && value.contains("PRIVATE KEY") {
        return Some("a private key");
    }
    if has_url_password(value) {
        return Some("a URL with a password");
    }
    let token = |word: &str| {
        let known = TOKENS.iter().find(|(prefix, least, _)| {
            word.strip_prefix(prefix)
                .is_some_and(|rest| rest.bytes().take_while(|b| is_token_byte(*b)).count() >= *least)
        });
        known.map(|(_, _, what)| *what).or_else(|| is_jwt(word).then_some("a signed token (JWT)"))
    };
    // A token may be embedded: `Bearer x`, `//host/:_authToken=x`, `a,b`.
    value.split(|c: char| c.is_whitespace() || "=,;\"':/@|&?".contains(c)).find_map(token)
}

fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.')
}

/// `scheme://user:password@host`, where the password is no reference to a variable.
fn has_url_password(value: &str) -> bool {
    value.match_indices("://").any(|(at, _)| {
        let rest = &value[at + 3..];
        let authority = rest.split(['/', '?', '#', ' ', '"', '\'']).next().unwrap_or_default();
        let password =
            authority.rsplit_once('@').and_then(|(user, _)| user.split_once(':')).map(|(_, password)| password);
        password.is_some_and(|password| !password.is_empty() && !super::name::is_reference(password))
    })
}

/// Three base64url parts, the first of which is a JSON object.
fn is_jwt(word: &str) -> bool {
    let parts: Vec<_> = word.split('.').collect();
    parts.len() == 3
        && parts[0].starts_with("eyJ")
        && parts[1].starts_with("eyJ")
        && parts.iter().all(|part| part.len() >= 10 && part.bytes().all(is_token_byte))
}
