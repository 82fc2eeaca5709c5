use std::sync::Arc;

use lazaret_assess::{Replay, replay};
use lazaret_model::{Decision, ImageState, ProblemKind};
use lazaret_oci::{media_type, sha256};
use lazaret_store::{Priority, Work};

use crate::support::{CLEAN, House, LODASH, gzip, judge, tar};

#[test]
fn a_clean_image_is_approved_and_a_vulnerable_one_blocked() {
    let house = House::new(true);
    let clean = house.push_image("10001", &[CLEAN]);
    let bad = house.push_image("10001", &[CLEAN, LODASH]);
    assert_eq!(house.state(&clean), ImageState::Quarantined);
    house.run();
    assert_eq!(house.state(&clean), ImageState::Approved);
    assert_eq!(house.state(&bad), ImageState::Blocked);
    let signed = house.context.store.latest_decision(&house.repository, &bad).unwrap().unwrap();
    let decision: Decision = serde_json::from_str(&signed.body).unwrap();
    assert!(decision.verdict.reasons.iter().all(|r| r.rule == "known_vulnerability"), "{:?}", decision.verdict);
}

#[test]
fn a_manifest_that_is_wrong_about_the_size_of_a_layer_is_not_approved() {
    let house = House::new(true);
    let image = house.push_image_with("10001", &[CLEAN], 1);
    house.run();
    assert_eq!(house.state(&image), ImageState::Blocked);
    let signed = house.context.store.latest_decision(&house.repository, &image).unwrap().unwrap();
    assert!(signed.body.contains("bytes, but it has"), "{}", signed.body);
}

#[test]
fn the_starter_set_alone_clears_nothing() {
    let house = House::new(false);
    let clean = house.push_image("10001", &[CLEAN]);
    house.run();
    assert_eq!(house.state(&clean), ImageState::Blocked);
    // The first complete data leads back.
    house.context.judge.swap(Arc::new(judge(true)));
    house.context.store.enqueue(&Work::RejudgeAll, Priority::Background).unwrap();
    house.run();
    assert_eq!(house.state(&clean), ImageState::Approved);
}

#[test]
fn judging_twice_makes_one_decision_that_replays() {
    let house = House::new(true);
    let image = house.push_image("10001", &[LODASH]);
    house.run();
    let store = &house.context.store;
    let first = store.latest_decision(&house.repository, &image).unwrap().unwrap();
    store.enqueue(&Work::RejudgeAll, Priority::Background).unwrap();
    house.run();
    assert_eq!(store.latest_decision(&house.repository, &image).unwrap().unwrap(), first);
    assert_eq!(store.decisions_of(&house.repository, &image).unwrap().len(), 1);
    let replayed = replay(&first.body, &|digest| store.content(digest).unwrap()).unwrap();
    assert!(matches!(replayed, Replay::Same), "{replayed:?}");
}

#[test]
fn a_revoked_image_stays_revoked() {
    let house = House::new(true);
    let image = house.push_image("10001", &[CLEAN]);
    house.run();
    let store = &house.context.store;
    store.set_state(&house.repository, &image, ImageState::Revoked, None, "person", "malware").unwrap();
    store.enqueue(&Work::RejudgeAll, Priority::Background).unwrap();
    house.run();
    assert_eq!(house.state(&image), ImageState::Revoked);
}

#[test]
fn a_judgement_without_data_changes_neither_state_nor_decision() {
    let house = House::new(true);
    let clean = house.push_image("10001", &[CLEAN]);
    let bad = house.push_image("10001", &[LODASH]);
    house.run();
    let decision = |image| house.context.store.latest_decision(&house.repository, image).unwrap().unwrap().id;
    let before = (decision(&clean), decision(&bad));
    house.context.judge.swap(Arc::new(judge(false)));
    house.context.store.enqueue(&Work::RejudgeAll, Priority::Background).unwrap();
    house.run();
    assert_eq!((house.state(&clean), house.state(&bad)), (ImageState::Approved, ImageState::Blocked));
    assert_eq!((decision(&clean), decision(&bad)), before);
}

#[test]
fn what_was_deleted_meanwhile_is_done() {
    let house = House::new(true);
    let image = house.push_image("10001", &[CLEAN]);
    let store = &house.context.store;
    store.delete_manifest(&house.repository, &image, "person").unwrap();
    house.run();
    assert_eq!((store.open_jobs().unwrap(), store.failed_jobs().unwrap().len()), (0, 0));
}

#[test]
fn a_stored_layer_that_has_changed_is_served_to_nobody() {
    let house = House::new(true);
    let layer = sha256(&gzip(&tar(&[CLEAN])));
    let image = house.push_image("10001", &[CLEAN]);
    let path = house.context.store.dir().join("blobs/sha256").join(&layer.hex()[..2]).join(layer.hex());
    let mut bytes = std::fs::read(&path).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(&path, &bytes).unwrap();
    house.run();
    assert_eq!(house.state(&image), ImageState::Blocked);
    assert!(house.context.store.blob(&layer).unwrap().is_none());
    assert!(house.context.layers.stored(&layer).unwrap().is_none());
    // Pushing again heals.
    assert_eq!(house.push_image("10001", &[CLEAN]), image);
    house.run();
    assert_eq!(house.state(&image), ImageState::Approved);
}

#[test]
fn a_layer_that_could_not_be_read_to_its_end_is_looked_at_again() {
    let house = House::new(true);
    let whole = tar(&[CLEAN, LODASH]);
    let cut = gzip(&whole[..1540]);
    let digest = house.put_blob(&cut);
    let read = house
        .context
        .layers
        .inventory(&digest, media_type::OCI_LAYER_GZIP, &lazaret_inventory::DetectorSet::standard())
        .unwrap()
        .unwrap();
    assert!(
        read.verified && read.problems.iter().any(|p| p.kind == ProblemKind::LayerUnreadable),
        "{:?}",
        read.problems
    );
    assert!(house.context.layers.stored(&digest).unwrap().is_none());
}
