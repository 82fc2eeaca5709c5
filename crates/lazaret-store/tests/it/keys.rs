use crate::harness::Fixture;

#[test]
fn the_first_start_makes_one_key_and_rotation_keeps_the_old_public_half() {
    let f = Fixture::new();
    assert!(f.store.signing_keys().unwrap().is_empty());
    let first = f.store.first_signing_key(b"private 1", b"public 1", "system").unwrap();
    let same = f.second().first_signing_key(b"private 2", b"public 2", "system").unwrap();
    assert_eq!(first, same);
    assert_eq!((first.id.len(), first.pkcs8.as_deref()), (16, Some(&b"private 1"[..])));
    f.advance(1000);
    let second = f.store.add_signing_key(b"private 3", b"public 3", "admin").unwrap();
    assert_eq!(f.store.first_signing_key(b"x", b"y", "system").unwrap(), second);
    assert!(f.store.retire_signing_key(&first.id, "admin").unwrap());
    assert!(!f.store.retire_signing_key(&first.id, "admin").unwrap());
    let keys = f.store.signing_keys().unwrap();
    assert_eq!((keys[0].pkcs8.as_ref(), keys[0].retired), (None, Some(f.now())));
    assert_eq!((keys[0].public.as_slice(), &keys[1]), (&b"public 1"[..], &second));
    assert!(!format!("{second:?}").contains("pkcs8"));
}
