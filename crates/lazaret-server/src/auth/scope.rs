//! Scopes as clients write them: `type[(class)]:name:action,action` (distribution, "Token Scope Documentation").

use lazaret_model::{Action, Principal, Repository, Timestamp, allows};

use super::claims::Access;

/// More scopes in one request are refused: clients ask for two or three.
pub(crate) const MAX_SCOPES: usize = 64;

/// One scope asked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Scope {
    pub kind: String,
    pub name: String,
    pub actions: Vec<String>,
}

impl Scope {
    /// `None` for what is no scope; such a scope is granted nothing, and is no error.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        // The name may hold a colon (host:port), so the cuts are the first and the last one.
        let (kind, rest) = text.split_once(':')?;
        let (name, actions) = rest.rsplit_once(':')?;
        let kind = kind.split_once('(').map_or(kind, |(kind, _)| kind);
        let mut actions: Vec<String> = actions.split(',').filter(|a| !a.is_empty()).map(str::to_owned).collect();
        actions.sort();
        actions.dedup();
        (!kind.is_empty() && !name.is_empty()).then(|| Self { kind: kind.to_owned(), name: name.to_owned(), actions })
    }

    /// Several scopes, each parameter holding one or more with spaces between.
    pub(crate) fn parse_all<'a>(parameters: impl Iterator<Item = &'a str>) -> Vec<Self> {
        parameters.flat_map(str::split_whitespace).take(MAX_SCOPES).filter_map(Self::parse).collect()
    }

    /// What of it the principal gets: the intersection with its bindings. Less than asked is no error, and an
    /// unknown repository is like one where it holds nothing.
    pub(crate) fn grant(&self, principal: &Principal, now: Timestamp) -> Access {
        let actions = match self.kind.as_str() {
            "repository" => Repository::parse(&self.name)
                .map_or_else(|_| Vec::new(), |repository| self.grant_repository(&repository, principal, now)),
            // Holding these opens nothing: the bindings of the moment of use decide.
            "registry" if self.name == "catalog" || self.name == "api" => {
                self.actions.iter().filter(|a| *a == "*").cloned().collect()
            }
            _ => Vec::new(),
        };
        Access { kind: self.kind.clone(), name: self.name.clone(), actions }
    }

    fn grant_repository(&self, repository: &Repository, principal: &Principal, now: Timestamp) -> Vec<String> {
        let all = self.actions.iter().any(|a| a == "*");
        [("delete", Action::Delete), ("pull", Action::Pull), ("push", Action::Push)]
            .into_iter()
            .filter(|(name, _)| all || self.actions.iter().any(|a| a == name))
            .filter(|(_, action)| allows(principal, *action, Some(repository), now))
            .map(|(name, _)| name.to_owned())
            .collect()
    }
}

/// The scope text that would allow `action`.
pub(crate) fn wanted(action: Action, repository: Option<&Repository>) -> String {
    let Some(repository) = repository else {
        return match action {
            Action::ListCatalog => "registry:catalog:*".to_owned(),
            _ => "registry:api:*".to_owned(),
        };
    };
    let actions = match action {
        Action::Pull | Action::ReadUnapproved | Action::ReadDecisions => "pull",
        Action::Push => "pull,push",
        Action::Delete => "delete",
        _ => return "registry:api:*".to_owned(),
    };
    format!("repository:{repository}:{actions}")
}

#[cfg(test)]
mod tests {
    use lazaret_model::{Binding, Prefix, Role};

    use super::*;

    fn scope(text: &str) -> Scope {
        Scope::parse(text).unwrap()
    }

    #[test]
    fn a_name_may_hold_a_colon_and_a_type_a_class() {
        let parsed = scope("repository(plugin):host:5000/app:pull,push");
        assert_eq!((parsed.kind.as_str(), parsed.name.as_str()), ("repository", "host:5000/app"));
        assert_eq!(parsed.actions, ["pull", "push"]);
        assert_eq!((Scope::parse("repository"), Scope::parse("repository:app")), (None, None));
    }

    #[test]
    fn several_scopes_come_apart_by_parameter_and_by_space() {
        let all = Scope::parse_all(["repository:a:pull repository:b:pull", "repository:c:push"].into_iter());
        assert_eq!(all.iter().map(|s| s.name.as_str()).collect::<Vec<_>>(), ["a", "b", "c"]);
    }

    #[test]
    fn the_grant_is_the_intersection() {
        let binding = Binding { role: Role::Reader, on: Prefix::parse("team/*").unwrap(), expires: None };
        let reader = Principal { id: "r".into(), name: "r".into(), bindings: vec![binding] };
        let now = Timestamp::from_millis(0).unwrap();
        assert_eq!(scope("repository:team/app:pull,push,delete").grant(&reader, now).actions, ["pull"]);
        assert_eq!(scope("repository:team/app:*").grant(&reader, now).actions, ["pull"]);
        for other in ["repository:other:pull", "repository:NOT VALID:pull", "node:x:pull", "registry:other:*"] {
            assert!(scope(other).grant(&reader, now).actions.is_empty(), "{other}");
        }
    }
}
