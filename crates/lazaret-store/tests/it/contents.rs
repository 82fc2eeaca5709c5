use lazaret_store::StoreError;

use crate::harness::{Fixture, digest};

#[test]
fn documents_are_kept_by_what_they_are() {
    let f = Fixture::new();
    let document = |text: &str| (digest(text.as_bytes()), text.as_bytes().to_vec());
    f.store.put_contents(&[document("a"), document("b")]).unwrap();
    f.store.put_contents(&[document("b"), document("c"), document("c")]).unwrap();
    f.store.put_contents(&[]).unwrap();
    for text in ["a", "b", "c"] {
        assert_eq!(f.store.content(&digest(text.as_bytes())).unwrap(), Some(text.as_bytes().to_vec()));
    }
    assert!(f.store.content(&digest(b"d")).unwrap().is_none());
    let wrong = f.store.put_contents(&[document("d"), (digest(b"x"), b"y".to_vec())]);
    assert!(matches!(wrong, Err(StoreError::Corrupt { .. })));
    assert!(f.store.content(&digest(b"d")).unwrap().is_none());
}

#[test]
fn inventories_are_kept_per_layer_and_detector_set() {
    let f = Fixture::new();
    let layer = digest(b"layer");
    f.store.put_layer_inventory(&layer, "dpkg/1", b"one").unwrap();
    f.store.put_layer_inventory(&layer, "dpkg/2", b"two").unwrap();
    f.store.put_layer_inventory(&layer, "dpkg/2", b"three").unwrap();
    let found = |fingerprint: &str| f.store.layer_inventory(&layer, fingerprint).unwrap();
    assert_eq!((found("dpkg/1"), found("dpkg/2")), (Some(b"one".to_vec()), Some(b"three".to_vec())));
    assert_eq!(found("dpkg/3"), None);
}
