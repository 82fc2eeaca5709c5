use std::sync::Arc;

use lazaret_assess::{Replay, replay};
use lazaret_model::{Decision, ImageState, Outcome};
use lazaret_store::{Priority, Work};

use crate::support::{CLEAN, House, LODASH, judge};

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
fn an_incomplete_judgement_changes_no_approved_image() {
    let house = House::new(true);
    let image = house.push_image("10001", &[CLEAN]);
    house.run();
    house.context.judge.swap(Arc::new(judge(false)));
    house.context.store.enqueue(&Work::RejudgeAll, Priority::Background).unwrap();
    house.run();
    assert_eq!(house.state(&image), ImageState::Approved);
    let signed = house.context.store.latest_decision(&house.repository, &image).unwrap().unwrap();
    let decision: Decision = serde_json::from_str(&signed.body).unwrap();
    assert_eq!(decision.verdict.outcome, Outcome::Incomplete);
}
