//! What `lazaret why` prints.

use lazaret_assess::{Replay, explain};
use lazaret_model::{Digest, Package, PackageType, Problem, ProblemKind};

use crate::sample::{Records, digest, package, record, subject};

#[test]
fn a_denied_image() {
    let mut advisory = record("npm", "lodash", "GHSA-35jh-r3h4-6jhm", &["CVE-2021-23337"], Some("4.17.21"));
    advisory.summary = "Command Injection in lodash".to_owned();
    advisory.url = Some("https://github.com/advisories/GHSA-35jh-r3h4-6jhm".to_owned());
    let records = Records::new([advisory, record("npm", "q", "GHSA-2", &[], None)]);
    let lodash = Package { layer: Some(digest(11)), ..package(PackageType::Npm, "lodash", "4.17.11") };
    let doubtful = Package { uncertain: true, ..package(PackageType::Npm, "q", "1.0.0") };
    let mut image = subject([lodash, doubtful]);
    image.inventory.problems = vec![Problem::new(ProblemKind::ParseError, "srv/x.jar", "not a zip archive")];
    let judgement = records.judge(&image);
    let text = explain(&judgement.id, &judgement.decision, Some(&image.facts), &Ok(Replay::Same));
    // Digests move with every field of the documents; here only their places count.
    let mut shown = text;
    let inputs = &judgement.decision.inputs;
    for (name, digest) in [
        ("[decision]", &judgement.id),
        ("[inventory]", &inputs.inventory),
        ("[advisories]", &inputs.advisories),
        ("[policy]", &inputs.policy),
    ] {
        shown = shown.replace(&Digest::to_string(digest), name);
    }
    insta::assert_snapshot!(shown.replace(&inputs.engine, "[engine]"));
}

#[test]
fn every_outcome_of_a_replay_is_said() {
    let judgement = Records::new([]).judge(&subject([]));
    let line = |replayed| {
        let text = explain(&judgement.id, &judgement.decision, None, &replayed);
        text.lines().last().unwrap().to_owned()
    };
    assert_eq!(line(Ok(Replay::Same)), "replay    the stored documents give the same bytes");
    let different = Replay::Different { at: "x".to_owned() };
    assert!(line(Ok(different)).starts_with("replay    DIFFERENT: "));
    let other = Replay::OtherEngine { wanted: "lazaret/9".to_owned() };
    assert_eq!(line(Ok(other)), "replay    needs the engine that decided: lazaret/9");
    let missing = lazaret_assess::ReplayError::Missing(digest(7));
    assert!(line(Err(missing)).starts_with("replay    not possible: document sha256:0707"));
}
