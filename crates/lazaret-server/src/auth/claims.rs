//! What a token says (distribution, "Token Authentication Implementation").

use lazaret_model::{Action, Repository};
use serde::{Deserialize, Serialize};

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) struct Claims {
    pub iss: String,
    /// Id of the principal.
    pub sub: String,
    pub aud: String,
    /// Seconds since the Unix epoch, as are `nbf` and `iat`.
    pub exp: i64,
    pub nbf: i64,
    pub iat: i64,
    pub jti: String,
    /// The principal's token epoch when the token was made: a revocation raises it, and the token is void.
    pub epoch: i64,
    pub access: Vec<Access>,
}

/// One resource with what may be done there.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Access {
    /// `repository` or `registry`.
    #[serde(rename = "type")]
    pub kind: String,
    pub name: String,
    pub actions: Vec<String>,
}

impl Claims {
    /// Whether the token was made for this. What the principal holds is looked up beside it.
    pub(crate) fn cover(&self, action: Action, repository: Option<&Repository>) -> bool {
        self.access.iter().any(|access| access.covers(action, repository))
    }

    /// Names of the repositories that it speaks of.
    pub(crate) fn repositories(&self) -> impl Iterator<Item = &str> {
        self.access.iter().filter(|access| access.kind == "repository").map(|access| access.name.as_str())
    }
}

impl Access {
    fn covers(&self, action: Action, repository: Option<&Repository>) -> bool {
        let has = |wanted: &str| self.actions.iter().any(|a| a == wanted || a == "*");
        match (self.kind.as_str(), action) {
            ("repository", Action::Pull | Action::ReadUnapproved | Action::ReadDecisions) => {
                repository.is_some_and(|r| r.as_str() == self.name) && has("pull")
            }
            ("repository", Action::Push) => repository.is_some_and(|r| r.as_str() == self.name) && has("push"),
            ("repository", Action::Delete) => repository.is_some_and(|r| r.as_str() == self.name) && has("delete"),
            ("registry", Action::ListCatalog) => self.name == "catalog" && has("*"),
            // `registry:api:*` is for `/api/v1`, which never hands out or takes image bytes.
            ("registry", Action::Pull | Action::Push | Action::Delete | Action::ReadUnapproved) => false,
            ("registry", _) => self.name == "api" && has("*"),
            _ => false,
        }
    }
}
