use lazaret_model::{ImageState, SignedDecision};
use lazaret_store::{StateChange, StoreError};

use crate::harness::{Fixture, digest, repo};

fn decision(body: &str) -> SignedDecision {
    SignedDecision { id: digest(body.as_bytes()), body: body.to_owned(), key: "k1".into(), signature: "c2ln".into() }
}

#[test]
fn every_state_can_be_set_and_is_remembered() {
    let f = Fixture::new();
    let image = f.image("app", "v1", None);
    let mut before = ImageState::Quarantined;
    for state in ImageState::ALL.into_iter().rev() {
        f.advance(1000);
        assert_eq!(f.set("app", &image, state), before);
        let row = f.store.manifest(&repo("app"), &image).unwrap().unwrap();
        assert_eq!((row.state, row.own_state, row.state_at), (state, state, f.now()));
        before = state;
    }
    let history = f.store.decisions_of(&repo("app"), &image).unwrap();
    let states: Vec<_> = history.iter().map(|h| h.state).collect();
    assert_eq!(states, ImageState::ALL);
    assert_eq!((history[0].previous, history[0].actor.as_str()), (ImageState::Approved, "worker"));
}

#[test]
fn a_decision_is_kept_with_the_state_it_set() {
    let f = Fixture::new();
    let image = f.image("app", "v1", None);
    let set = |d: &SignedDecision, state| {
        f.store.set_state(&repo("app"), &image, state, Some(d), "worker", "judged").unwrap()
    };
    let (first, second) = (decision("{\"n\":1}"), decision("{\"n\":2}"));
    assert!(f.store.latest_decision(&repo("app"), &image).unwrap().is_none());
    set(&first, ImageState::Approved);
    let rows = f.store.audit_rows(0, 100).unwrap().len();
    set(&second, ImageState::Approved);
    assert_eq!(f.store.audit_rows(0, 100).unwrap().len(), rows, "a state that stays is no change");
    assert_eq!(f.store.decision(&first.id).unwrap(), Some(first.clone()));
    assert_eq!(f.store.latest_decision(&repo("app"), &image).unwrap(), Some(second.clone()));
    assert_eq!(f.store.manifest(&repo("app"), &image).unwrap().unwrap().decision, Some(second.id.clone()));
    // A person's change cites none; the last one stays on record.
    f.set("app", &image, ImageState::Revoked);
    assert_eq!(f.store.manifest(&repo("app"), &image).unwrap().unwrap().decision, Some(second.id.clone()));
    let decisions: Vec<_> =
        f.store.decisions_of(&repo("app"), &image).unwrap().into_iter().map(|h| h.decision).collect();
    assert_eq!(decisions, [None, Some(second.id), Some(first.id)]);
    assert!(f.store.decision(&digest(b"none")).unwrap().is_none());
}

#[test]
fn a_state_needs_a_manifest() {
    let f = Fixture::new();
    let image = f.image("app", "v1", None);
    let set = |name: &str| f.store.set_state(&repo(name), &image, ImageState::Approved, None, "worker", "");
    assert!(matches!(set("other"), Err(StoreError::NoManifest { .. })));
    assert_eq!(f.state("app", &image), ImageState::Quarantined);
}

#[test]
fn deleting_and_pushing_again_lifts_no_revocation() {
    let f = Fixture::new();
    let image = f.image("app", "v1", None);
    f.set("app", &image, ImageState::Approved);
    f.set("app", &image, ImageState::Revoked);
    f.store.delete_manifest(&repo("app"), &image, "ci").unwrap();
    f.image("app", "v1", Some("latest"));
    assert_eq!(f.state("app", &image), ImageState::Revoked);
    f.set("app", &image, ImageState::Approved);
    f.store.delete_manifest(&repo("app"), &image, "ci").unwrap();
    f.image("app", "v1", None);
    assert_eq!(f.state("app", &image), ImageState::Quarantined);
}

#[test]
fn a_judgement_does_not_overrule_what_a_person_did_meanwhile() {
    let f = Fixture::new();
    let image = f.image("app", "v1", None);
    f.set("app", &image, ImageState::Revoked);
    let verdict = decision("{\"n\":1}");
    let change = |from| StateChange {
        from: Some(from),
        to: ImageState::Approved,
        decision: Some(&verdict),
        actor: "worker",
        reason: "allow",
    };
    let late = f.store.change_state(&repo("app"), &image, &change(ImageState::Quarantined)).unwrap_err();
    assert!(matches!(late, StoreError::StateMoved { found: ImageState::Revoked, .. }) && late.is_passing(), "{late}");
    assert_eq!(f.state("app", &image), ImageState::Revoked);
    assert!(f.store.decision(&verdict.id).unwrap().is_none());
    f.store.change_state(&repo("app"), &image, &change(ImageState::Revoked)).unwrap();
    assert_eq!(f.state("app", &image), ImageState::Approved);
}
