//! From faults to a verdict.

use lazaret_model::{Level, Outcome, Reason, Verdict};

use crate::{Policy, RuleInput, Weight, list::rules};

/// Asks every rule of `policy`. Deny if anything denies, else incomplete if anything is incomplete, else allow.
pub(crate) fn verdict(policy: &Policy, input: &RuleInput<'_>) -> Verdict {
    let mut verdict =
        Verdict { outcome: Outcome::Allow, reasons: Vec::new(), warnings: Vec::new(), observations: Vec::new() };
    for rule in rules() {
        // Whatever a policy says, what was not judged is never allowed.
        let level = policy.rules.get(rule.id()).copied();
        for fault in rule.faults(input) {
            let reason = Reason { rule: rule.id().to_owned(), message: fault.message };
            match (fault.weight, level) {
                (Weight::Incomplete, _) => {
                    if verdict.outcome == Outcome::Allow {
                        verdict.outcome = Outcome::Incomplete;
                    }
                    verdict.reasons.push(reason);
                }
                (_, None) => {}
                (Weight::Full, Some(Level::Deny)) => {
                    verdict.outcome = Outcome::Deny;
                    verdict.reasons.push(reason);
                }
                (Weight::Full, Some(Level::Warn)) | (Weight::Warns, Some(Level::Deny | Level::Warn)) => {
                    verdict.warnings.push(reason);
                }
                (_, Some(Level::Observe)) => verdict.observations.push(reason),
            }
        }
    }
    verdict
}
