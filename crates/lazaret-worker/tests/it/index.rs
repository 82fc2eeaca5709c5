use lazaret_model::ImageState;

use crate::support::{CLEAN, House, LODASH};

#[test]
fn an_index_is_approved_with_its_last_child() {
    let house = House::new(true);
    let first = house.push_image("10001", &[CLEAN]);
    let second = house.push_image("10002", &[CLEAN]);
    let index = house.push_index(&[(first.clone(), "amd64"), (second, "arm64")]);
    house.run();
    assert_eq!(house.state(&index), ImageState::Approved);
    house.context.store.set_state(&house.repository, &first, ImageState::Revoked, None, "person", "malware").unwrap();
    house.run();
    assert_eq!(house.state(&index), ImageState::Blocked);
}

#[test]
fn one_bad_platform_blocks_the_index() {
    let house = House::new(true);
    let good = house.push_image("10001", &[CLEAN]);
    let bad = house.push_image("10001", &[LODASH]);
    let index = house.push_index(&[(good.clone(), "amd64"), (bad, "arm64")]);
    house.run();
    assert_eq!((house.state(&good), house.state(&index)), (ImageState::Approved, ImageState::Blocked));
}

#[test]
fn an_image_that_is_called_an_attestation_is_judged() {
    let house = House::new(true);
    let good = house.push_image("10001", &[CLEAN]);
    let bad = house.push_image("10001", &[LODASH]);
    let index = house.push_index(&[(good, "amd64"), (bad, "unknown")]);
    house.run();
    assert_eq!(house.state(&index), ImageState::Blocked);
}

#[test]
fn an_index_waits_for_the_children_that_it_names() {
    let house = House::new(true);
    let elsewhere = House::new(true);
    let first = house.push_image("10001", &[CLEAN]);
    let second = elsewhere.push_image("10002", &[CLEAN]);
    let inner = elsewhere.push_index(&[(second.clone(), "arm64")]);
    let index = house.push_index(&[(first.clone(), "amd64"), (second.clone(), "arm64")]);
    let outer = house.push_index(&[(first.clone(), "amd64"), (inner.clone(), "arm64")]);
    house.run();
    assert_eq!(house.state(&first), ImageState::Approved);
    assert_eq!((house.state(&index), house.state(&outer)), (ImageState::Quarantined, ImageState::Quarantined));
    assert_eq!(house.push_index(&[(second.clone(), "arm64")]), inner);
    house.run();
    assert_eq!((house.state(&inner), house.state(&outer)), (ImageState::Quarantined, ImageState::Quarantined));
    assert_eq!(house.push_image("10002", &[CLEAN]), second);
    house.run();
    for digest in [&second, &inner, &index, &outer] {
        assert_eq!(house.state(digest), ImageState::Approved);
    }
    house.context.store.delete_manifest(&house.repository, &second, "person").unwrap();
    house.run();
    for digest in [&inner, &index, &outer] {
        assert_eq!(house.state(digest), ImageState::Quarantined);
    }
}
