//! Where a verdict leads an image (gate.md, "States"). Pure.

use lazaret_model::{ImageState, Outcome, Verdict};

/// The state of an image after a judgement.
///
/// `unexplained`: findings of the previous decision are gone and no record says why (see `Judge::unexplained`);
/// absence never approves, so such an image stays where it is, and one in quarantine is blocked.
/// An incomplete verdict blocks what is quarantined and changes no other state; `revoked` only a person lifts.
pub fn next_state(current: ImageState, outcome: Outcome, unexplained: bool) -> ImageState {
    use ImageState::{Approved, Blocked, Due, Overdue, PreGate, Quarantined, Revoked};
    match (current, outcome) {
        (Revoked, _) => Revoked,
        (Quarantined, Outcome::Allow) if unexplained => Blocked,
        (Blocked | Due | Overdue | PreGate, Outcome::Allow) if unexplained => current,
        (Quarantined | Approved | Blocked | Due | Overdue | PreGate, Outcome::Allow) => Approved,
        (Quarantined, Outcome::Deny | Outcome::Incomplete) => Blocked,
        (Approved, Outcome::Deny) => Due,
        (Approved | Blocked | Due | Overdue | PreGate, Outcome::Deny | Outcome::Incomplete) => current,
    }
}

/// The rule whose denial is a cause.
pub(crate) const MALWARE: &str = "malware";

/// Whether a verdict denies *for cause*: for malware. An image that was let out is then revoked, whatever
/// [`next_state`] says, and only a person lifts that; one that never was out stays blocked.
pub fn is_for_cause(current: ImageState, verdict: &Verdict) -> bool {
    let out = !matches!(current, ImageState::Quarantined | ImageState::Blocked);
    out && verdict.outcome == Outcome::Deny && verdict.reasons.iter().any(|reason| reason.rule == MALWARE)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One line per cell: state, outcome, whether findings went without a record; the next state.
    const TABLE: &str = "
        quarantined allow      explained   approved
        quarantined allow      unexplained blocked
        quarantined deny       explained   blocked
        quarantined deny       unexplained blocked
        quarantined incomplete explained   blocked
        quarantined incomplete unexplained blocked
        approved    allow      explained   approved
        approved    allow      unexplained approved
        approved    deny       explained   due
        approved    deny       unexplained due
        approved    incomplete explained   approved
        approved    incomplete unexplained approved
        blocked     allow      explained   approved
        blocked     allow      unexplained blocked
        blocked     deny       explained   blocked
        blocked     deny       unexplained blocked
        blocked     incomplete explained   blocked
        blocked     incomplete unexplained blocked
        due         allow      explained   approved
        due         allow      unexplained due
        due         deny       explained   due
        due         deny       unexplained due
        due         incomplete explained   due
        due         incomplete unexplained due
        overdue     allow      explained   approved
        overdue     allow      unexplained overdue
        overdue     deny       explained   overdue
        overdue     deny       unexplained overdue
        overdue     incomplete explained   overdue
        overdue     incomplete unexplained overdue
        revoked     allow      explained   revoked
        revoked     allow      unexplained revoked
        revoked     deny       explained   revoked
        revoked     deny       unexplained revoked
        revoked     incomplete explained   revoked
        revoked     incomplete unexplained revoked
        pre-gate    allow      explained   approved
        pre-gate    allow      unexplained pre-gate
        pre-gate    deny       explained   pre-gate
        pre-gate    deny       unexplained pre-gate
        pre-gate    incomplete explained   pre-gate
        pre-gate    incomplete unexplained pre-gate
    ";

    #[test]
    fn every_cell() {
        let mut cells = 0;
        for state in ImageState::ALL {
            for outcome in [Outcome::Allow, Outcome::Deny, Outcome::Incomplete] {
                for unexplained in [false, true] {
                    let word = if unexplained { "unexplained" } else { "explained" };
                    let (state_name, outcome_name) = (state.name(), outcome.name());
                    let row = TABLE
                        .lines()
                        .map(|line| line.split_whitespace().collect::<Vec<_>>())
                        .find(|row| row.len() == 4 && row[..3] == [state_name, outcome_name, word])
                        .unwrap_or_else(|| panic!("no row for {state_name} {outcome_name} {word}"));
                    assert_eq!(next_state(state, outcome, unexplained).name(), row[3], "{row:?}");
                    cells += 1;
                }
            }
        }
        assert_eq!(cells, TABLE.lines().filter(|line| !line.trim().is_empty()).count());
    }

    #[test]
    fn malware_is_a_cause_where_the_image_was_out() {
        let reason = |rule: &str| lazaret_model::Reason { rule: rule.to_owned(), message: "x".to_owned() };
        let verdict = |outcome, rule| Verdict {
            outcome,
            reasons: vec![reason(rule)],
            warnings: vec![reason(MALWARE)],
            observations: Vec::new(),
        };
        for state in ImageState::ALL {
            let out = !matches!(state, ImageState::Quarantined | ImageState::Blocked);
            assert_eq!(is_for_cause(state, &verdict(Outcome::Deny, MALWARE)), out, "{state}");
            assert!(!is_for_cause(state, &verdict(Outcome::Deny, "secret_in_file")));
            assert!(!is_for_cause(state, &verdict(Outcome::Incomplete, "incomplete_scan")));
        }
    }
}
