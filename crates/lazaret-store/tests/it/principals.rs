use lazaret_model::{Binding, Prefix, Role, Timestamp};
use lazaret_store::StoreError;

use crate::harness::{Fixture, HOUR};

fn binding(role: Role, on: &str) -> Binding {
    Binding { role, on: Prefix::parse(on).unwrap(), expires: None }
}

fn plain(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
}

#[test]
fn a_secret_opens_its_own_principal_and_no_other() {
    let f = Fixture::new();
    let bindings = [binding(Role::Reader, "app"), binding(Role::Contributor, "team/*")];
    let (one, two) = (
        f.store.create_principal("one", &bindings, None, "admin").unwrap(),
        f.store.create_principal("two", &[], None, "admin").unwrap(),
    );
    assert!(plain(&one.id) && plain(&one.secret));
    assert!(one.id.starts_with("sp-") && one.id.len() == 13 && one.secret.len() == 43);
    assert!(!format!("{one:?}").contains(&one.secret));
    let found = f.store.authenticate(&one.id, &one.secret).unwrap().unwrap();
    assert_eq!((found.id.as_str(), found.name.as_str()), (one.id.as_str(), "one"));
    assert_eq!(found.bindings, bindings);
    for (id, secret) in
        [(one.id.as_str(), two.secret.as_str()), (one.id.as_str(), ""), ("sp-nobody", one.secret.as_str()), ("", "")]
    {
        assert!(f.store.authenticate(id, secret).unwrap().is_none());
    }
    let names: Vec<_> = f.store.principals().unwrap().into_iter().map(|r| r.principal.name).collect();
    assert_eq!(names, ["one", "two"]);
    let bytes = std::fs::read(f.dir.path().join("lazaret.db-wal")).unwrap();
    assert!(!bytes.windows(43).any(|w| w == one.secret.as_bytes()), "a secret is stored nowhere");
}

#[test]
fn it_ends_at_its_expiry_and_when_disabled() {
    let f = Fixture::new();
    let end = Timestamp::from_millis(f.now().as_millis() + HOUR);
    let one = f.store.create_principal("one", &[], end, "admin").unwrap();
    f.advance(HOUR - 1);
    assert!(f.store.authenticate(&one.id, &one.secret).unwrap().is_some());
    f.advance(1);
    assert!(f.store.authenticate(&one.id, &one.secret).unwrap().is_none());
    assert!(f.store.principal(&one.id).unwrap().is_none());
    let two = f.store.create_principal("two", &[], None, "admin").unwrap();
    f.store.disable_principal(&two.id, "admin").unwrap();
    assert!(f.store.authenticate(&two.id, &two.secret).unwrap().is_none());
    assert!(f.store.principal_with_epoch(&two.id).unwrap().is_none());
    assert_eq!(f.store.principal_row(&two.id).unwrap().unwrap().disabled, Some(f.now()));
}

#[test]
fn a_change_holds_at_once_in_every_process_and_raises_the_epoch_when_it_takes_away() {
    let f = Fixture::new();
    let server = f.second();
    let one = f.store.create_principal("one", &[], None, "admin").unwrap();
    assert!(server.authenticate(&one.id, &one.secret).unwrap().is_some());
    let epoch = || server.token_epoch(&one.id).unwrap();
    assert_eq!(epoch(), 0);
    let mut reader = binding(Role::Reader, "app");
    f.store.grant(&one.id, &reader, "admin").unwrap();
    assert_eq!(server.principal(&one.id).unwrap().unwrap().bindings, std::slice::from_ref(&reader));
    reader.expires = Timestamp::from_millis(f.now().as_millis() + HOUR);
    f.store.grant(&one.id, &reader, "admin").unwrap();
    assert_eq!(server.principal(&one.id).unwrap().unwrap().bindings, std::slice::from_ref(&reader));
    assert_eq!(epoch(), 0, "a grant takes nothing away");
    assert!(!f.store.revoke(&one.id, Role::Deleter, &reader.on, "admin").unwrap());
    assert_eq!(epoch(), 0);
    assert!(f.store.revoke(&one.id, Role::Reader, &reader.on, "admin").unwrap());
    assert_eq!(epoch(), 1);
    assert!(server.principal(&one.id).unwrap().unwrap().bindings.is_empty());
    let secret = f.store.rotate_secret(&one.id, "admin").unwrap();
    assert_eq!(epoch(), 2);
    assert!(server.authenticate(&one.id, &one.secret).unwrap().is_none());
    assert!(server.authenticate(&one.id, &secret).unwrap().is_some());
    f.store.disable_principal(&one.id, "admin").unwrap();
    assert_eq!(epoch(), 3);
}

#[test]
fn nobody_is_changed_who_is_not_there() {
    let f = Fixture::new();
    let no = |result: Result<(), StoreError>| assert!(matches!(result, Err(StoreError::NoPrincipal { .. })));
    no(f.store.grant("sp-x", &binding(Role::Reader, "*"), "admin"));
    no(f.store.revoke("sp-x", Role::Reader, &Prefix::parse("*").unwrap(), "admin").map(drop));
    no(f.store.disable_principal("sp-x", "admin"));
    no(f.store.rotate_secret("sp-x", "admin").map(drop));
    no(f.store.token_epoch("sp-x").map(drop));
    assert!(f.store.audit_rows(0, 10).unwrap().is_empty());
}
