use std::sync::Arc;

use lazaret_inventory::{DetectorSet, Extra, malware::MalwareLists};
use lazaret_model::{Decision, Digest, ImageState};
use lazaret_store::{Priority, Work};

use crate::support::{CLEAN, House};

const ENV: (&str, &str) = ("app/.env", "DB_PASSWORD=kiwi42\n");

fn house(extras: &[Extra]) -> House {
    let mut house = House::new(true);
    house.context.looks = DetectorSet::with(extras);
    house
}

/// Newest first.
fn decisions(house: &House, image: &Digest) -> Vec<Decision> {
    let rows = house.context.store.decisions_of(&house.repository, image).unwrap();
    let signed = rows.into_iter().filter_map(|row| house.context.store.decision(&row.decision?).unwrap());
    signed.map(|signed| serde_json::from_str(&signed.body).unwrap()).collect()
}

#[test]
fn an_approved_image_with_a_secret_becomes_due_and_stays_so() {
    let house = house(&[Extra::Secrets]);
    let (image, clean) = (house.push_image("10001", &[CLEAN, ENV]), house.push_image("10001", &[CLEAN]));
    house.run();
    assert_eq!((house.state(&image), house.state(&clean)), (ImageState::Due, ImageState::Approved));
    let all = decisions(&house, &image);
    assert_eq!(all.len(), 2, "the first verdict, then the deeper look");
    let reasons = &all[0].verdict.reasons;
    assert_eq!(reasons.iter().map(|r| r.rule.as_str()).collect::<Vec<_>>(), ["secret_in_file"]);
    assert!(all.iter().all(|decision| !serde_json::to_string(decision).unwrap().contains("kiwi42")));
    // whatever judges it again knows what was found
    for _ in 0..2 {
        house.context.store.enqueue(&Work::RejudgeAll, Priority::Background).unwrap();
        house.run();
        assert_eq!(house.state(&image), ImageState::Due);
    }
    assert_eq!(decisions(&house, &image).len(), 2);
}

#[test]
fn a_shallower_look_forgets_nothing() {
    let mut house = house(&[Extra::Secrets]);
    let image = house.push_image("10001", &[CLEAN, ENV]);
    house.run();
    assert_eq!(house.state(&image), ImageState::Due);
    // now more is looked for, which no layer has been asked yet
    house.context.looks = DetectorSet::with(&[Extra::Secrets, Extra::Malware]);
    let judge = Work::JudgeImage { repository: house.repository.clone(), digest: image.clone() };
    house.context.store.enqueue(&judge, Priority::Push).unwrap();
    house.run();
    assert_eq!(house.state(&image), ImageState::Due);
    let states = house.context.store.decisions_of(&house.repository, &image).unwrap();
    assert!(states.iter().skip(1).all(|row| row.state != ImageState::Approved || row.previous != ImageState::Due));
    assert!(decisions(&house, &image)[0].verdict.reasons.iter().any(|reason| reason.rule == "secret_in_file"));
}

#[test]
fn a_second_image_of_the_same_layer_is_blocked_at_once() {
    let house = house(&[Extra::Secrets]);
    house.push_image("10001", &[CLEAN, ENV]);
    house.run();
    let second = house.push_image("10002", &[CLEAN, ENV]);
    house.run();
    assert_eq!(house.state(&second), ImageState::Blocked);
}

#[test]
fn malware_revokes_what_was_let_out() {
    let mut house = house(&[Extra::Malware]);
    let lists = [("list".to_owned(), "bytes \"kiwi bird\" kiwi\n".to_owned())];
    let lists = MalwareLists::new(&lists).unwrap();
    house.context.looks = house.context.looks.clone().with_malware(Arc::new(lists));
    let image = house.push_image("10001", &[CLEAN, ("opt/x", "a kiwi bird")]);
    house.run();
    assert_eq!(house.state(&image), ImageState::Revoked);
    assert!(decisions(&house, &image)[0].verdict.reasons[0].message.starts_with("opt/x: kiwi"));
    house.context.store.enqueue(&Work::RejudgeAll, Priority::Background).unwrap();
    house.run();
    assert_eq!(house.state(&image), ImageState::Revoked);
}
