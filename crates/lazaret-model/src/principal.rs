//! Who asks, and what they may do: one pure function.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{Repository, Timestamp};

/// Roles of `product.md`, additive.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    Reader,
    Contributor,
    Deleter,
    QuarantineReader,
    Releaser,
    ExceptionApprover,
    CatalogLister,
    Auditor,
    Administrator,
    Owner,
}

/// What a route asks for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// Pull what is approved, due or pre-gate.
    Pull,
    Push,
    Delete,
    /// Read what is not approved.
    ReadUnapproved,
    /// List all names.
    ListCatalog,
    /// Read decisions, findings and states of a repository.
    ReadDecisions,
    ReadAuditLog,
    ReadPrincipals,
    /// Create principals, change bindings of the prefix.
    ManageBindings,
    /// Change the settings of a repository; its policy only to one that is no laxer.
    ManageSettings,
    /// Give a repository a laxer policy: that lets images out, so who can push there cannot do it.
    RelaxPolicy,
    /// Set a second opinion's verdict.
    Release,
    ApproveExceptions,
}

impl Role {
    pub const ALL: [Self; 10] = [
        Self::Reader,
        Self::Contributor,
        Self::Deleter,
        Self::QuarantineReader,
        Self::Releaser,
        Self::ExceptionApprover,
        Self::CatalogLister,
        Self::Auditor,
        Self::Administrator,
        Self::Owner,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Reader => "reader",
            Self::Contributor => "contributor",
            Self::Deleter => "deleter",
            Self::QuarantineReader => "quarantine-reader",
            Self::Releaser => "releaser",
            Self::ExceptionApprover => "exception-approver",
            Self::CatalogLister => "catalog-lister",
            Self::Auditor => "auditor",
            Self::Administrator => "administrator",
            Self::Owner => "owner",
        }
    }

    /// The role's row of `product.md`, "Roles".
    pub const fn may(self, action: Action) -> bool {
        use Action::{
            ApproveExceptions, Delete, ListCatalog, ManageBindings, ManageSettings, Pull, Push, ReadAuditLog,
            ReadDecisions, ReadPrincipals, ReadUnapproved, RelaxPolicy, Release,
        };
        match self {
            Self::Reader => matches!(action, Pull | ReadDecisions),
            Self::Contributor => matches!(action, Pull | Push | ReadUnapproved | ReadDecisions),
            Self::Deleter => matches!(action, Delete),
            Self::QuarantineReader => matches!(action, Pull | ReadUnapproved | ReadDecisions),
            Self::Releaser => matches!(action, Release),
            Self::ExceptionApprover => matches!(action, ApproveExceptions | ReadDecisions),
            Self::CatalogLister => matches!(action, ListCatalog),
            Self::Auditor => matches!(action, ReadDecisions | ReadAuditLog | ReadPrincipals),
            Self::Administrator => matches!(action, ManageSettings | RelaxPolicy | ManageBindings | ReadPrincipals),
            Self::Owner => {
                matches!(
                    action,
                    Pull | Push | ReadUnapproved | ReadDecisions | Delete | ManageSettings | ManageBindings
                )
            }
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A text that names no role.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "role {0:?} is not known: reader, contributor, deleter, quarantine-reader, releaser, exception-approver, catalog-lister, auditor, administrator, owner"
)]
pub struct UnknownRole(pub String);

impl FromStr for Role {
    type Err = UnknownRole;
    fn from_str(text: &str) -> Result<Self, UnknownRole> {
        let alias = match text {
            "AcrPull" => "reader",
            "AcrPush" => "contributor",
            "AcrDelete" => "deleter",
            "AcrQuarantineReader" => "quarantine-reader",
            other => other,
        };
        Self::ALL.into_iter().find(|r| r.name() == alias).ok_or_else(|| UnknownRole(text.to_owned()))
    }
}

/// What a binding covers: `repo`, `team/*` or `*`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
#[serde(transparent)]
pub struct Prefix(Box<str>);

/// A text that is no prefix.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("prefix {0:?} is not valid: a repository, 'team/*' or '*'")]
pub struct BadPrefix(pub String);

impl Prefix {
    pub fn parse(text: &str) -> Result<Self, BadPrefix> {
        let name = text.strip_suffix("/*").unwrap_or(text);
        if text == "*" || Repository::parse(name).is_ok() {
            Ok(Self(text.into()))
        } else {
            Err(BadPrefix(text.to_owned()))
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the prefix covers everything.
    pub fn is_all(&self) -> bool {
        &*self.0 == "*"
    }

    pub fn covers(&self, repository: &Repository) -> bool {
        let name = repository.as_str();
        match self.0.strip_suffix('*') {
            Some(start) => name.starts_with(start),
            None => name == &*self.0,
        }
    }
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl FromStr for Prefix {
    type Err = BadPrefix;
    fn from_str(text: &str) -> Result<Self, BadPrefix> {
        Self::parse(text)
    }
}

impl<'de> Deserialize<'de> for Prefix {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

/// Principal x role x prefix x expiry.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Binding {
    pub role: Role,
    pub on: Prefix,
    pub expires: Option<Timestamp>,
}

/// Who asks, with what it holds.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Principal {
    pub id: String,
    pub name: String,
    pub bindings: Vec<Binding>,
}

/// The one permission function. `repository` is `None` for what belongs to no repository
/// (catalog, audit log, principals): then only a binding on `*` counts.
pub fn allows(principal: &Principal, action: Action, repository: Option<&Repository>, now: Timestamp) -> bool {
    principal.bindings.iter().any(|binding| {
        binding.role.may(action)
            && binding.expires.is_none_or(|end| now < end)
            && repository.map_or_else(|| binding.on.is_all(), |r| binding.on.covers(r))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holder(role: Role, on: &str) -> Principal {
        let binding = Binding { role, on: Prefix::parse(on).unwrap(), expires: None };
        Principal { id: "x".into(), name: "x".into(), bindings: vec![binding] }
    }

    #[test]
    fn prefixes_cover_whole_names_only() {
        let repository = |n| Repository::parse(n).unwrap();
        let team = Prefix::parse("team/*").unwrap();
        assert!(team.covers(&repository("team/app")) && team.covers(&repository("team/a/b")));
        assert!(!team.covers(&repository("team")) && !team.covers(&repository("teams/app")));
        assert!(!Prefix::parse("app").unwrap().covers(&repository("app2")));
        assert!(Prefix::parse("../*").is_err() && Prefix::parse("te*").is_err());
    }

    #[test]
    fn nobody_but_the_named_roles_reads_what_is_not_approved() {
        let now = Timestamp::from_millis(0).unwrap();
        let app = Repository::parse("app").unwrap();
        let may: Vec<_> = Role::ALL
            .into_iter()
            .filter(|r| allows(&holder(*r, "*"), Action::ReadUnapproved, Some(&app), now))
            .collect();
        assert_eq!(may, [Role::Contributor, Role::QuarantineReader, Role::Owner]);
    }

    #[test]
    fn a_binding_ends_at_its_expiry() {
        let mut principal = holder(Role::Reader, "app");
        principal.bindings[0].expires = Timestamp::from_millis(10);
        let app = Repository::parse("app").unwrap();
        assert!(allows(&principal, Action::Pull, Some(&app), Timestamp::from_millis(9).unwrap()));
        assert!(!allows(&principal, Action::Pull, Some(&app), Timestamp::from_millis(10).unwrap()));
    }
}
