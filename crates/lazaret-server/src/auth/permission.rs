//! From a missing right to the right refusal (registry.md 2.4).
//!
//! - Nobody, or a proof that does not hold: 401 with a challenge, whatever is asked for.
//! - A token without the right: 401 `insufficient_scope` with the scope that is wanted, as distribution's code
//!   answers; clients then ask for another token once and show the message.
//! - Basic without the right: 403 `DENIED`; asking again with the same secret is of no use.
//! - Who administers or audits a repository but may not read images: 403 `DENIED`, by token too.
//!
//! None of these depends on whether the repository exists.

use http::{StatusCode, header};
use lazaret_model::{Action, Repository};

use super::{principal::Caller, scope};
use crate::{ApiError, error::Code, origin::Origin};

/// Why the challenge is sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Fault {
    /// Nothing was presented.
    Missing,
    /// A secret or token that is wrong, expired or revoked.
    Invalid,
    /// A token that was made for less.
    Scope,
}

/// 401 with `Www-Authenticate`.
pub(crate) fn challenge(origin: &Origin, service: &str, scope: Option<&str>, fault: Fault) -> ApiError {
    let mut value = format!("Bearer realm=\"{origin}/token\",service=\"{service}\"");
    if let Some(scope) = scope {
        value.extend([",scope=\"", scope, "\""]);
    }
    let message = match fault {
        Fault::Missing => "authentication required",
        Fault::Invalid => {
            value.push_str(",error=\"invalid_token\"");
            "the secret or token is wrong, expired or revoked"
        }
        Fault::Scope => {
            value.push_str(",error=\"insufficient_scope\"");
            "the token does not allow this: ask for a role that does"
        }
    };
    ApiError::new(StatusCode::UNAUTHORIZED, Code::Unauthorized, message)
        .with_header(header::WWW_AUTHENTICATE, &value)
        .with_detail(serde_json::json!({ "scope": scope }))
}

/// The refusal for a caller that lacks `action`.
pub(crate) fn refusal(
    caller: &Caller,
    action: Action,
    repository: Option<&Repository>,
    origin: &Origin,
    service: &str,
) -> ApiError {
    let image_data = matches!(action, Action::Pull | Action::ReadUnapproved | Action::Push | Action::Delete);
    let sees_settings = [Action::ManageSettings, Action::ManageBindings, Action::ReadDecisions]
        .into_iter()
        .any(|held| caller.holds(held, repository));
    if caller.token.is_none() || (image_data && sees_settings && !caller.holds(Action::Pull, repository)) {
        let place = repository.map_or_else(|| "this registry".to_owned(), |r| format!("repository {r}"));
        return ApiError::denied(format!("{} is not allowed in {place}", describe(action)));
    }
    challenge(origin, service, Some(&scope::wanted(action, repository)), Fault::Scope)
}

fn describe(action: Action) -> &'static str {
    match action {
        Action::Pull => "pull",
        Action::Push => "push",
        Action::Delete => "delete",
        Action::ReadUnapproved => "reading what is not approved",
        Action::ListCatalog => "listing all names",
        Action::ReadDecisions => "reading decisions",
        Action::ReadAuditLog => "reading the audit log",
        Action::ReadPrincipals => "reading principals",
        Action::ManageBindings => "managing principals",
        Action::ManageSettings => "managing settings",
        Action::RelaxPolicy => "giving a repository a laxer policy",
        Action::Release => "releasing",
        Action::ApproveExceptions => "approving exceptions",
    }
}
