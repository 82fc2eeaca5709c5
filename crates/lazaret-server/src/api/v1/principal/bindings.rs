//! Who may hand out or take what. A right to manage bindings reaches as far as the prefix it is held on; an owner
//! hands out no duty that is kept apart from owners (product.md, "Roles").

use lazaret_model::{Action, Binding, Prefix, Role, Timestamp};
use lazaret_store::PrincipalRow;

use crate::{ApiError, auth::principal::Caller, call::Call, error::Code};

/// Refuses unless the caller may hand out each of `bindings`.
pub(super) fn may_give(caller: &Caller, bindings: &[Binding]) -> Result<(), ApiError> {
    for binding in bindings {
        let managers = managers(caller, &binding.on);
        if managers.is_empty() {
            return Err(ApiError::denied(format!("managing principals is not allowed on {}", binding.on)));
        }
        if !managers.contains(&Role::Administrator) && !is_owners_to_give(binding.role) {
            return Err(ApiError::denied(format!("an owner cannot give the role {}", binding.role)));
        }
    }
    Ok(())
}

/// Refuses what would outlive the right by which it is given: who holds a prefix for a month makes nobody, itself
/// included, its owner for longer. `life` ends the principal that gets the bindings.
pub(super) async fn may_last(call: &Call, bindings: &[Binding], life: Option<Timestamp>) -> Result<(), ApiError> {
    let own_life = row(call, &call.actor()).await?.expires;
    bindings.iter().try_for_each(|binding| within_life(&call.caller, own_life, binding, life))
}

fn within_life(
    caller: &Caller,
    own_life: Option<Timestamp>,
    binding: &Binding,
    life: Option<Timestamp>,
) -> Result<(), ApiError> {
    let wanted = earlier(binding.expires, life);
    let lasts = |held: &Binding| match (earlier(held.expires, own_life), wanted) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(held), Some(wanted)) => wanted <= held,
    };
    if managing(caller, &binding.on).any(lasts) {
        return Ok(());
    }
    let (role, on) = (binding.role, &binding.on);
    Err(ApiError::denied(format!("{role} on {on} would outlive your own right to give it: name an earlier expiry")))
}

fn earlier(a: Option<Timestamp>, b: Option<Timestamp>) -> Option<Timestamp> {
    a.into_iter().chain(b).min()
}

/// Refuses unless the caller may take each of what `row` holds, so that it may disable it or change its secret.
pub(super) fn may_rule(caller: &Caller, row: &PrincipalRow) -> Result<(), ApiError> {
    if row.principal.bindings.is_empty() {
        return may_give(caller, &[Binding { role: Role::Reader, on: everything()?, expires: None }]);
    }
    may_give(caller, &row.principal.bindings)
}

/// The principal, disabled or not.
pub(super) async fn row(call: &Call, id: &str) -> Result<PrincipalRow, ApiError> {
    let wanted = id.to_owned();
    let row = call.app.ask(move |store| store.principal_row(&wanted)).await?;
    row.ok_or_else(|| {
        let id: String = id.chars().take(100).collect();
        ApiError::not_found(Code::NotFound, format!("principal {id:?} is not known"))
    })
}

fn everything() -> Result<Prefix, ApiError> {
    Prefix::parse("*").map_err(|error| ApiError::internal("the prefix of everything was refused", &error))
}

/// Roles by which the caller manages bindings on all that `prefix` covers.
fn managers(caller: &Caller, prefix: &Prefix) -> Vec<Role> {
    managing(caller, prefix).map(|held| held.role).collect()
}

fn managing<'a>(caller: &'a Caller, prefix: &'a Prefix) -> impl Iterator<Item = &'a Binding> {
    caller.principal.bindings.iter().filter(move |held| {
        held.role.may(Action::ManageBindings)
            && held.expires.is_none_or(|end| caller.now < end)
            && is_within(prefix, &held.on)
    })
}

const fn is_owners_to_give(role: Role) -> bool {
    matches!(role, Role::Reader | Role::Contributor | Role::Deleter | Role::QuarantineReader | Role::Owner)
}

/// Whether `outer` covers all that `inner` covers.
fn is_within(inner: &Prefix, outer: &Prefix) -> bool {
    match outer.as_str().strip_suffix('*') {
        Some(start) => inner.as_str().starts_with(start),
        None => inner == outer,
    }
}

#[cfg(test)]
mod tests {
    use lazaret_model::Principal;

    use super::*;

    fn binding(role: Role, on: &str) -> Binding {
        Binding { role, on: Prefix::parse(on).unwrap(), expires: None }
    }

    fn caller(role: Role, on: &str) -> Caller {
        let principal = Principal { id: "x".into(), name: "x".into(), bindings: vec![binding(role, on)] };
        Caller::direct(principal, 0, Timestamp::from_millis(0).unwrap())
    }

    #[test]
    fn an_owner_gives_within_its_prefix_and_keeps_duties_apart() {
        let owner = caller(Role::Owner, "team/*");
        for good in
            [binding(Role::Reader, "team/app"), binding(Role::Owner, "team/*"), binding(Role::Deleter, "team/a/*")]
        {
            assert!(may_give(&owner, std::slice::from_ref(&good)).is_ok(), "{good:?}");
        }
        for bad in [
            binding(Role::Reader, "*"),
            binding(Role::Reader, "teams/*"),
            binding(Role::Reader, "team"),
            binding(Role::Releaser, "team/app"),
            binding(Role::ExceptionApprover, "team/app"),
            binding(Role::Administrator, "team/app"),
            binding(Role::Auditor, "team/*"),
        ] {
            assert!(may_give(&owner, std::slice::from_ref(&bad)).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn what_is_given_ends_with_the_right_to_give_it() {
        let at = Timestamp::from_millis;
        let mut owner = caller(Role::Owner, "team/*");
        let reader = |expires| Binding { expires, ..binding(Role::Reader, "team/app") };
        let ok = |owner: &Caller, own_life, expires, life| within_life(owner, own_life, &reader(expires), life).is_ok();
        assert!(ok(&owner, None, None, None) && ok(&owner, None, at(90), None));
        assert!(!ok(&owner, at(50), None, None) && !ok(&owner, at(50), at(51), None));
        assert!(ok(&owner, at(50), at(50), None) && ok(&owner, at(50), None, at(40)));
        owner.principal.bindings[0].expires = at(50);
        assert!(!ok(&owner, None, None, None) && !ok(&owner, None, at(60), at(55)) && ok(&owner, None, at(50), None));
        owner.principal.bindings.push(binding(Role::Administrator, "*"));
        assert!(ok(&owner, None, None, None));
    }

    #[test]
    fn an_administrator_gives_all_and_others_nothing() {
        let admin = caller(Role::Administrator, "*");
        for role in Role::ALL {
            assert!(may_give(&admin, &[binding(role, "team/app")]).is_ok());
            let manages = matches!(role, Role::Administrator | Role::Owner);
            assert_eq!(may_give(&caller(role, "*"), &[binding(Role::Reader, "a")]).is_ok(), manages, "{role}");
        }
    }
}
