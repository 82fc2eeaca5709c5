//! The judge over a real database: the starter set that is built in.

use std::sync::Arc;

use lazaret_advisory::AdvisoryDb;
use lazaret_assess::{Judge, JudgeSettings, Policy, Replay, replay};
use lazaret_model::{Outcome, PackageType};

use crate::sample::{accepting, now, package, subject};

fn judge(settings: JudgeSettings) -> Judge {
    Judge::new(Arc::new(AdvisoryDb::starter().unwrap()), settings)
}

#[test]
fn it_denies_what_it_knows_and_clears_nothing_by_itself() {
    let policy = Policy::named(Policy::DEFAULT).unwrap();
    let bad = subject([package(PackageType::Npm, "lodash", "4.17.11")]);
    let clean = subject([package(PackageType::Npm, "lodash", "4.99.0")]);
    let judge_default = judge(JudgeSettings::default());
    assert!(judge_default.snapshot().starter);
    let denied = judge_default.judge(&bad, &policy, now()).unwrap();
    assert_eq!(denied.decision.verdict.outcome, Outcome::Deny);
    assert!(denied.decision.findings.iter().any(|finding| finding.id == "CVE-2021-23337"));
    let cleared = judge_default.judge(&clean, &policy, now()).unwrap();
    assert_eq!(cleared.decision.verdict.outcome, Outcome::Incomplete);
    let accepted = judge(accepting()).judge(&clean, &policy, now()).unwrap();
    assert_eq!(accepted.decision.verdict.outcome, Outcome::Allow);
    for judgement in [denied, cleared, accepted] {
        let stored: std::collections::BTreeMap<_, _> = judgement.contents.iter().cloned().collect();
        assert_eq!(replay(&judgement.body, &|digest| stored.get(digest).cloned()).unwrap(), Replay::Same);
    }
}
